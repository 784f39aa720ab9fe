"""What exact resuming and checking cost, of a training as long as the demo's."""

import time
from pathlib import Path

import pytest

from clef_mm.datasets import face_records
from clef_mm.datasets.samplers import seeded_batches
from clef_mm.engine import Runner, optim_wrapper
from clef_mm.engine.config import load_config, set_data_root
from clef_mm.engine.hooks import CheckpointHook, FiniteHook, SeedHook

ROOT = Path(__file__).parents[2]
LARGEST_SHARE = 0.02


@pytest.fixture
def timed(monkeypatch):
    """Return the seconds spent in each part of the guarantees, as they add up."""
    spent = {}
    depth = [0]

    def watch(owner, name):
        inner = getattr(owner, name)

        def outer(*args, **kwargs):
            depth[0] += 1
            began = time.perf_counter()
            try:
                return inner(*args, **kwargs)
            finally:
                depth[0] -= 1
                if not depth[0]:  # one inside another is not counted twice
                    key = f'{getattr(owner, "__name__", owner)}.{name}'
                    spent[key] = spent.get(key, 0.0) + time.perf_counter() - began

        monkeypatch.setattr(owner, name, outer)

    watch(face_records, 'seed_sample')
    watch(seeded_batches, 'batch_seeds')
    watch(SeedHook, 'before_train_iter')
    watch(FiniteHook, 'after_train_iter')
    watch(optim_wrapper, 'get_total_norm')
    watch(CheckpointHook, 'after_train_iter')
    watch(CheckpointHook, 'after_train_epoch')
    watch(CheckpointHook, 'after_train')
    return spent


@pytest.mark.slow
def test_guarantees_cost_less_than_two_percent(timed, synthetic_bp4d, tmp_path, capsys):
    """One epoch of the demo's stage 2: 188 steps of 64 images, then a checkpoint."""
    config = load_config(ROOT / 'configs/demo/clef_tiny_bp4d_fold1.py')
    set_data_root(config, str(synthetic_bp4d))
    config.merge_from_dict(
        {
            'work_dir': str(tmp_path),
            'model.weights': None,
            'train_cfg.max_epochs': 1,
            'train_cfg.val_interval': 2,
            'train_dataloader.sampler': dict(
                _delete_=True, type='SubjectBalancedSampler', length=188 * 64
            ),
        }
    )
    for part in ('val_cfg', 'val_dataloader', 'val_evaluator'):
        config[part] = None
    config.default_hooks.checkpoint.save_best = None
    training = Runner.from_cfg(config)
    began = time.perf_counter()
    training.train()
    whole = time.perf_counter() - began
    assert training.iter == 188
    share = sum(timed.values()) / whole
    with capsys.disabled():
        print(f'\n{share:.2%} of {whole:.1f} s:')
        for name, seconds in sorted(timed.items(), key=lambda item: -item[1]):
            print(f'  {seconds / whole:.3%} {name}')
    assert len(timed) == 8
    assert share < LARGEST_SHARE
