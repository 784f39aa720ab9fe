"""A run stops at numbers that are none, or leaves such steps out and says so."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import Hook

from clef_mm import distributed
from clef_mm.engine import Runner
from clef_mm.engine.finite_steps import NonFiniteError
from clef_mm.engine.hooks import FiniteHook
from clef_mm.engine.optim_wrapper import OptimWrapper
from clef_mm.models.encoders.weights import read_file
from clef_mm.registry import HOOKS
from clef_mm.structures import FaceSample

NAN = float('nan')
BAD = {
    'loss': lambda loss: loss * NAN,
    # The root of 0 is 0, and its slope is not finite.
    'gradient': lambda loss: loss + (loss * 0).sqrt(),
}


@HOOKS.register_module()
class BadStep(Hook):
    """Spoil the label loss of one iteration, counted from 0."""

    def __init__(self, kind, iteration):
        self.kind, self.iteration = kind, iteration

    def before_train(self, runner):
        model, sound = runner.plain_model, runner.plain_model.loss

        def loss(features, samples):
            parts = sound(features, samples)
            if runner.iter == self.iteration:
                parts['loss_label'] = BAD[self.kind](parts['loss_label'])
            return parts

        model.loss = loss


def tiny(demo_config, kind, **options):
    """Return a config of some four iterations without validation."""
    config = demo_config('finetune', **{'train_cfg.max_epochs': 1, **options})
    config.train_dataloader.dataset.share = 0.3
    for name in ('dataloader', 'evaluator', 'cfg'):
        config.pop(f'val_{name}')
    config.train_cfg.pop('val_interval')
    config.default_hooks.checkpoint.pop('save_best')
    config.custom_hooks = [dict(type='BadStep', kind=kind, iteration=1)]
    return config


def log_of(runner):
    return next(Path(runner.work_dir).rglob('*.log')).read_text()


@pytest.mark.parametrize(
    ('kind', 'said'), [('loss', 'loss_label = nan'), ('gradient', 'loss_label = ')]
)
def test_a_run_stops_and_says_where(kind, said, demo_config):
    config = tiny(demo_config, kind)
    with pytest.raises(NonFiniteError) as caught:
        Runner.from_cfg(config).train()
    message = str(caught.value)
    assert message.startswith('epoch 1, iteration 2 has numbers that are not finite: ')
    assert said in message
    assert ('loss_label = nan' in message) == (kind == 'loss')
    assert 'gradient norm = nan; batch of ' in message
    assert '/T' in message  # the name of an image: F003/T2/440
    assert 'and 8 more' in message
    assert not list(Path(config.work_dir).glob('*.pth'))


@pytest.mark.parametrize('kind', BAD)
def test_a_run_that_skips_goes_on_and_counts(kind, demo_config):
    runner = Runner.from_cfg(
        tiny(demo_config, kind, **{'optim_wrapper.non_finite': 'skip'})
    )
    runner.train()
    log = log_of(runner)
    assert log.count('epoch 1, iteration 2 skipped, number 1 of the run: ') == 1
    assert log.count(' skipped, number') == 1
    assert 'gradient norm = nan; batch of ' in log
    assert '1 updates of the run were skipped' in log
    checkpoint = read_file(Path(runner.work_dir, 'epoch_1.pth'))
    assert checkpoint['optimizer']['skipped'] == 1
    steps = [state['step'] for state in checkpoint['optimizer']['state'].values()]
    assert steps
    assert all(step == runner.iter - 1 for step in steps)
    for name, value in checkpoint['state_dict'].items():
        assert value.isfinite().all(), name


class Spoilt(torch.nn.Module):
    """A layer whose BatchNorm has seen a batch without numbers."""

    def __init__(self):
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(2)
        self.layer = torch.nn.Linear(2, 1)

    def forward(self, batch):
        return self.layer(self.norm(batch)).sum()


@pytest.mark.parametrize('accumulated', [1, 2])
def test_nothing_is_left_of_skipped_batches(accumulated):
    """A run that meets them ends as one that never has, statistics included."""
    torch.manual_seed(0)
    sound = [torch.randn(4, 2) for _ in range(4)]
    bad = [torch.full((4, 2), NAN), torch.randn(4, 2)][:accumulated]
    states = []
    for batches in (sound, [*sound[:2], *bad, *sound[2:]]):
        torch.manual_seed(1)
        model = Spoilt()
        wrapper = OptimWrapper(
            torch.optim.AdamW(model.parameters()),
            accumulative_counts=accumulated,
            non_finite='skip',
        )
        wrapper.start_epoch(0, len(batches))
        logger = SimpleNamespace(warning=lambda *_: None)
        runner = SimpleNamespace(
            optim_wrapper=wrapper, model=model, epoch=0, iter=0, logger=logger
        )
        hook = FiniteHook()
        hook.before_train(runner)
        for number, batch in enumerate(batches):
            data = {'data_samples': samples(number)}
            hook.before_train_iter(runner, number, data)
            loss = model(batch)
            wrapper.update_params(loss)
            hook.after_train_iter(runner, number, data, {'loss': loss.detach()})
        states.append(model.state_dict())
    first, second = states
    for name in first:
        assert torch.equal(first[name], second[name]), name


# The hook alone, with what it looks at of a run.


class Wrapper(SimpleNamespace):
    """Accumulates two batches: ``done`` is the number of those since the start."""

    def should_update(self):
        return self.done % 2 == 0


def samples(*frames):
    return [FaceSample(subject='F001', sequence='T2', frame=frame) for frame in frames]


def run(hook, wrapper, batches, log=None):
    """Train on batches of (loss, norm, frames, whether it is skipped)."""
    logger = SimpleNamespace(warning=(log if log is not None else []).append)
    model = torch.nn.BatchNorm1d(1)
    runner = SimpleNamespace(
        optim_wrapper=wrapper, epoch=0, iter=0, logger=logger, model=model
    )
    hook.before_train(runner)
    for number, (loss, norm, frames, skip) in enumerate(batches):
        runner.iter = number
        wrapper.done = number + 1
        if wrapper.should_update():
            wrapper.gradient_norm = torch.tensor(norm)
            wrapper.skipped += skip
        data = {'data_samples': samples(*frames)}
        hook.after_train_iter(runner, number, data, {'loss': torch.tensor(loss)})
    hook.after_train_epoch(runner)
    hook.after_train(runner)


def test_gradients_accumulated_of_several_batches_name_all_of_them():
    batches = [(1.0, 2.0, [1], 0), (1.0, 2.0, [2], 0), (1.0, 2.0, [3], 0)]
    hook = FiniteHook()
    with pytest.raises(NonFiniteError) as caught:
        run(
            hook,
            Wrapper(skips=False, skipped=0, gradient_norm=None),
            [*batches, (1.0, NAN, [4], 0)],
        )
    message = str(caught.value)
    assert 'iteration 4 has' in message
    assert 'loss = 1, gradient norm = nan; batch of F001/T2/4, F001/T2/3. ' in message


def test_a_loss_is_not_blamed_on_the_gradients_of_an_earlier_update():
    wrapper = Wrapper(skips=False, skipped=0, gradient_norm=None)
    with pytest.raises(NonFiniteError, match=r'iteration 3 has .*: loss = nan; batch'):
        run(
            FiniteHook(),
            wrapper,
            [(1.0, 2.0, [1], 0), (1.0, 2.0, [2], 0), (NAN, 2.0, [3], 0)],
        )


def test_skipped_updates_are_counted_on_after_a_resume(monkeypatch):
    log = []
    monkeypatch.setattr(distributed, 'gather_objects', lambda one: [one, 'M001/T1/9'])
    bad = [(NAN, 0.0, [1], 0), (2.0, NAN, [2], 1), (1.0, 1.0, [3], 0)]
    run(FiniteHook(), Wrapper(skips=True, skipped=6, gradient_norm=None), bad, log)
    assert log == [
        'epoch 1, iteration 2 skipped, number 7 of the run: loss = 2, gradient norm = '
        'nan; batch of F001/T2/2, F001/T2/1; M001/T1/9',
        '7 updates of the run were skipped: their losses or gradients were not finite',
    ]


def test_each_of_several_processes_says_which_it_is(monkeypatch):
    monkeypatch.setattr(distributed, 'is_distributed', lambda: True)
    monkeypatch.setattr(distributed, 'rank', lambda: 3)
    with pytest.raises(NonFiniteError, match=r'^process 3, epoch 1, iteration 1 has'):
        run(
            FiniteHook(),
            Wrapper(skips=False, skipped=0, gradient_norm=None),
            [(NAN, 0.0, [1], 0)],
        )


def test_a_sound_run_says_nothing():
    log = []
    wrapper = Wrapper(skips=False, skipped=0, gradient_norm=None)
    run(FiniteHook(), wrapper, [(1.0, 2.0, [1], 0)] * 4, log)
    assert not log
