"""What exact resuming and checking cost, of a training as long as the demo's."""

import time
from pathlib import Path

import pytest

from clef_mm import randomness
from clef_mm.datasets.samplers import seeded_batches
from clef_mm.engine import Runner, optim_wrapper
from clef_mm.engine.config import load_config, set_data_root
from clef_mm.engine.hooks import CheckpointHook, FiniteHook, SeedHook

ROOT = Path(__file__).parents[2]
LARGEST_SHARE = 0.02


@pytest.fixture
def timed(monkeypatch):
    """Return seconds by part of the guarantees, as they add up.

    Of processor time of the thread that trains, which other programs do not lengthen;
    of real time where the disk is waited for.
    """
    spent = {}
    depth = [0]

    def watch(owner, name, clock=time.thread_time):
        inner = getattr(owner, name)

        def outer(*args, **kwargs):
            depth[0] += 1
            began = clock()
            try:
                return inner(*args, **kwargs)
            finally:
                depth[0] -= 1
                if not depth[0]:  # one inside another is not counted twice
                    key = f'{owner.__name__}.{name}'
                    seconds, _ = spent.get(key, (0.0, clock))
                    spent[key] = seconds + clock() - began, clock

        monkeypatch.setattr(owner, name, outer)

    watch(randomness, '_seed_host')
    watch(seeded_batches, 'batch_seeds')
    watch(SeedHook, 'before_train_iter')
    watch(FiniteHook, 'after_train_iter')
    watch(optim_wrapper, 'get_total_norm')
    for name in ('after_train_iter', 'after_train_epoch', 'after_train'):
        watch(CheckpointHook, name, time.perf_counter)
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
    began = {clock: clock() for clock in (time.thread_time, time.perf_counter)}
    training.train()
    whole = {clock: clock() - start for clock, start in began.items()}
    assert training.iter == 188
    shares = {name: spent / whole[clock] for name, (spent, clock) in timed.items()}
    with capsys.disabled():
        print(f'\n{sum(shares.values()):.2%} of {whole[time.thread_time]:.1f} s:')
        for name, share in sorted(shares.items(), key=lambda item: -item[1]):
            print(f'  {share:.3%} {name}')
    assert len(shares) == 8
    assert sum(shares.values()) < LARGEST_SHARE
