"""A run that was stopped anywhere ends bit for bit like one that was not."""

import shutil
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from mmengine.hooks import Hook

from clef_mm.engine import Runner
from clef_mm.engine.application import train as train_command
from clef_mm.engine.checkpoint_files import CheckpointError
from clef_mm.engine.kill_test import compare
from clef_mm.engine.stop_signals import EXIT_CODE, RunStoppedError
from clef_mm.models.encoders.weights import WeightsError, read_file
from clef_mm.registry import HOOKS

# 200 training frames in batches of 16: 12 iterations an epoch, 24 in all.
BATCHES = 12


@HOOKS.register_module()
class AskToStop(Hook):
    """Ask as a signal does: in a given iteration, or in a given validation."""

    def __init__(self, iteration=None, validation=None):
        self.iteration, self.validation = iteration, validation

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == self.iteration:
            runner._stop_signals.received = 'SIGTERM'

    def before_val_epoch(self, runner):
        if runner.epoch == self.validation:
            runner._stop_signals.received = 'SIGTERM'


def train(config):
    runner = Runner.from_cfg(config)
    runner.train()
    return runner


def ask_to_stop(config, **where):
    """Add the hook that asks."""
    hooks = config.get('custom_hooks', [])
    config.custom_hooks = [*hooks, dict(type='AskToStop', **where)]


def assert_same(first, second):
    outcome = compare(Path(first), Path(second), [])
    assert outcome.different == []
    assert outcome.compared['tensors'] > 100


def assert_ends_alike(demo_config, stage, options, stop):
    """Train once in one go and once with a stop; return both work dirs."""
    # Copies: mmengine takes keys out of what it merges.
    whole = demo_config(stage, 'whole', **deepcopy(options))
    train(whole)
    halves = demo_config(stage, 'halves', **deepcopy(options))
    ask_to_stop(halves, **stop)
    with pytest.raises(RunStoppedError):
        train(halves)
    train(demo_config(stage, 'halves', **deepcopy(options), resume=True))
    assert_same(whole.work_dir, halves.work_dir)
    return Path(whole.work_dir), Path(halves.work_dir)


@pytest.mark.parametrize(
    'stop',
    [
        {'iteration': 4},
        pytest.param({'iteration': 0}, marks=pytest.mark.slow),
        pytest.param({'iteration': BATCHES - 1}, marks=pytest.mark.slow),
        pytest.param({'validation': 1}, marks=pytest.mark.slow),
        pytest.param({'iteration': BATCHES + 7}, marks=pytest.mark.slow),
        pytest.param({'validation': 2}, marks=pytest.mark.slow),
    ],
    ids=lambda stop: '-'.join(f'{key}{value}' for key, value in stop.items()),
)
def test_stage_2_goes_on_from_anywhere(demo_config, stop):
    """With augmentation, prompt templates and the best epoch kept."""
    whole, halves = assert_ends_alike(demo_config, 'finetune', {}, stop)
    best = sorted(path.name for path in whole.glob('best_*'))
    assert best == sorted(path.name for path in halves.glob('best_*'))
    assert len(best) == 1


@pytest.mark.slow
@pytest.mark.parametrize('stop', [3, 15])
def test_stage_1_goes_on_inside_an_epoch(demo_config, stop):
    assert_ends_alike(demo_config, 'pretrain', {}, {'iteration': stop})


@pytest.mark.parametrize(
    'options',
    [
        pytest.param({'train_dataloader.num_workers': 2}, id='two workers'),
        pytest.param(
            {
                'train_dataloader.num_workers': 2,
                'train_dataloader.persistent_workers': True,
            },
            id='workers that stay',
        ),
        pytest.param(
            {'model.image_encoder.arch.vision_cfg.timm_drop': 0.3}, id='dropout'
        ),
        pytest.param({'optim_wrapper.accumulative_counts': 3}, id='accumulation'),
        pytest.param(
            {'optim_wrapper.accumulative_counts': 5}, id='accumulation with a rest'
        ),
        pytest.param({'model.precision': 'bf16'}, id='bf16'),
        pytest.param(
            {'custom_hooks': [dict(type='EMAHook', momentum=0.1)]}, id='moving average'
        ),
        pytest.param(
            {'custom_hooks': [dict(type='EMAHook', begin_epoch=1)]}, id='late average'
        ),
        pytest.param(
            {'optim_wrapper.clip_grad': dict(max_norm=0.1)}, id='clipped gradients'
        ),
        pytest.param(
            {
                'param_scheduler': dict(
                    _delete_=True,
                    type='ReduceOnPlateauLR',
                    monitor='au_f1/mean',
                    rule='greater',
                    patience=0,
                    factor=0.1,
                )
            },
            id='plateau',
        ),
        pytest.param(
            {
                'param_scheduler': dict(
                    _delete_=True, type='MultiStepLR', milestones=[20], by_epoch=False
                )
            },
            id='steps',
        ),
        pytest.param(
            {
                'custom_hooks': [
                    dict(type='EMAHook', momentum=0.1),
                    dict(
                        type='EarlyStoppingHook',
                        monitor='au_f1/mean',
                        rule='greater',
                        patience=1,
                    ),
                ],
                'optim_wrapper.accumulative_counts': 3,
                'model.text_encoder.frozen': ['token_embedding'],
                'randomness.seed': 7,
            },
            id='many at once',
        ),
    ],
)
@pytest.mark.slow
def test_nothing_that_a_config_adds_is_lost(demo_config, options):
    assert_ends_alike(demo_config, 'finetune', options, {'iteration': 16})


