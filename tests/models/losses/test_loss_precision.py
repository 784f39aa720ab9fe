"""Every loss computes in float32 at least, whatever it is given."""

import pytest
import torch

from clef_mm.models.losses import (
    ActionUnitLoss,
    CrossModalSupConLoss,
    ExpressionLoss,
    NameDescriptionLoss,
)
from clef_mm.models.losses.precision import full_precision, unit_rows

SCALE = 100.0  # the largest 1 / tau: logits have steps of 0.5 in bfloat16


def features(rows=8):
    draw = torch.Generator().manual_seed(0)
    centre = torch.randn(1, 32, generator=draw)
    a, b = centre + 0.2 * torch.randn(2, rows, 32, generator=draw)
    return 60 * a, 60 * b  # logits that matter; cosines do not see the length


def supcon(a, b):
    return CrossModalSupConLoss(1 / SCALE)(a, b, torch.arange(len(a)) % 3)


def name_description(a, b):
    return NameDescriptionLoss()(a, b, SCALE)


def action_units(a, b):
    return ActionUnitLoss()(a, torch.ones(len(a), a.shape[1]))


def expression(a, b):
    return ExpressionLoss([1.0] * a.shape[1])(a, torch.arange(len(a)))


LOSSES = (supcon, name_description, action_units, expression)


@pytest.mark.parametrize('loss', LOSSES)
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_inputs_are_widened_first(loss, dtype):
    a, b = (x.to(dtype) for x in features())
    value = loss(a, b)
    assert value.dtype == torch.float32
    assert torch.equal(value, loss(a.float(), b.float()))


@pytest.mark.parametrize('loss', LOSSES)
def test_autocast_changes_neither_value_nor_gradient(loss):
    def value_and_gradient(dtype):
        a, b = features()
        a.requires_grad_()
        with torch.autocast('cpu', dtype=torch.bfloat16, enabled=dtype is not None):
            product = torch.ones(1, 4) @ torch.ones(4, 1)
            value = loss(a, b)
        assert product.dtype == (dtype or torch.float32)
        return value, *torch.autograd.grad(value, a)

    plain, cast = value_and_gradient(None), value_and_gradient(torch.bfloat16)
    assert torch.equal(cast[0], plain[0])
    assert torch.equal(cast[1], plain[1])


@pytest.mark.parametrize('loss', LOSSES)
def test_float64_stays(loss):
    a, b = (x.double() for x in features())
    value = loss(a, b)
    assert value.dtype == torch.float64
    torch.testing.assert_close(
        value, loss(a.float(), b.float()).double(), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize('loss', LOSSES)
def test_range_of_the_largest_scale_does_not_overflow(loss):
    a, _ = features()
    value = loss(a.half(), -a.half())
    assert value.isfinite()


def test_unit_rows_have_length_one_and_their_direction():
    rows = torch.tensor([[3.0, 4.0], [-1e-3, 0.0], [0.0, 6e4]])
    expected = torch.tensor([[0.6, 0.8], [-1.0, 0.0], [0.0, 1.0]])
    torch.testing.assert_close(unit_rows(rows), expected)
    # 60000 squared is beyond float16.
    torch.testing.assert_close(unit_rows(rows.half()), expected, rtol=1e-3, atol=0)


def test_full_precision_ends_with_its_block():
    rows = torch.ones(2, 2)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        with full_precision(rows):
            assert (rows @ rows).dtype == torch.float32
        assert (rows @ rows).dtype == torch.bfloat16
