"""What a run cannot go on from is said before anything of it is taken over."""

import copy
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from clef_mm.engine import Runner
from clef_mm.engine.checkpoint_content import plain
from clef_mm.engine.resuming import lay_out, unfit
from clef_mm.engine.stop_signals import RunStoppedError

SCHEDULE = {'last_step': 3, 'milestones': {5: 1}, 'base_values': [0.1], 'verbose': None}


def adam(channels_last=False):
    """An optimizer that has made a step, with fused kernels as our configs have."""
    torch.manual_seed(0)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = nn.Conv2d(3, 4, 3).to(memory_format=layout)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    step(model, optimizer)
    return model, optimizer


def step(model, optimizer):
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(2, 3, 8, 8, generator=generator)
    optimizer.zero_grad()
    model(images).square().sum().backward()
    optimizer.step()


def content(optimizer):
    return {
        'meta': {'epoch': 1, 'iter': 14, 'batches': 12, 'processes': 1, 'seed': 0},
        'state_dict': {},
        'message_hub': {
            'log_scalars': {'train/loss': {'values': [1.0], 'counts': [1]}},
            'runtime_info': {},
            'resumed_keys': {},
        },
        'optimizer': copy.deepcopy(optimizer.state_dict()),
        'param_schedulers': [copy.deepcopy(SCHEDULE)],
    }


def test_what_was_left_fits():
    _, optimizer = adam()
    assert (
        unfit(content(optimizer), optimizer, optimizer.state_dict(), [SCHEDULE]) == ''
    )


def test_switches_that_another_torch_did_not_have_are_no_matter():
    _, optimizer = adam()
    checkpoint = content(optimizer)
    group = checkpoint['optimizer']['param_groups'][0]
    group.pop('decoupled_weight_decay')
    group['of_tomorrow'] = None
    assert unfit(checkpoint, optimizer, optimizer.state_dict(), [SCHEDULE]) == ''


def change(*path, to):
    def damage(checkpoint):
        *folders, last = path
        for key in folders:
            checkpoint = checkpoint[key]
        checkpoint[last] = to

    return damage


MOMENT = ('optimizer', 'state', 0, 'exp_avg')


@pytest.mark.parametrize(
    ('damage', 'said'),
    [
        (change(*MOMENT, to=torch.zeros(1, 3, 3, 3)), r'state\[0\].exp_avg is no ten'),
        (change(*MOMENT, to=torch.zeros(4, 3, 3, 3).to_sparse()), 'is no tensor of'),
        (change(*MOMENT, to=[1.0]), 'is no tensor of shape'),
        (change('optimizer', 'state', 2, to={}), r'state\[2\] belongs to no parameter'),
        (change('optimizer', 'state', 0, to=5), 'state.0 is 5, not of type dict'),
        (change('optimizer', 'param_groups', to=[]), 'groups are not as many'),
        (change('optimizer', 'param_groups', 0, 'lr', to='x'), r'\[0\].lr is not of'),
        (change('optimizer', 'param_groups', 0, to={}), 'not those of this config'),
        (change('param_schedulers', to=[]), 'param_schedulers are not as many'),
        (change('param_schedulers', 0, 'last_step', to='x'), 'last_step is not of the'),
        (change('param_schedulers', 0, 'verbose', to=1), 'verbose is not of the kind'),
        (change('param_schedulers', 0, 'base_values', to=[]), 'base_values are not as'),
        (change('meta', 'iter', to=-3), 'contradictory'),
        (change('meta', 'epoch', to=5), 'contradictory: iter 14 of 12 an epoch, ep'),
        (change('meta', 'best', to='x'), 'meta.best is'),
        (change('meta', 'early_stopping', to={}), 'wait_count is None'),
        (change('message_hub', 'runtime_info', to=3), 'runtime_info is 3'),
    ],
)
def test_what_does_not_fit_is_named(damage, said):
    _, optimizer = adam()
    checkpoint = content(optimizer)
    damage(checkpoint)
    wrong = unfit(checkpoint, optimizer, optimizer.state_dict(), [SCHEDULE])
    assert re.search(said, wrong), wrong


def test_moments_of_another_memory_layout_belong_to_the_same_weights():
    """Fused kernels would take them for those of other weights."""
    model, optimizer = adam()
    other_model, other = adam(channels_last=True)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    other_model.load_state_dict(model.state_dict())
    lay_out(other)
    step(model, optimizer)
    step(other_model, other)
    torch.testing.assert_close(other_model.weight, model.weight, rtol=0, atol=1e-6)


def test_what_is_stored_is_plain():
    stored = plain({'best': np.float64(0.5), 'milestones': Counter([3, 3])})
    assert stored == {'best': 0.5, 'milestones': {3: 2}}
    assert type(stored['best']) is float


def test_a_config_in_a_checkpoint_is_not_run(demo_config, tmp_path):
    """mmengine runs ``meta.config`` of what it goes on from."""
    config = demo_config('finetune')
    runner = Runner.from_cfg(config)
    runner._stop_signals.received = 'SIGTERM'
    with pytest.raises(RunStoppedError):
        runner.train()
    path = next(Path(config.work_dir).glob('iter_*.pth'))
    checkpoint = torch.load(path)
    marker = tmp_path / 'it_ran'
    checkpoint['meta']['config'] = f"x = __import__('os').mkdir({str(marker)!r})"
    torch.save(checkpoint, path)
    Runner.from_cfg(demo_config('finetune', resume=True)).train()
    assert not marker.exists()
