"""Warm-up, then cosine: closed forms, and the traps of mmengine's own schedules."""

import math

import pytest
import torch
from mmengine.optim import OptimWrapper

from clef_mm.engine.schedule import WarmupCosineLR, warmup_cosine


def test_rises_linearly_then_falls_along_a_cosine_to_exactly_the_final_rate():
    rates = [warmup_cosine(step, 100, 1e-3, 0.2, 1e-6) for step in range(100)]
    rising = 20
    assert rates[:rising] == pytest.approx(
        [1e-3 * (step + 1) / (rising + 1) for step in range(rising)]
    )
    assert rates[rising] == pytest.approx(1e-3)
    assert rates[-1] == pytest.approx(1e-6, rel=1e-9)
    middle = rising + (99 - rising) / 2
    expected = 1e-6 + (1e-3 - 1e-6) * (1 + math.cos(math.pi / 2)) / 2
    halves = (rates[math.floor(middle)] + rates[math.ceil(middle)]) / 2
    assert halves == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize('steps', [1, 2, 3, 7, 50])
@pytest.mark.parametrize('warmup', [0.0, 0.2, 0.5, 0.9])
def test_never_climbs_again_and_never_leaves_its_range(steps, warmup):
    rates = [warmup_cosine(step, steps, 1.0, warmup, 0.01) for step in range(steps)]
    peak = rates.index(max(rates))
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert all(0 < rate <= 1 for rate in rates)


def test_a_one_iteration_run_works():
    # mmengine's own pair fails here: end should be larger than begin (trap T12).
    wrapper = OptimWrapper(torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1))
    schedule = WarmupCosineLR(wrapper, warmup=0.2, final_lr=1e-6, end=1)
    assert wrapper.get_lr()['lr'] == [pytest.approx(0.1)]
    assert schedule.end == 1


def test_drives_the_optimizer_and_continues_from_its_state():
    def build():
        parameter = torch.nn.Parameter(torch.ones(1))
        wrapper = OptimWrapper(torch.optim.SGD([parameter], lr=1.0))
        return wrapper, WarmupCosineLR(wrapper, warmup=0.3, final_lr=0.1, end=10)

    def advance(wrapper, schedule, steps):
        rates = []
        for _ in range(steps):
            rates += wrapper.get_lr()['lr']
            wrapper.step()
            schedule.step()
        return rates

    whole = advance(*build(), 10)
    assert whole == pytest.approx(
        [warmup_cosine(i, 10, 1.0, 0.3, 0.1) for i in range(10)]
    )

    first, schedule = build()
    start = advance(first, schedule, 4)
    second, resumed = build()
    second.optimizer.load_state_dict(first.optimizer.state_dict())
    resumed.load_state_dict(schedule.state_dict())
    assert start + advance(second, resumed, 6) == pytest.approx(whole)


@pytest.mark.parametrize('warmup', [-0.1, 1.0])
def test_refuses_an_impossible_warmup(warmup):
    wrapper = OptimWrapper(torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1))
    with pytest.raises(ValueError, match='share in'):
        WarmupCosineLR(wrapper, warmup=warmup, end=5)
