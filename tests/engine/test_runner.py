"""Runs from config to checkpoint to test, and what goes wrong on the way."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.hooks import Hook

from clef_mm.datasets import BP4D
from clef_mm.datasets.preparation import prepare
from clef_mm.datasets.prepared_index import read_header
from clef_mm.datasets.reading.image_reading import BrokenImageError
from clef_mm.engine import Runner
from clef_mm.engine.checkpoint_files import CheckpointError
from clef_mm.engine.config import ConfigError, set_data_root
from clef_mm.engine.finite_steps import NonFiniteError
from clef_mm.engine.provenance import KEY, SubjectLeakError
from clef_mm.errors import UserError
from clef_mm.faces.crop_policy import get_policy
from clef_mm.models.encoders.weights import WeightsError, read_file
from clef_mm.registry import HOOKS


def train(config):
    runner = Runner.from_cfg(config)
    runner.train()
    return runner


def state_of(work_dir, name='epoch_2.pth'):
    return read_file(Path(work_dir, name))


def assert_same(first, second):
    assert first.keys() == second.keys()
    for key in first:
        torch.testing.assert_close(first[key], second[key], rtol=0, atol=0, msg=key)


@pytest.mark.parametrize('stage', ['pretrain', 'finetune'])
def test_same_seed_gives_the_same_weights_and_another_seed_others(stage, demo_config):
    states = []
    for number, seed in enumerate((0, 0, 1)):
        config = demo_config(stage, f'run{number}', **{'randomness.seed': seed})
        train(config)
        states.append(state_of(config.work_dir)['state_dict'])
    assert_same(states[0], states[1])
    changed = [
        key for key in states[0] if not torch.equal(states[0][key], states[2][key])
    ]
    assert changed


@pytest.mark.parametrize('stage', ['pretrain', 'finetune'])
def test_resumed_run_ends_like_an_undisturbed_one(stage, demo_config):
    """Bit for bit, read with weights_only, from a work dir that was moved (T1, T26)."""
    whole = demo_config(stage, 'whole')
    train(whole)
    half = demo_config(stage, 'half')
    # The run stops after its first epoch; the schedule is that of the whole run.
    half.custom_hooks = [*half.get('custom_hooks', []), dict(type='StopAfterEpoch')]
    with pytest.raises(StoppedError):
        train(half)
    moved = Path(half.work_dir).with_name('moved')
    shutil.move(half.work_dir, moved)
    resumed = demo_config(stage, 'moved', resume=True)
    # What it once started from need not exist any more.
    resumed.model.weights = 'gone/stage1.pth'
    runner = train(resumed)
    assert runner.epoch == 2
    first, second = state_of(whole.work_dir), state_of(moved)
    assert_same(first['state_dict'], second['state_dict'])
    started = [one['meta'][KEY]['start_weights'] for one in (first, second)]
    assert started == [None, None]  # not the checkpoint that it went on from
    for index, moments in first['optimizer']['state'].items():
        assert_same(moments, second['optimizer']['state'][index])
    history = second['message_hub']['log_scalars']['train/loss']['values']
    assert history == first['message_hub']['log_scalars']['train/loss']['values']


def test_resume_without_a_checkpoint_starts_anew(demo_config):
    config = demo_config('finetune', resume=True)
    train(config)
    assert state_of(config.work_dir)['meta']['epoch'] == 2


def test_stage_2_starts_from_stage_1(demo_config):
    stage1 = demo_config('pretrain', 'stage1')
    train(stage1)
    stage2 = demo_config('finetune', 'stage2', **{'optim_wrapper.optimizer.lr': 0.0})
    stage2.param_scheduler.final_lr = 0.0
    stage2.model.weights = stage1.work_dir
    train(stage2)
    before = state_of(stage1.work_dir)['state_dict']
    after = state_of(stage2.work_dir)['state_dict']
    # At learning rate 0 only BatchNorm's running statistics may move.
    towers = [
        key
        for key in before
        if key.startswith(('image_encoder', 'text_encoder'))
        and 'running' not in key
        and 'num_batches' not in key
    ]
    assert len(towers) > 20
    assert_same({k: before[k] for k in towers}, {k: after[k] for k in towers})


def test_checkpoint_holds_only_tensors_and_plain_containers(demo_config):
    config = demo_config('finetune')
    train(config)
    file = Path(config.work_dir, 'epoch_2.pth')
    checkpoint = torch.load(file, weights_only=True)  # refuses any class
    assert checkpoint['meta'][KEY]['stage'] == 'ActionUnitRecognizer'
    assert checkpoint['meta'][KEY]['synthetic'] is True
    seen = checkpoint['meta'][KEY]['seen_subjects']
    assert 'synthetic BP4D/F003' in seen
    assert 'synthetic BP4D/F001' not in seen
    assert checkpoint['meta'][KEY]['seed'] == 0
    assert checkpoint['meta'][KEY]['sampling'] == 'DefaultSampler, shuffled'


@pytest.mark.parametrize(
    ('change', 'named'),
    [
        (lambda state: state.pop('logit_scale.log'), '1 missing .logit_scale.log.'),
        (lambda state: state.update(extra=torch.ones(1)), '1 unexpected .extra.'),
        (
            lambda state: state.update({'logit_scale.log': torch.ones(3)}),
            r'of another shape .logit_scale.log \(3,\) instead of \(\)',
        ),
    ],
)
@pytest.mark.parametrize('way', ['test', 'resume'])
def test_checkpoint_that_does_not_fit_is_refused(way, change, named, demo_config):
    """mmengine only logs such keys, shapes included (T21)."""
    config = demo_config('finetune', **{'train_cfg.max_epochs': 1})
    train(config)
    file = Path(config.work_dir, 'epoch_1.pth')
    checkpoint = torch.load(file, weights_only=True)
    change(checkpoint['state_dict'])
    torch.save(checkpoint, file)
    config = demo_config('finetune')
    if way == 'resume':
        config.resume = True
        with pytest.raises(WeightsError, match=named):
            Runner.from_cfg(config).train()
    else:
        config.load_from = str(file)
        with pytest.raises(WeightsError, match=named):
            Runner.from_cfg(config).test()


def test_bare_weights_are_not_taken_for_a_checkpoint(demo_config, tmp_path):
    torch.save({'state_dict': {}}, tmp_path / 'bare.pth')
    config = demo_config('finetune', load_from=str(tmp_path / 'bare.pth'))
    with pytest.raises(WeightsError, match='no checkpoint of a training run'):
        Runner.from_cfg(config).test()


def test_non_finite_loss_stops_the_run_and_keeps_the_last_checkpoint(demo_config):
    config = demo_config('finetune')
    config.custom_hooks = [dict(type='PoisonSecondEpoch')]
    with pytest.raises(
        NonFiniteError, match=r'epoch 2, iteration .*loss_label = nan.*F00'
    ):
        train(config)
    weights = state_of(config.work_dir, 'epoch_1.pth')['state_dict']
    floating = [value for value in weights.values() if value.is_floating_point()]
    assert all(value.isfinite().all() for value in floating)


def test_two_runs_in_one_second_share_nothing(demo_config):
    """mmengine hands out the same log and scores by the second (T25)."""
    first = Runner.from_cfg(demo_config('finetune', 'first'))
    second = Runner.from_cfg(demo_config('finetune', 'second'))
    assert first.message_hub is not second.message_hub
    assert first.logger is not second.logger


@pytest.mark.parametrize('seen_by', ['this run', 'stage 1'])
def test_training_on_test_subjects_is_refused(seen_by, demo_config):
    config = demo_config('finetune')
    if seen_by == 'this run':
        for loader in (config.train_dataloader, config.get('val_dataloader')):
            if loader:
                loader.dataset.fold = 2
    else:
        stage1 = demo_config('pretrain', 'stage1', **{'train_cfg.max_epochs': 1})
        stage1.train_dataloader.dataset.fold = 2
        stage1.test_dataloader.dataset.fold = 2
        train(stage1)
        config.model.weights = stage1.work_dir
    with pytest.raises(SubjectLeakError, match='BP4D/F001'):
        train(config)


def test_testing_subjects_that_the_checkpoint_has_seen_is_refused(demo_config):
    config = demo_config('finetune', **{'train_cfg.max_epochs': 1})
    train(config)
    config = demo_config('finetune', load_from=config.work_dir)
    config.test_dataloader.dataset.fold = 2  # tests F003, trained on in fold 1
    with pytest.raises(SubjectLeakError, match='BP4D/F003'):
        Runner.from_cfg(config).test()


@pytest.mark.parametrize('sampler', [{'block': 5}, {}])
def test_batches_that_cut_blocks_are_refused(sampler, demo_config):
    config = demo_config('pretrain', **{'train_dataloader.batch_size': 12})
    del config.train_dataloader.sampler['block']
    config.train_dataloader.sampler.update(sampler)  # 8 if nothing is said
    with pytest.raises(ConfigError, match='batch_size=12 is not a multiple of block='):
        Runner.from_cfg(config).train()


def test_resume_whose_newest_checkpoint_is_gone_is_no_fresh_start(demo_config):
    config = demo_config('finetune', **{'train_cfg.max_epochs': 1})
    train(config)
    Path(config.work_dir, 'epoch_1.pth').unlink()
    with pytest.raises(CheckpointError, match='none is whole'):
        train(demo_config('finetune', resume=True))


def test_resuming_with_another_fold_is_refused(demo_config):
    """What a run saw before it was stopped counts, whatever it is resumed with."""
    config = demo_config('finetune', **{'train_cfg.max_epochs': 1})
    train(config)
    config = demo_config('finetune', resume=True)
    for split in ('train', 'val', 'test'):
        config[f'{split}_dataloader'].dataset.fold = 2
    with pytest.raises(SubjectLeakError, match='synthetic BP4D/F003'):
        train(config)


def test_epochs_chosen_on_faces_that_stage_1_saw_are_warned_of(demo_config):
    stage1 = demo_config('pretrain', 'stage1', **{'train_cfg.max_epochs': 1})
    train(stage1)
    config = demo_config('finetune', **{'train_cfg.max_epochs': 1})
    config.model.weights = stage1.work_dir
    runner = train(config)
    log = next(Path(runner.work_dir).rglob('*.log')).read_text()
    assert 'the epoch will be chosen on 3 subjects that the start weights' in log


@pytest.mark.parametrize(
    ('change', 'named'),
    [
        (
            {'train_cfg': dict(_delete_=True, by_epoch=False, max_iters=9)},
            'got IterBasedTrainLoop',
        ),
        ({'optim_wrapper.type': 'OptimWrapper'}, r'clef_mm\.engine\.OptimWrapper'),
    ],
)
def test_what_cannot_go_on_from_inside_an_epoch_is_refused(change, named, demo_config):
    config = demo_config('finetune')
    config.merge_from_dict(change)
    with pytest.raises(ConfigError, match=named):
        Runner.from_cfg(config).train()


def test_a_model_that_is_frozen_as_a_whole_is_not_trained(demo_config):
    config = demo_config('pretrain')
    config.model.image_encoder.frozen = config.model.text_encoder.frozen = ['']
    with pytest.raises(ConfigError, match='nothing of the model is trained'):
        Runner.from_cfg(config).train()


def test_the_plan_is_printed(demo_config):
    config = demo_config('finetune', **{'train_cfg.max_epochs': 1})
    runner = train(config)
    log = next(Path(runner.work_dir).rglob('*.log')).read_text()
    for text in (
        'The plan',
        '1.17 M parameters (0.79 M of them frozen), on cpu',
        'start  random weights',
        'train  BP4D train of fold 1',
        '[SYNTHETIC stand-in]',
        'F003',
        'test   BP4D test of fold 1',
        'order  DefaultSampler, shuffled',
        'faces  as released (no crop policy)',
        'class weights from the training labels: AU1 ',
        'eta: ',
        'lr: ',
        'loss_label: ',
        'loss_text: ',
    ):
        assert text in log, text


def test_logged_losses_are_those_of_every_iteration(demo_config):
    """Fetched in batches, they must be what reading each one back would give."""
    collected = []

    config = demo_config('finetune')
    runner = Runner.from_cfg(config)
    original = runner.model.parse_losses

    def spy(losses):
        total, log = original(losses)
        collected.append(total.item())
        return total, log

    runner.model.parse_losses = spy
    runner.train()
    history = runner.message_hub.get_scalar('train/loss').data[0]
    np.testing.assert_allclose(history, collected, rtol=1e-6)


def test_broken_image_is_replaced_in_training_and_an_error_in_the_test(
    demo_config, synthetic_bp4d, tmp_path
):
    root = tmp_path / 'bp4d'
    shutil.copytree(synthetic_bp4d, root)
    images = root / 'Sequences(2D+3D)'
    broken = {}
    for subject in ('F003', 'F001'):
        frame = sorted((images / subject / 'T1').iterdir())[2]
        frame.write_bytes(frame.read_bytes()[:100])
        broken[subject] = frame
    config = demo_config('finetune', **{'train_cfg.max_epochs': 1})
    for split in ('train', 'val', 'test'):
        if config.get(f'{split}_dataloader'):
            config[f'{split}_dataloader'].dataset.data_root = str(root)
    config.train_dataloader.dataset.frames = 'all'
    runner = train(config)
    log = next(Path(runner.work_dir).rglob('*.log')).read_text()
    assert log.count(str(broken['F003'])) == 1
    assert '1 images could not be read' in log
    config.load_from = config.work_dir
    config.test_dataloader.dataset.frames = 'all'
    with pytest.raises(BrokenImageError, match=str(broken['F001'].name)):
        Runner.from_cfg(config).test()


class StoppedError(Exception):
    pass


@HOOKS.register_module()
class StopAfterEpoch(Hook):
    priority = 'LOWEST'

    def after_train_epoch(self, runner):
        raise StoppedError


@HOOKS.register_module()
class PoisonSecondEpoch(Hook):
    def before_train_epoch(self, runner):
        if runner.epoch == 1:
            with torch.no_grad():
                runner.model.logit_scale.log.fill_(float('nan'))


def test_crop_policy_travels_from_the_index_to_the_result(
    demo_config, synthetic_bp4d, tmp_path
):
    """Trained on prepared images; a test on others says so."""
    prepared = tmp_path / 'prepared'
    prepare(
        BP4D(synthetic_bp4d, lazy_init=True), prepared, get_policy('whole'), {}, {}, 1
    )
    config = demo_config('finetune', **{'train_cfg.max_epochs': 1})
    set_data_root(config, str(prepared))
    runner = train(config)
    crop = read_header(prepared)['crop']
    assert crop['name'] == 'whole'
    file = Path(config.work_dir, 'epoch_1.pth')
    assert torch.load(file, weights_only=True)['meta'][KEY]['crop'] == crop
    log = next(Path(runner.work_dir).rglob('*.log')).read_text()
    assert 'Scores depend on the crop' not in log

    config = demo_config('finetune', 'raw', load_from=str(file))
    runner = Runner.from_cfg(config)
    runner.test()
    log = next(Path(runner.work_dir).rglob('*.log')).read_text()
    assert 'is cropped as released (no crop policy); what the model was' in log
    assert f'whole (crop policy {crop["hash"]})' in log


@pytest.mark.parametrize(
    ('key', 'value', 'message'),
    [
        (
            'model.presicion',
            'fp32',
            "no argument 'presicion'; did you mean 'precision'",
        ),
        ('model.precision', 'fp8', r'model: precision must be .*base.py line \d+'),
        ('optim_wrapper.optimizer.lrr', 1, "optim_wrapper: .*argument 'lrr'"),
        ('optim_wrapper.optimizer.type', 'Adamm', "called 'Adamm'; did you mean 'Adam"),
        ('train_cfg.max_epoch', 2, "train_cfg: .*argument 'max_epoch'"),
        ('train_cfg.max_epochs', 0, 'train_cfg.max_epochs must be at least 1, got 0'),
        ('train_dataloader.batch_size', 10**6, 'images of a process fill no batch'),
        ('train_dataloader.bach_size', 3, "a dataloader: .*argument 'bach_size'"),
        ('train_dataloader.dataset.every', 'x', r'a dataloader: .*\(face_dataset.py'),
        ('param_scheduler.warmup', 2, 'param_scheduler: warmup must be a share'),
        ('randomness.seed', 'x', 'randomness: '),
        ('default_hooks.checkpoint.interval', 0, 'hooks: interval must be positive'),
    ],
)
def test_values_that_no_part_takes_are_named(key, value, message, demo_config):
    with pytest.raises(UserError, match=message):
        Runner.from_cfg(demo_config('finetune', **{key: value})).train()
