"""Configs: every one of ours is sound, and mistakes in one are named."""

from pathlib import Path

import pytest
from mmengine.config import Config

from clef_mm.engine.config import (
    ConfigError,
    NotPreparedError,
    check_config,
    check_prepared,
    load_config,
    use_synthetic,
)
from clef_mm.registry import MODELS

ROOT = Path(__file__).resolve().parents[2]
LEAVES = sorted(
    path for path in (ROOT / 'configs').rglob('*.py') if '_base_' not in path.parts
)
DEMO = ROOT / 'configs/demo/clef_tiny_bp4d_fold1.py'


def test_there_are_configs():
    assert len(LEAVES) >= 8


@pytest.mark.parametrize('path', LEAVES, ids=lambda path: path.stem)
def test_config_loads_dumps_and_reloads_to_the_same(path, tmp_path):
    config = load_config(path)
    config.dump(tmp_path / 'dumped.py')
    again = Config.fromfile(tmp_path / 'dumped.py')
    assert again.pretty_text == config.pretty_text


@pytest.mark.parametrize('path', LEAVES, ids=lambda path: path.stem)
def test_config_opens_with_command_data_and_expectation(path):
    docstring = path.read_text().split('"""')[1]
    name = path.relative_to(ROOT).as_posix()
    assert f'python tools/train.py {name}' in docstring
    assert 'Data ' in docstring
    assert 'Expect ' in docstring


@pytest.mark.parametrize('path', LEAVES, ids=lambda path: path.stem)
def test_config_is_at_most_one_base_level_deep(path):
    for base in (ROOT / 'configs/_base_').rglob('*.py'):
        assert 'read_base' not in base.read_text(), base


@pytest.mark.parametrize('path', LEAVES, ids=lambda path: path.stem)
def test_model_builds_in_both_spellings(path, monkeypatch):
    """From classes, and from the strings that a dumped config holds."""
    config = load_config(path)
    model = config.model
    if 'vitb16' in path.stem:
        model.image_encoder.arch = model.text_encoder.arch = _small_vit(224)
    dumped = Config.fromstring(Config(dict(model=model)).pretty_text, '.py').model
    kinds = {type(MODELS.build(spelling)) for spelling in (model, dumped)}
    assert len(kinds) == 1


@pytest.mark.parametrize('fold', [1, 2, 3])
@pytest.mark.parametrize('stage', ['clef_pretrain', 'clef'])
def test_fold_configs_differ_in_nothing_but_the_fold(stage, fold):
    def text(number):
        path = ROOT / f'configs/clef/{stage}_vitb16_bp4d_fold{number}.py'
        return load_config(path).pretty_text

    assert text(fold).replace(f'fold={fold}', 'fold=1').replace(
        f'fold{fold}', 'fold1'
    ) == text(1)


def test_paper_settings_of_both_stages():
    stage1 = load_config(ROOT / 'configs/clef/clef_pretrain_vitb16_bp4d_fold1.py')
    assert stage1.train_cfg.max_epochs == 5
    assert stage1.train_dataloader.batch_size == 64
    assert stage1.optim_wrapper.optimizer.weight_decay == 0.01
    assert stage1.param_scheduler.warmup == 1 / 5
    assert stage1.param_scheduler.final_lr == 1e-6
    assert stage1.model.loss.temperature == 0.25
    stage2 = load_config(ROOT / 'configs/clef/clef_vitb16_bp4d_fold1.py')
    assert stage2.optim_wrapper.optimizer.lr == 2e-4
    assert stage2.train_dataloader.batch_size == 64
    assert stage2.model.label_weight == 2.0


@pytest.mark.parametrize(
    ('option', 'named', 'meant'),
    [
        ('optim_wraper', "'optim_wraper'", "'optim_wrapper'"),
        ('default_hooks.checkpont', "'checkpont'", "'checkpoint'"),
        ('randomness.sed', "'sed'", "'seed'"),
    ],
)
def test_unknown_key_is_refused_with_the_nearest(option, named, meant):
    with pytest.raises(ConfigError, match=f'no key {named}; did you mean {meant}'):
        load_config(DEMO, {option: 1})


