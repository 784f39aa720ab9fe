"""Configs: every one of ours is sound, and mistakes in one are named."""

import re
from pathlib import Path

import pytest
from mmengine.config import Config
from small_towers import shrink

from clef_mm.engine.config import (
    ConfigError,
    NotPreparedError,
    check_config,
    check_prepared,
    datasets_read,
    load_config,
    use_synthetic,
)
from clef_mm.registry import LOSSES, MODELS

ROOT = Path(__file__).resolve().parents[2]
LEAVES = sorted(
    path
    for path in (ROOT / 'configs').rglob('*.py')
    if not {'_base_', 'recipes'} & set(path.parts)
)
FOLD_FILES = [
    path
    for path in LEAVES
    if re.search(r'_fold\d$', path.stem) and 'demo' not in path.parts
]
DEMO = ROOT / 'configs/demo/clef_tiny_bp4d_fold1.py'
CLEF = ROOT / 'configs/clef'


def test_there_are_configs():
    assert len(LEAVES) >= 60
    assert len(FOLD_FILES) >= 3 * 3 + 4 * 4  # stage 1, stage 2, DISFA; BP4D+


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
    assert re.search(rf'python tools/(train|test).py {name}', docstring)
    assert 'Data ' in docstring
    assert 'Expect ' in docstring


def test_base_files_read_no_base_files():
    for base in (ROOT / 'configs/_base_').rglob('*.py'):
        assert 'read_base' not in base.read_text(), base


@pytest.mark.parametrize('path', LEAVES, ids=lambda path: path.stem)
def test_model_builds_in_both_spellings(path):
    """From classes, and from the strings that a dumped config holds."""
    config = load_config(path)
    shrink(config)
    model = config.model
    dumped = Config.fromstring(Config(dict(model=model)).pretty_text, '.py').model
    kinds = {type(MODELS.build(spelling)) for spelling in (model, dumped)}
    assert len(kinds) == 1


@pytest.mark.parametrize('path', FOLD_FILES, ids=lambda path: path.stem)
def test_a_fold_file_is_its_row_with_another_fold(path):
    row, _, fold = path.stem.rpartition('_fold')
    of_row = load_config(path.with_name(f'{row}.py'), {'fold': int(fold)})
    assert load_config(path).pretty_text == of_row.pretty_text
    assert of_row.work_dir == f'work_dirs/{path.stem}'
    for loader in ('train_dataloader', 'test_dataloader'):
        assert of_row[loader].dataset.fold == int(fold)


def test_paper_settings_of_both_stages():
    stage1 = load_config(CLEF / 'clef_pretrain_vitb16_bp4d_fold1.py')
    assert stage1.train_cfg.max_epochs == 5
    assert stage1.train_dataloader.batch_size == 64
    assert stage1.optim_wrapper.optimizer.weight_decay == 0.01
    assert stage1.param_scheduler.warmup == 1 / 5
    assert stage1.param_scheduler.final_lr == 1e-6
    assert stage1.model.loss.temperature == 0.25
    stage2 = load_config(CLEF / 'clef_vitb16_bp4d_fold1.py')
    assert stage2.optim_wrapper.optimizer.lr == 2e-4
    assert stage2.train_dataloader.batch_size == 64
    assert stage2.model.label_weight == 2.0


@pytest.mark.parametrize(
    ('name', 'rate'),
    [
        ('bp4d', 2e-4),
        ('disfa', 1e-4),
        ('affectnet7', 2e-4),
        ('affectnet8', 2e-4),
        ('rafdb', 2e-4),
        ('ferplus', 1e-4),
    ],
)
def test_paper_learning_rates(name, rate):
    config = load_config(CLEF / f'clef_vitb16_{name}.py')
    assert config.optim_wrapper.optimizer.lr == rate
    assert config.train_dataloader.batch_size == 64


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('model = [1,\nfold = 1\n', r'mine\.py, or a file that it reads, line \d: '),
        (
            'from mmengine.config import read_base\n'
            'with read_base():\n    from .nowhere import *\n',
            r'mine\.py: .*nowhere\.py not found',
        ),
    ],
)
def test_a_config_that_cannot_be_read_is_named(text, message, tmp_path):
    (tmp_path / 'mine.py').write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_config(tmp_path / 'mine.py')


