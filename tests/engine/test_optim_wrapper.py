"""Accumulated, measured, clipped and skipped gradients."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from clef_mm.engine import OptimWrapper
from clef_mm.engine.optim_wrapper import NON_FINITE

NAN, INF = float('nan'), float('inf')


def parameters():
    rng = torch.Generator().manual_seed(0)
    shapes = [(3, 2), (4,)]
    return [
        nn.Parameter(torch.randn(s, generator=rng, dtype=torch.float64)) for s in shapes
    ]


def gradients(count):
    """Return what ``count`` batches want: one gradient for each parameter."""
    rng = torch.Generator().manual_seed(1)
    return [
        [torch.randn(p.shape, generator=rng, dtype=torch.float64) for p in parameters()]
        for _ in range(count)
    ]


def loss_of(model, wanted):
    """Return a loss whose gradient is ``wanted``."""
    return sum((p * g).sum() for p, g in zip(model, wanted, strict=True))


def plain(model, **options):
    """Return a wrapper whose updates are minus the gradients."""
    return OptimWrapper(torch.optim.SGD(model, lr=1.0), **options)


def adam(model, **options):
    groups = [{'params': [p], 'lr': 0.1 * (n + 1)} for n, p in enumerate(model)]
    return OptimWrapper(torch.optim.AdamW(groups), **options)


def mean(group):
    return [sum(of_one) / len(group) for of_one in zip(*group, strict=True)]


def test_norm_is_unknown_before_the_first_update():
    assert plain(parameters()).gradient_norm is None


@pytest.mark.parametrize(
    ('clip', 'order'),
    [
        (None, 2),
        (dict(max_norm=0.1), 2),
        (dict(max_norm=1e9), 2),
        (dict(max_norm=0.1, norm_type=1), 1),
        (dict(max_norm=0.1, norm_type=INF), np.inf),
        (dict(type='value', clip_value=0.01), 2),
    ],
)
def test_norm_is_that_of_all_gradients_before_clipping(clip, order):
    model, (wanted,) = parameters(), gradients(1)
    before = [p.detach().clone() for p in model]
    wrapper = plain(model, clip_grad=clip)
    wrapper.update_params(loss_of(model, wanted))
    flat = torch.cat([g.flatten() for g in wanted]).numpy()
    norm = np.linalg.norm(flat, order)
    assert wrapper.gradient_norm.item() == pytest.approx(norm, rel=1e-12)
    assert not wrapper.gradient_norm.requires_grad
    moved = np.concatenate(
        [(b - p.detach()).flatten() for b, p in zip(before, model, strict=True)]
    )
    clip = clip or {}
    if clip.get('type') == 'value' or 'clip_value' in clip:
        flat = flat.clip(-0.01, 0.01)
    elif clip:
        flat = flat * min(1, clip['max_norm'] / norm)
    np.testing.assert_allclose(moved, flat, rtol=1e-5)


def test_norm_leaves_out_what_has_no_gradient():
    model = parameters()
    wrapper = plain(model)
    wrapper.update_params(3 * model[1].sum())
    assert wrapper.gradient_norm.item() == pytest.approx(6)
    assert model[0].grad is None


@pytest.mark.parametrize('counts', [1, 2, 3, 8])
@pytest.mark.parametrize(
    ('first', 'batches'), [(0, 1), (0, 6), (0, 7), (2, 6), (2, 7), (3, 7)]
)
def test_updates_are_the_means_of_groups_within_the_epoch(counts, first, batches):
    """For any place to begin at, a last group that is incomplete included."""
    model, wanted = parameters(), gradients(batches)
    left = wanted[first:]
    wrapper = plain(model, accumulative_counts=counts)
    for _ in range(2):  # nothing of the first epoch is left for the second
        wrapper.start_epoch(first, batches)
        for start in range(0, len(left), counts):
            group = left[start : start + counts]
            before = [p.detach().clone() for p in model]
            for number, one in enumerate(group, 1):
                assert wrapper.should_sync() == (number == len(group))
                wrapper.update_params(loss_of(model, one))
                assert wrapper.should_update() == (number == len(group))
                if number < len(group):
                    assert all(map(torch.equal, before, model))
            for b, p, g in zip(before, model, mean(group), strict=True):
                torch.testing.assert_close(b - p.detach(), g, rtol=1e-12, atol=1e-12)
        assert all(p.grad is None or not p.grad.any() for p in model)


BAD_LOSSES = {
    'NaN loss and gradient': lambda p: p.sum() * NAN,
    'infinite loss and gradient': lambda p: p.sum() * INF,
    'finite loss, NaN gradient': lambda p: (p * 0).pow(2).sum().sqrt(),
    'NaN loss, finite gradient': lambda p: p.sum() + NAN,
}


def everything(wrapper, model):
    return copy.deepcopy([[p.data for p in model], wrapper.optimizer.state_dict()])


def assert_equal_bits(first, second):
    torch.testing.assert_close(first, second, rtol=0, atol=0)


@pytest.mark.parametrize('kind', BAD_LOSSES)
@pytest.mark.parametrize('counts', [1, 2])
def test_a_skipped_step_leaves_no_trace(kind, counts):
    model, twin = parameters(), parameters()
    wrappers = [
        adam(m, accumulative_counts=counts, non_finite='skip') for m in (model, twin)
    ]
    wanted = gradients(2 * counts)

    def update(wrapper, of, group):
        for one in group:
            wrapper.update_params(loss_of(of, one))

    for wrapper, of in zip(wrappers, (model, twin), strict=True):
        update(wrapper, of, wanted[:counts])
    state = everything(wrappers[0], model)

    wrappers[0].update_params(BAD_LOSSES[kind](model[0]))  # spoils the whole group
    update(wrappers[0], model, wanted[1:counts])
    assert_equal_bits(everything(wrappers[0], model), state)
    assert wrappers[0].skipped == 1
    assert not wrappers[0].gradient_norm.isfinite()

    for wrapper, of in zip(wrappers, (model, twin), strict=True):
        update(wrapper, of, wanted[counts:])
    assert_equal_bits(everything(wrappers[0], model), everything(wrappers[1], twin))
    assert [wrapper.skipped for wrapper in wrappers] == [1, 0]


def test_a_nan_loss_spoils_every_gradient_so_that_all_processes_skip():
    """Processes exchange gradients, not losses."""
    model = parameters()
    wrapper = plain(model, non_finite='skip', accumulative_counts=2)
    wrapper.update_params(loss_of(model, gradients(1)[0]) + NAN)
    assert all(p.grad.isnan().all() for p in model)


@pytest.mark.parametrize('counts', [1, 3])
def test_skipping_changes_no_step_that_is_sound(counts):
    states = []
    for word in NON_FINITE:
        model = parameters()
        wrapper = adam(model, non_finite=word, accumulative_counts=counts)
        wrapper.start_epoch(0, 5)
        for one in gradients(5):
            wrapper.update_params(loss_of(model, one))
        states.append(everything(wrapper, model))
    assert_equal_bits(*states)


def test_by_default_the_norm_tells_and_nothing_is_counted():
    model = parameters()
    wrapper = plain(model)
    wrapper.update_params(BAD_LOSSES['finite loss, NaN gradient'](model[0]))
    assert wrapper.gradient_norm.isnan()
    assert wrapper.skipped == 0
    assert not wrapper.skips


@pytest.mark.parametrize('build', [plain, adam])
def test_state_goes_on_with_the_number_of_skipped_steps(build):
    model, other = parameters(), parameters()
    wrapper = build(model, non_finite='skip')
    wrapper.update_params(loss_of(model, gradients(1)[0]))
    wrapper.update_params(model[0].sum() * NAN)
    wrapper.param_groups[-1]['lr'] = 0.03  # of base_param_settings, where there are two
    state = copy.deepcopy(wrapper.state_dict())
    assert state['skipped'] == 1
    assert ('base_param_settings' in state) == (build is adam)

    resumed = build(other, non_finite='skip')
    resumed.load_state_dict(state)
    assert resumed.skipped == 1
    assert_equal_bits(resumed.state_dict(), wrapper.state_dict())
    assert resumed.param_groups[-1]['lr'] == 0.03
    assert 'skipped' in state  # what was read is left as it was


def test_state_without_a_number_has_skipped_none():
    wrapper = plain(parameters())
    state = wrapper.state_dict()
    del state['skipped']
    wrapper.skipped = 4
    wrapper.load_state_dict(state)
    assert wrapper.skipped == 0


@pytest.mark.parametrize('word', ['ignore', True, None])
def test_another_word_is_refused(word):
    with pytest.raises(ValueError, match=rf"one of \('stop', 'skip'\), got {word!r}"):
        plain(parameters(), non_finite=word)
