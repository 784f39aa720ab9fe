"""ActionUnitLoss against Eq. 5 written as loops, and closed forms."""

import math

import pytest
import torch

from clef_mm.models.losses import ActionUnitLoss

WEIGHT = [0.2, 1.0, 3.5, 0.0]


def by_loops(logits, targets, weight):
    total = 0.0
    for row, labels in zip(logits.double().tolist(), targets.tolist(), strict=True):
        for logit, label, w in zip(row, labels, weight, strict=True):
            score = 1 / (1 + math.exp(-logit))
            if label == 1:
                total -= w * math.log(score)
            elif label == 0:
                total -= math.log(1 - score)
    return total / len(logits)


def batch(rows, units=4):
    draw = torch.Generator().manual_seed(rows)
    logits = 3 * torch.randn(rows, units, generator=draw)
    return logits, torch.randint(-1, 2, (rows, units), generator=draw, dtype=torch.int8)


@pytest.mark.parametrize('weight', [None, WEIGHT])
@pytest.mark.parametrize('rows', [1, 2, 30])
def test_equals_loops_over_the_equation(rows, weight):
    logits, targets = batch(rows)
    expected = by_loops(logits, targets, weight or [1.0] * 4)
    loss = ActionUnitLoss(weight)(logits, targets)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_sums_over_units_and_divides_by_images():
    # At logit 0 each known label costs log 2.
    for rows, units in ((1, 1), (5, 12), (64, 8)):
        loss = ActionUnitLoss()(torch.zeros(rows, units), torch.ones(rows, units))
        assert loss.item() == pytest.approx(units * math.log(2), rel=1e-5)


def test_weights_multiply_the_positive_term_only():
    logits = torch.tensor([[0.7, -1.2]])
    weigh, plain = ActionUnitLoss([4.0, 9.0]), ActionUnitLoss()
    absent = torch.tensor([[0, 0]])
    assert weigh(logits, absent) == plain(logits, absent)
    first = torch.tensor([[1, -1]])
    torch.testing.assert_close(weigh(logits, first), 4 * plain(logits, first))


def test_an_unknown_label_drops_its_term_and_its_gradient():
    logits, _ = batch(6)
    logits.requires_grad_()
    known = torch.tensor([[1, 0, 1, 0]]).repeat(6, 1)
    masked = known.clone()
    masked[2, 1] = masked[4, 2] = -1
    loss = ActionUnitLoss([0.2, 1.0, 3.5, 0.7])
    score = logits.sigmoid()
    dropped = -(1 - score[2, 1]).log() - 3.5 * score[4, 2].log()
    torch.testing.assert_close(
        loss(logits, known) - loss(logits, masked), dropped / 6, rtol=1e-4, atol=1e-6
    )
    (gradient,) = torch.autograd.grad(loss(logits, masked), logits)
    assert torch.equal(gradient == 0, masked == -1)


def test_a_batch_without_known_labels_costs_nothing():
    logits = torch.randn(3, 4, requires_grad=True)
    loss = ActionUnitLoss(WEIGHT)(logits, torch.full((3, 4), -1))
    loss.backward()
    assert loss == 0
    assert torch.equal(logits.grad, torch.zeros(3, 4))


def test_order_of_images_and_units_does_not_matter():
    logits, targets = batch(8)
    expected = ActionUnitLoss(WEIGHT)(logits, targets)
    rows, units = torch.randperm(8), torch.tensor([2, 0, 3, 1])
    shuffled = ActionUnitLoss(torch.tensor(WEIGHT)[units])(
        logits[rows][:, units], targets[rows][:, units]
    )
    torch.testing.assert_close(shuffled, expected)


@pytest.mark.parametrize(
    'dtype', [torch.int8, torch.int64, torch.float32, torch.float64]
)
def test_targets_of_any_number_format_mean_the_same(dtype):
    logits, targets = batch(5)
    loss = ActionUnitLoss(WEIGHT)
    torch.testing.assert_close(loss(logits, targets.to(dtype)), loss(logits, targets))


def test_gradients_are_those_of_finite_differences():
    logits, targets = batch(4)
    logits = logits.double().requires_grad_()
    loss = ActionUnitLoss(WEIGHT)
    assert torch.autograd.gradcheck(lambda logits: loss(logits, targets), (logits,))


def test_extreme_logits_cost_no_more_than_themselves():
    loss = ActionUnitLoss()(torch.tensor([[-1000.0]]), torch.tensor([[1]]))
    assert loss.item() == pytest.approx(1000)


def test_set_weight_replaces_the_weights_but_not_the_checkpoint():
    logits, targets = batch(5)
    loss = ActionUnitLoss()
    for weight in (WEIGHT, [2.0] * 4, None):
        loss.set_weight(weight)
        assert loss(logits, targets) == ActionUnitLoss(weight)(logits, targets)
        assert not loss.state_dict()


@pytest.mark.parametrize(
    ('weight', 'message'),
    [
        ([1.0, -2.0], 'finite numbers >= 0.*-2'),
        ([1.0, float('inf')], 'inf'),
        ([1.0, float('nan')], 'nan'),
        ([[1.0, 2.0]], r'\[\[1., 2.\]\]'),
        (3.0, 'a list of finite numbers'),
    ],
)
def test_refuses_weights_that_are_none(weight, message):
    with pytest.raises(ValueError, match=message):
        ActionUnitLoss(weight)


@pytest.mark.parametrize(
    ('logits', 'targets', 'message'),
    [
        (torch.zeros(2, 4), torch.zeros(2, 3), r'\(2, 4\) and \(2, 3\)'),
        (torch.zeros(4), torch.zeros(4), r'must both be \(B, C\)'),
        (torch.zeros(0, 4), torch.zeros(0, 4), r'B > 0, got \(0, 4\)'),
        (torch.zeros(1, 4), torch.tensor([[0, 9, 1, 2]]), r'got \[2, 9\]'),
        (torch.zeros(1, 4), torch.full((1, 4), 0.5), r'got \[0.5\]'),
        (torch.zeros(1, 4), torch.full((1, 4), float('nan')), r'got \[nan'),
        (torch.zeros(1, 5), torch.zeros(1, 5), '4 positive weights for 5 units'),
    ],
)
def test_refuses_shapes_and_values_that_do_not_fit(logits, targets, message):
    with pytest.raises(ValueError, match=message):
        ActionUnitLoss(WEIGHT)(logits, targets)