@pytest.mark.parametrize(
    ('trained_on', 'rate'),
    [('disfa', 1e-4), ('ferplus7', 1e-4), ('bp4d', 2e-4), ('rafdb', 2e-4)],
)
def test_another_dataset_is_tested_after_training_at_the_papers_rate(trained_on, rate):
    configs = sorted((CLEF.parent / 'cross_dataset').glob(f'{trained_on}_to_*.py'))
    assert len(configs) >= 2
    for config in map(load_config, configs):
        assert config.optim_wrapper.optimizer.lr == rate


def test_stage_1_on_bp4d_plus_samples_480_000_frames_of_ten_activities():
    for fold, name in ((1, 'bp4d_plus'), (None, 'bp4d_plus_all')):
        config = load_config(CLEF / f'clef_pretrain_vitb16_{name}.py')
        dataset = config.train_dataloader.dataset
        assert 10 * dataset.per_activity == 480_000
        assert dataset.frames == 'all'
        assert dataset.get('fold') == fold
        assert config.model.activities == 'bp4d_plus_activities'
    assert dataset.split is None


@pytest.mark.parametrize('name', [path.stem for path in LEAVES])
def test_a_rows_name_says_which_components_it_has(name):
    """The columns of Table 6: I and N and D, and what stage 1 pairs."""
    found = re.fullmatch(r'(clef|clip|farl|vit)((?:_(?:pa|pi|i|n|d))+)_vitb16_.+', name)
    if not found:
        return
    config = load_config(next(path for path in LEAVES if path.stem == name))
    parts = found[2].strip('_').split('_')
    kinds = {'n': 'name', 'd': 'description'}
    assert config.model.texts == tuple(kinds[part] for part in parts if part in kinds)
    start = config.model.weights
    pairs = [part for part in parts if part in ('pa', 'pi')]
    assert start.startswith('work_dirs/clef_pretrain_') == bool(pairs)
    if pairs:
        stage1 = next(CLEF.glob(f'{Path(start).name.removesuffix("_fold1")}.py'))
        assert load_config(stage1).model.get('text_pairs', True) == ('pa' in pairs)
    # Stage 1 without texts has no text tower to hand on.
    from_farl = pairs == ['pi'] and bool(config.model.texts)
    assert bool(config.model.get('text_weights')) == from_farl


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


def test_the_fold_is_written_wherever_it_belongs():
    config = load_config(CLEF / 'clef_vitb16_disfa.py', {'fold': 3})
    assert config.train_dataloader.dataset.fold == 3
    assert config.test_dataloader.dataset.fold == 3
    assert config.model.weights == 'work_dirs/clef_vitb16_bp4d_fold3'
    assert config.work_dir == 'work_dirs/clef_vitb16_disfa_fold3'


def test_a_fold_file_asked_for_another_fold_writes_to_that():
    config = load_config(CLEF / 'clef_vitb16_bp4d_fold2.py', {'fold': 3})
    assert config.work_dir == 'work_dirs/clef_vitb16_bp4d_fold3'


def test_datasets_without_folds_are_left_alone():
    """One that has official parts, and one of which everybody is used."""
    config = load_config(CLEF / 'clef_vitb16_rafdb.py', {'fold': 2})
    assert 'fold' not in config.train_dataloader.dataset
    option = {'train_dataloader.dataset.split': None}
    config = load_config(CLEF / 'clef_vitb16_bp4d.py', option)
    assert 'fold' not in config.train_dataloader.dataset
    assert config.test_dataloader.dataset.fold == 1


def test_two_folds_in_one_config_are_refused():
    option = {'train_dataloader.dataset.fold': 2}
    with pytest.raises(ConfigError, match=r'fold=1, but a dataset .* has fold=2'):
        load_config(CLEF / 'clef_vitb16_bp4d.py', option)