def test_a_misspelt_argument_of_a_part_is_refused_when_it_is_built():
    config = load_config(DEMO, {'model.label_wait': 3.0})
    with pytest.raises(TypeError, match='label_wait'):
        MODELS.build(config.model)


def test_missing_config_file():
    with pytest.raises(ConfigError, match='no config file nowhere'):
        load_config('nowhere.py')


def test_a_users_constants_need_no_key(tmp_path):
    (tmp_path / 'mine.py').write_text('_lr = 0.1\nmodel = dict(type="X", lr=_lr)\n')
    assert load_config(tmp_path / 'mine.py').model.lr == 0.1


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        (
            'clef/clef_vitb16_bp4d_fold2',
            [
                'python tools/train.py configs/clef/clef_pretrain_vitb16_bp4d_fold2.py',
                'Sequences(2D+3D)/F001/T1/2440.jpg',
                'python tools/dataset_tools/make_synthetic.py bp4d data/bp4d',
            ],
        ),
        (
            'clef/clef_pretrain_vitb16_bp4d_fold1',
            [
                'weights/FaRL-Base-Patch16-LAIONFace20M-ep64.pth',
                'data/bp4d/ is missing',
            ],
        ),
        (
            'demo/clef_tiny_bp4d_fold1',
            [
                'make_synthetic.py bp4d data/synthetic/bp4d',
                'configs/demo/clef_pretrain_tiny_bp4d_fold1.py',
            ],
        ),
    ],
)
def test_every_missing_step_is_named_at_once(name, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where nothing is prepared
    config = load_config(ROOT / f'configs/{name}.py')
    with pytest.raises(NotPreparedError) as error:
        check_prepared(config)
    for text in expected:
        assert text in str(error.value)


def test_nothing_is_missed_once_prepared(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load_config(ROOT / 'configs/clef/clef_vitb16_bp4d_fold1.py')
    Path('data/bp4d').mkdir(parents=True)
    stage1 = Path(config.model.weights)
    stage1.mkdir(parents=True)
    (stage1 / 'last_checkpoint').write_text('/elsewhere/epoch_5.pth')
    check_prepared(config)


def test_check_config_accepts_what_load_config_returns():
    check_config(load_config(DEMO))


def _small_vit(image_size):
    return dict(
        embed_dim=32,
        quick_gelu=True,
        vision_cfg=dict(image_size=image_size, layers=1, width=64, patch_size=16),
        text_cfg=dict(context_length=77, vocab_size=49408, width=32, heads=2, layers=1),
    )


@pytest.mark.parametrize('path', LEAVES, ids=lambda path: path.stem)
def test_synthetic_stand_ins_need_one_option_and_no_weights(
    path, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    config = load_config(path)
    before = config.work_dir
    use_synthetic(config)
    assert config.work_dir == f'{before}_synthetic'
    assert config.model.get('weights') is None
    layout = 'rafdb' if 'rafdb' in path.stem else 'bp4d'
    for name in ('train', 'val', 'test'):
        if f'{name}_dataloader' in config:
            root = config[f'{name}_dataloader'].dataset.data_root
            assert root == f'data/synthetic/{layout}'
    with pytest.raises(NotPreparedError, match=f'make_synthetic.py {layout} data/syn'):
        check_prepared(config)
    (tmp_path / f'data/synthetic/{layout}').mkdir(parents=True)
    check_prepared(config)


def test_synthetic_stage_2_starts_from_synthetic_stage_1(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stage_1 = tmp_path / 'work_dirs/clef_pretrain_vitb16_bp4d_fold1_synthetic'
    stage_1.mkdir(parents=True)
    (stage_1 / 'last_checkpoint').write_text('epoch_1.pth')
    config = load_config(ROOT / 'configs/clef/clef_vitb16_bp4d_fold1.py')
    use_synthetic(config)
    assert config.model.weights == 'work_dirs/clef_pretrain_vitb16_bp4d_fold1_synthetic'
