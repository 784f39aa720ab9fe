"""The configs of ViT-B/16 run on synthetic stand-ins, with a thin layer for twelve."""

from functools import partial
from pathlib import Path

import pytest
from small_towers import shrink

from clef_mm.datasets import synthetic
from clef_mm.engine import Runner
from clef_mm.engine.application import prepare_config
from clef_mm.engine.config import check_prepared, datasets_read

ROOT = Path(__file__).resolve().parents[2]
# Fold 1 tests the first subject of each, and trains on the others.
LAYOUTS = {
    'bp4d_plus': partial(
        synthetic.write_bp4d_plus,
        subjects=('F004', 'F013', 'M001', 'F003'),
        frames_per_sequence=3,
        size=32,
        landmarks=False,
        workers=1,
    ),
    'disfa': partial(
        synthetic.write_disfa,
        subjects=('SN002', 'SN003', 'SN005'),
        frames_per_video=16,
        size=32,
        cameras=('left',),
        landmarks=False,
        workers=1,
    ),
    'rafdb': partial(synthetic.write_rafdb, n_train=40, n_test=14, size=32, workers=1),
    'affectnet': partial(
        synthetic.write_affectnet, n_train=40, val_per_class=2, size=32, workers=1
    ),
    'ferplus': partial(
        synthetic.write_ferplus, n_train=40, n_val=16, n_test=16, workers=1
    ),
}
# Every form that a row takes, stage 1 first: what starts from it finds it then.
ROWS = (
    'clef/clef_pretrain_vitb16_bp4d',
    'clef/clef_pretrain_pi_vitb16_bp4d',
    'clef/clef_pretrain_simclr_vitb16_bp4d',
    'clef/clef_pretrain_vitb16_bp4d_plus',
    'clef/clef_pretrain_vitb16_bp4d_plus_all',
    'clef/clef_vitb16_bp4d',
    'clef/clef_pi_i_vitb16_bp4d',
    'clef/clef_pi_i_n_vitb16_bp4d',
    'clef/clef_pa_pi_i_d_vitb16_bp4d',
    'clef/clef_vitb16_disfa',
    'clef/clef_vitb16_bp4d_plus',
    'vit/vit_i_vitb16_bp4d_plus',
    'clef/clef_vitb16_rafdb',
    'clip/clip_i_vitb16_rafdb',
    'clef/clef_vitb16_affectnet7',
    'clef/clef_vitb16_affectnet8',
    'clef/clef_vitb16_ferplus',
)


@pytest.fixture(scope='module')
def world(synthetic_bp4d, tmp_path_factory):
    """A folder in which data/synthetic/ has the layouts that were asked for."""
    folder = tmp_path_factory.mktemp('world')
    data = folder / 'data/synthetic'
    data.mkdir(parents=True)
    (data / 'bp4d').symlink_to(synthetic_bp4d)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize('row', ROWS)
def test_config_trains_and_tests_on_its_stand_in(row, world, monkeypatch):
    monkeypatch.chdir(world)
    options = [
        'train_cfg.max_epochs=1',
        'train_dataloader.batch_size=8',
        'train_dataloader.num_workers=0',
    ]
    config = prepare_config(str(ROOT / f'configs/{row}.py'), options, synthetic=True)
    for name in datasets_read(config):
        if not Path(f'data/synthetic/{name}').exists():
            LAYOUTS[name](f'data/synthetic/{name}')
    shrink(config, image_size=32)
    config.custom_hooks = []  # a unit that nobody shows in a small tree has no weight
    config.train_dataloader.dataset.pipeline[0].size = 32
    if 'block' in config.train_dataloader.sampler:
        config.train_dataloader.sampler.block = 2
    tests = config.get('test_dataloader')
    if tests:
        tests.num_workers = 0
        tests.dataset.pipeline[0].size = 32
    check_prepared(config)
    runner = Runner.from_cfg(config)
    runner.train()
    losses = runner.message_hub.get_scalar('train/loss').data[0]
    assert len(losses) == runner.iter >= 2
    if tests:
        metrics = runner.test()
        assert all(value != value or 0 <= value <= 1 for value in metrics.values())
    stage1 = Path(f'{_stage1(row)}_synthetic')
    if stage1.is_dir():
        assert runner.model.weights == str(stage1)


def _stage1(row):
    return str(prepare_config(str(ROOT / f'configs/{row}.py')).model.weights)