def test_a_path_that_needs_a_fold_is_refused_without_one():
    option = {'model.weights': 'work_dirs/stage1_fold{fold}'}
    with pytest.raises(ConfigError, match='needs a fold'):
        load_config(CLEF / 'clef_vitb16_rafdb.py', option)


def test_a_dumped_config_is_the_same_run(tmp_path):
    config = load_config(CLEF / 'clef_vitb16_disfa.py', {'fold': 2})
    config.dump(tmp_path / 'dumped.py')
    assert load_config(tmp_path / 'dumped.py').pretty_text == config.pretty_text


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
                'Run the stage before first',
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
        (
            'clef/clef_pi_i_n_vitb16_bp4d',
            [
                'clef_pretrain_pi_vitb16_bp4d.py --cfg-options fold=1',
                'weights/FaRL-Base-Patch16-LAIONFace20M-ep64.pth is missing',
            ],
        ),
        ('clip/clip_i_vitb16_rafdb', ['weights/ViT-B-16.pt is missing. Download']),
        (
            'clef/clef_vitb16_rafdb',
            [
                'tools/train.py configs/clef/clef_pretrain_vitb16_bp4d_plus_all.py',
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
    config = load_config(CLEF / 'clef_vitb16_bp4d_fold1.py')
    Path('data/bp4d').mkdir(parents=True)
    stage1 = Path(config.model.weights)
    stage1.mkdir(parents=True)
    (stage1 / 'last_checkpoint').write_text('/elsewhere/epoch_5.pth')
    check_prepared(config)


def test_check_config_accepts_what_load_config_returns():
    check_config(load_config(DEMO))


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
    for layout in datasets_read(config):
        with pytest.raises(
            NotPreparedError,
            match=f'make_synthetic.py {layout} data/synthetic/{layout}',
        ):
            check_prepared(config)
        (tmp_path / f'data/synthetic/{layout}').mkdir(parents=True)
    check_prepared(config)


def test_synthetic_stage_2_starts_from_synthetic_stage_1(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stage_1 = tmp_path / 'work_dirs/clef_pretrain_vitb16_bp4d_fold1_synthetic'
    stage_1.mkdir(parents=True)
    (stage_1 / 'last_checkpoint').write_text('epoch_1.pth')
    config = load_config(CLEF / 'clef_vitb16_bp4d_fold1.py')
    use_synthetic(config)
    assert config.model.weights == 'work_dirs/clef_pretrain_vitb16_bp4d_fold1_synthetic'


def test_parts_are_imported_whatever_the_style_of_the_config(tmp_path):
    (tmp_path / 'parts_of_mine.py').write_text(
        'from clef_mm.registry import LOSSES\n\n'
        '@LOSSES.register_module()\nclass LossOfMine:\n    pass\n'
    )
    (tmp_path / 'mine.py').write_text(
        'from torch.optim import AdamW\n\n'  # what makes mmengine read it lazily
        "custom_imports = dict(imports=['parts_of_mine'])\n"
    )
    load_config(tmp_path / 'mine.py')
    assert LOSSES.get('LossOfMine').__module__ == 'parts_of_mine'


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        ('custom_imports.imports', ['no_parts'], 'custom_imports: .*no_parts'),
        ('custom_imports', 'parts', r"custom_imports is a dict\(...\), got 'parts'"),
        ('randomness', 3, r'randomness is a dict\(...\), got 3'),
        ('model', 3, r'model is a dict\(...\), got 3'),
        ('train_dataloader', 'x', r"train_dataloader is a dict\(...\), got 'x'"),
        ('train_dataloader.dataset.pipeline.5.size', 3, r'pipeline.5.size=3: Index 5'),
        ('model.texts.0', 'name', r'model.texts.0=name: .*texts'),
    ],
)
def test_values_that_fit_no_place_are_refused(key, value, message):
    with pytest.raises(ConfigError, match=message):
        load_config(DEMO, {key: value})
