"""NameDescriptionLoss against Eq. 3 written as loops, and closed forms."""

import math

import pytest
import torch

from clef_mm.models.losses import NameDescriptionLoss


def by_loops(descriptions, names, scale):
    def cosine(x, y):
        return sum(p * q for p, q in zip(x, y, strict=True)) / math.sqrt(
            sum(p * p for p in x) * sum(q * q for q in y)
        )

    descriptions, names = descriptions.double().tolist(), names.double().tolist()
    total = 0.0
    for i, description in enumerate(descriptions):
        exps = [math.exp(scale * cosine(description, name)) for name in names]
        total -= math.log(exps[i] / sum(exps))
    return total / len(descriptions)


def texts(count, dim=5):
    return torch.randn(2, count, dim, generator=torch.Generator().manual_seed(count))


@pytest.mark.parametrize('scale', [1.0, 14.3, 100.0])
@pytest.mark.parametrize('count', [1, 2, 12])
def test_equals_loops_over_the_equation(count, scale):
    descriptions, names = texts(count)
    forth, back = (
        by_loops(descriptions, names, scale),
        by_loops(names, descriptions, scale),
    )
    loss = NameDescriptionLoss()(descriptions, names, scale)
    assert loss.item() == pytest.approx(forth, rel=1e-4, abs=1e-6)
    both = NameDescriptionLoss(symmetric=True)(descriptions, names, scale)
    assert both.item() == pytest.approx((forth + back) / 2, rel=1e-4, abs=1e-6)


def test_closed_forms():
    loss, scale, count = NameDescriptionLoss(), 5.0, 4
    same = torch.ones(count, 3)
    assert loss(same, same, scale).item() == pytest.approx(math.log(count))
    apart = torch.eye(count)
    expected = math.log(math.exp(scale) + count - 1) - scale
    assert loss(apart, 2 * apart, scale).item() == pytest.approx(expected, rel=1e-5)
    crossed = apart.roll(1, dims=0)  # each description is the name of another class
    expected = math.log(math.exp(scale) + count - 1)
    assert loss(crossed, apart, scale).item() == pytest.approx(expected, rel=1e-5)


def test_the_direction_is_from_descriptions_to_names():
    descriptions, names = texts(6)
    forth, back = (
        NameDescriptionLoss()(descriptions, names, 10.0),
        NameDescriptionLoss()(names, descriptions, 10.0),
    )
    assert abs(forth - back) > 1e-3
    symmetric = NameDescriptionLoss(symmetric=True)
    torch.testing.assert_close(
        symmetric(descriptions, names, 10.0), symmetric(names, descriptions, 10.0)
    )


def test_order_of_classes_and_lengths_do_not_matter():
    descriptions, names = texts(7)
    expected = NameDescriptionLoss()(descriptions, names, 20.0)
    order = torch.tensor([3, 1, 6, 0, 2, 5, 4])
    shuffled = NameDescriptionLoss()(3 * descriptions[order], names[order] / 7, 20.0)
    torch.testing.assert_close(shuffled, expected)


@pytest.mark.parametrize('symmetric', [False, True])
def test_gradients_are_those_of_finite_differences(symmetric):
    descriptions, names = texts(3, dim=4).double()
    scale = torch.tensor(7.0, dtype=torch.float64)
    arguments = [x.clone().requires_grad_() for x in (descriptions, names, scale)]
    assert torch.autograd.gradcheck(NameDescriptionLoss(symmetric), arguments)


@pytest.mark.parametrize(
    ('shapes', 'message'),
    [
        (((4, 3), (5, 3)), r'descriptions and names .*\(4, 3\) and \(5, 3\)'),
        (((0, 3), (0, 3)), r'n > 0, got \(0, 3\)'),
        (((3,), (3,)), r'must both be \(n, d\)'),
    ],
)
def test_refuses_shapes_that_do_not_fit(shapes, message):
    with pytest.raises(ValueError, match=message):
        NameDescriptionLoss()(*(torch.ones(shape) for shape in shapes), 1.0)
