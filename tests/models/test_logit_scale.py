"""The temperature is learnt within its bounds."""

import math

import pytest
import torch

from clef_mm.models.logit_scale import LogitScale


@pytest.mark.parametrize('temperature', [0.01, 0.07, 1.0])
def test_starts_from_one_over_the_temperature(temperature):
    scale = LogitScale(temperature)
    assert scale().item() == pytest.approx(1 / temperature, rel=1e-5)
    assert scale.log.item() == pytest.approx(math.log(1 / temperature))


def test_default_is_that_of_clip():
    assert LogitScale()().item() == pytest.approx(1 / 0.07, rel=1e-5)


def test_the_logarithm_is_what_is_learnt():
    scale = LogitScale(0.1)
    (gradient,) = torch.autograd.grad(3 * scale(), list(scale.parameters()))
    assert gradient.item() == pytest.approx(30, rel=1e-5)  # d exp(x) = exp(x)
    assert list(scale.state_dict()) == ['log']


@pytest.mark.parametrize(('sign', 'bound'), [(-1, 100.0), (1, 1.0)])
def test_is_clamped_and_can_come_back(sign, bound):
    scale = LogitScale(0.1)
    optimizer = torch.optim.SGD(scale.parameters(), lr=1.0)

    def step(direction):
        optimizer.zero_grad()
        (direction * scale().log()).backward()
        optimizer.step()

    for _ in range(8):  # far beyond the bound if nothing held it
        step(sign)
    assert scale().item() == pytest.approx(bound, rel=1e-5)
    step(-sign)
    inside = bound * math.exp(sign)
    assert scale().item() == pytest.approx(inside, rel=1e-4)


@pytest.mark.parametrize(
    ('gradient', 'optimizer'),
    [(sign * size, 'SGD') for sign in (1, -1) for size in (1e4, 1e38, math.inf)]
    + [(sign * size, 'AdamW') for sign in (1, -1) for size in (1e4, 1e15)],
)
def test_exploding_gradient_leaves_it_in_range(gradient, optimizer):
    scale = LogitScale(0.1)
    optimizer = getattr(torch.optim, optimizer)(scale.parameters(), lr=10.0)
    for _ in range(3):
        scale.log.grad = torch.tensor(gradient)
        optimizer.step()
        assert scale().item() == pytest.approx(1 if gradient > 0 else 100, rel=1e-6)
    (back,) = torch.autograd.grad(scale(), scale.log)
    assert 0 < back.item() < 101  # it is not stuck at the bound


def test_nan_is_not_hidden():
    scale = LogitScale(0.1)
    scale.log.data.fill_(math.nan)
    assert scale().isnan()  # so that the run stops


@pytest.mark.parametrize('log', [50.0, -50.0])
def test_a_state_saved_out_of_range_acts_as_if_clamped(log):
    """A checkpoint comes after a step and before the next use."""
    scale = LogitScale(0.1)
    scale.load_state_dict({'log': torch.tensor(log)})
    expected = pytest.approx(100 if log > 0 else 1, rel=1e-6)
    assert scale.eval()().item() == expected
    with torch.inference_mode():
        assert scale().item() == expected


@pytest.mark.parametrize('log', [4.0, 50.0, -50.0])
def test_bfloat16(log):
    scale = LogitScale(0.1)
    scale.log.data.fill_(log)
    with torch.autocast('cpu', torch.bfloat16):
        value = scale()
    assert value.dtype == torch.float32
    assert 1 <= value.item() <= 100.001
    scale.bfloat16()  # the whole model cast: to 8 bits, of which one may be above
    scale.log.data.fill_(log)
    assert 1 <= scale().item() <= 100.5
    (gradient,) = torch.autograd.grad(scale(), scale.log)
    assert gradient.isfinite()


def test_two_uses_in_one_step_add_their_gradients():
    scale = LogitScale(0.1)
    (scale() + 2 * scale()).backward()
    assert scale.log.grad.item() == pytest.approx(30, rel=1e-5)


@pytest.mark.parametrize('temperature', [0, -0.07, 0.001, 1.5, float('nan')])
def test_refuses_a_temperature_that_would_be_clamped_at_once(temperature):
    with pytest.raises(ValueError, match=rf'in \[0\.01, 1\], got {temperature}'):
        LogitScale(temperature)