@pytest.mark.slow
@pytest.mark.parametrize('stop', [{'iteration': 18}, {'validation': 3}])
def test_early_stopping_waits_no_longer_than_it_would_have(demo_config, stop):
    """At a learning rate of zero nothing gets better after the first epoch."""
    options = {
        'train_cfg.max_epochs': 6,
        'optim_wrapper.optimizer.lr': 0.0,
        'param_scheduler.final_lr': 0.0,
        'custom_hooks': [
            dict(
                type='EarlyStoppingHook',
                monitor='au_f1/mean',
                rule='greater',
                patience=3,
                min_delta=1.0,
            )
        ],
    }
    whole, halves = assert_ends_alike(demo_config, 'finetune', options, stop)
    assert (halves / 'epoch_4.pth').exists()
    assert not (whole / 'epoch_5.pth').exists()
    assert not (halves / 'epoch_5.pth').exists()


def test_a_run_that_is_done_stays_as_it_is(demo_config):
    config = demo_config('finetune')
    train(config)
    before = Path(config.work_dir).with_name('before')
    shutil.copytree(config.work_dir, before)
    train(demo_config('finetune', resume=True))
    assert_same(before, config.work_dir)


@pytest.mark.slow
def test_the_number_of_workers_changes_nothing(demo_config):
    runs = [
        demo_config(
            'finetune', f'run{count}', **{'train_dataloader.num_workers': count}
        )
        for count in (0, 1, 2)
    ]
    for config in runs:
        train(config)
    assert_same(runs[0].work_dir, runs[1].work_dir)
    assert_same(runs[0].work_dir, runs[2].work_dir)


def test_images_before_the_stop_are_not_loaded_again(demo_config):
    config = demo_config('finetune')
    ask_to_stop(config, iteration=8)
    with pytest.raises(RunStoppedError):
        train(config)
    runner = Runner.from_cfg(demo_config('finetune', resume=True))
    dataset = runner.train_dataloader.dataset
    loaded, read = [], dataset.prepare_data
    dataset.prepare_data = lambda index: loaded.append(index) or read(index)
    runner.train()
    assert len(loaded) == (BATCHES - 9 + BATCHES) * 16


def test_a_seed_that_the_run_chose_is_kept(demo_config):
    """The order of images too, for which the new process has chosen another."""
    unseeded = {'randomness.seed': None}
    config = demo_config('finetune', 'halves', **unseeded)
    ask_to_stop(config, iteration=4)
    with pytest.raises(RunStoppedError):
        train(config)
    resumed = train(demo_config('finetune', 'halves', resume=True, **unseeded))
    whole = demo_config('finetune', 'whole', **{'randomness.seed': resumed.seed})
    train(whole)
    assert_same(whole.work_dir, resumed.work_dir)


# --- which checkpoint --------------------------------------------------------------


@pytest.fixture
def stopped(demo_config):
    """A run with a checkpoint every third iteration, stopped after 20 of 24."""
    config = demo_config('finetune', **{'default_hooks.checkpoint.iterations': 3})
    ask_to_stop(config, iteration=19)
    with pytest.raises(RunStoppedError) as caught:
        train(config)
    assert 'stopped after 20 iterations' in str(caught.value)
    assert caught.value.exit_code == EXIT_CODE == 75
    return Path(config.work_dir)


def test_no_run_begins_where_another_has_left_checkpoints(stopped, demo_config):
    """They would pass for its newest, and its own be removed as soon as written."""
    with pytest.raises(CheckpointError, match=r'holds a run already, iter_20\.pth: go'):
        train(demo_config('finetune'))


