"""ExpressionLoss against Eq. 4 written as loops, and closed forms."""

import math

import pytest
import torch

from clef_mm.models.losses import ExpressionLoss

WEIGHT = [0.5, 2.0, 0.0, 1.25]


def by_loops(logits, targets, weight):
    total = 0.0
    for row, label in zip(logits.double().tolist(), targets.tolist(), strict=True):
        exps = [math.exp(logit) for logit in row]
        total -= weight[label] * math.log(exps[label] / sum(exps))
    return total / len(logits)


def batch(rows, classes=4):
    draw = torch.Generator().manual_seed(rows)
    logits = 3 * torch.randn(rows, classes, generator=draw)
    return logits, torch.randint(classes, (rows,), generator=draw)


@pytest.mark.parametrize('weight', [None, WEIGHT])
@pytest.mark.parametrize('rows', [1, 2, 30])
def test_equals_loops_over_the_equation(rows, weight):
    logits, targets = batch(rows)
    expected = by_loops(logits, targets, weight or [1.0] * 4)
    loss = ExpressionLoss(weight)(logits, targets)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_divides_by_the_images_not_by_the_weights():
    # At equal logits each image costs its weight times log C.
    logits, targets = torch.zeros(3, 4), torch.tensor([0, 1, 1])
    loss = ExpressionLoss(WEIGHT)(logits, targets)
    assert loss.item() == pytest.approx((0.5 + 2 + 2) / 3 * math.log(4))
    # Twice the weights are twice the loss; a mean over weights would not change.
    twice = ExpressionLoss([2 * w for w in WEIGHT])(logits, targets)
    torch.testing.assert_close(twice, 2 * loss)


def test_a_class_of_weight_zero_is_not_learnt_from():
    logits = torch.randn(2, 4, requires_grad=True)
    ExpressionLoss(WEIGHT)(logits, torch.tensor([2, 1])).backward()
    assert torch.equal(logits.grad[0], torch.zeros(4))
    assert logits.grad[1].abs().min() > 0


def test_order_of_images_and_classes_does_not_matter():
    logits, targets = batch(8)
    expected = ExpressionLoss(WEIGHT)(logits, targets)
    rows, classes = torch.randperm(8), torch.tensor([2, 0, 3, 1])
    place = classes.argsort()  # where each class went
    shuffled = ExpressionLoss(torch.tensor(WEIGHT)[classes])(
        logits[rows][:, classes], place[targets[rows]]
    )
    torch.testing.assert_close(shuffled, expected)


@pytest.mark.parametrize('weight', [None, WEIGHT])
def test_gradients_are_those_of_finite_differences(weight):
    logits, targets = batch(4)
    logits = logits.double().requires_grad_()
    loss = ExpressionLoss(weight)
    assert torch.autograd.gradcheck(lambda logits: loss(logits, targets), (logits,))


@pytest.mark.parametrize('dtype', [torch.uint8, torch.int32, torch.float32])
def test_targets_of_any_number_format_mean_the_same(dtype):
    logits, targets = batch(5)
    loss = ExpressionLoss(WEIGHT)
    assert loss(logits, targets.to(dtype)) == loss(logits, targets)


def test_set_weight_replaces_the_weights_but_not_the_checkpoint():
    logits, targets = batch(5)
    loss = ExpressionLoss()
    for weight in (WEIGHT, None):
        loss.set_weight(weight)
        assert loss(logits, targets) == ExpressionLoss(weight)(logits, targets)
        assert not loss.state_dict()


@pytest.mark.parametrize(
    ('logits', 'targets', 'message'),
    [
        (torch.zeros(2, 4), torch.zeros(3), r'\(2, 4\) and \(3,\)'),
        (torch.zeros(2, 4), torch.zeros(2, 4), r'\(2, 4\) and \(2, 4\)'),
        (torch.zeros(4), torch.zeros(4), r'logits must be \(B, C\)'),
        (torch.zeros(0, 4), torch.zeros(0), r'B > 0, got \(0, 4\)'),
        (torch.zeros(3, 4), torch.tensor([0, 4, -1]), r'\[0, 4\), got \[-1, 4\]'),
        (torch.zeros(1, 4), torch.tensor([1.5]), r'got \[1.5\]'),
        (torch.zeros(1, 4), torch.tensor([float('nan')]), r'got \[nan\]'),
        (torch.zeros(1, 5), torch.zeros(1), '4 class weights for 5 classes'),
    ],
)
def test_refuses_shapes_and_values_that_do_not_fit(logits, targets, message):
    with pytest.raises(ValueError, match=message):
        ExpressionLoss(WEIGHT)(logits, targets)


def test_refuses_negative_weights():
    with pytest.raises(ValueError, match=r'finite numbers >= 0.*-1'):
        ExpressionLoss([1.0, -1.0])