def test_a_command_that_is_refused_leaves_the_run_as_it_is(
    stopped, demo_config, tmp_path
):
    demo_config('finetune').dump(tmp_path / 'small.py')
    before = sorted((path, path.stat().st_mtime_ns) for path in stopped.rglob('*'))
    with pytest.raises(CheckpointError, match='holds a run already'):
        train_command(str(tmp_path / 'small.py'))
    assert before == sorted(
        (path, path.stat().st_mtime_ns) for path in stopped.rglob('*')
    )


def test_the_newest_two_are_kept(stopped):
    names = sorted(path.name for path in stopped.glob('[ei]*.pth'))
    assert names == ['iter_18.pth', 'iter_20.pth']
    assert (stopped / 'last_checkpoint').read_text() == 'iter_20.pth'


def damage_middle(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize(
    'damage',
    [
        damage_middle,
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(b''),
        lambda path: path.unlink(),
    ],
    ids=['one bit', 'cut off', 'empty', 'gone'],
)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(stopped, demo_config, damage):
    whole = demo_config('finetune', 'whole')
    train(whole)
    damage(stopped / 'iter_20.pth')
    runner = train(demo_config('finetune', resume=True))
    log = ''.join(path.read_text() for path in stopped.rglob('*.log'))
    if (stopped / 'iter_20.pth').exists():
        assert 'iter_20.pth is damaged' in log
    assert runner.iter == 2 * BATCHES
    assert_same(whole.work_dir, stopped)


def test_where_none_is_whole_nothing_is_begun(stopped, demo_config):
    for path in stopped.glob('*.pth'):
        path.write_bytes(b'no zip')
    with pytest.raises(CheckpointError, match='none is whole'):
        train(demo_config('finetune', resume=True))


@pytest.mark.slow
def test_a_pointer_that_lags_behind_does_not_matter(stopped, demo_config):
    """Killed between a checkpoint and its name: the name is of the one before."""
    (stopped / 'last_checkpoint').write_text('iter_18.pth')
    runner = Runner.from_cfg(demo_config('finetune', resume=True))
    runner.train()
    log = ''.join(path.read_text() for path in stopped.rglob('*.log'))
    assert 'iter_20.pth' in log
    assert 'resumed epoch: 1, iter: 20' in log


@pytest.mark.slow
def test_a_work_dir_that_was_moved_goes_on(stopped, demo_config):
    shutil.move(stopped, stopped.with_name('moved'))
    runner = train(demo_config('finetune', 'moved', resume=True))
    assert runner.epoch == 2
    assert not stopped.exists()


@pytest.mark.slow
def test_halves_of_a_killed_run_are_removed(stopped, demo_config):
    half = stopped / 'iter_21.pth.4242.tmp'
    half.write_bytes(b'half')
    other = stopped / 'notes.tmp'
    other.write_text('not ours')
    train(demo_config('finetune', resume=True))
    assert not half.exists()
    assert other.exists()


def test_other_batches_have_no_place_to_go_on_from(stopped, demo_config):
    config = demo_config('finetune', resume=True, **{'train_dataloader.batch_size': 8})
    with pytest.raises(
        CheckpointError, match=r'20 iterations, of 12 an epoch; an epoch has 25 now'
    ):
        train(config)


@pytest.mark.parametrize(
    'damage',
    [
        lambda content: content.pop('optimizer'),
        lambda content: content['meta'].update(iter='20'),
        lambda content: content.update(message_hub=[]),
        lambda content: content['optimizer'].pop('state'),
    ],
)
@pytest.mark.slow
def test_a_file_that_no_run_can_go_on_from_is_named(stopped, demo_config, damage):
    path = stopped / 'iter_20.pth'
    content = torch.load(path, weights_only=True)
    damage(content)
    torch.save(content, path)
    with pytest.raises(WeightsError, match=r'go on from .*iter_20\.pth: checkpoint\.'):
        train(demo_config('finetune', resume=True))


def test_a_full_disk_stops_the_run_and_leaves_the_last_checkpoint(
    demo_config, monkeypatch
):
    config = demo_config('finetune')
    save, calls = torch.save, []

    def fill(content, file):
        calls.append(file)
        if len(calls) == 2:
            file.write(b'x' * 1000)
            raise OSError(28, 'No space left on device')
        save(content, file)

    monkeypatch.setattr('clef_mm.engine.checkpoint_files.torch.save', fill)
    with pytest.raises(
        CheckpointError,
        match=r'epoch_2\.pth cannot be written: No space left.*Untouched: '
        r'.*epoch_1\.pth.*--resume',
    ):
        train(config)
    assert read_file(Path(config.work_dir))['meta']['epoch'] == 1
    assert not list(Path(config.work_dir).glob('*.tmp'))
