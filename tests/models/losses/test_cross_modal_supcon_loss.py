"""CrossModalSupConLoss against Eq. 1 and 2 written as loops, and closed forms."""

import math

import pytest
import torch

from clef_mm.models.losses import CrossModalSupConLoss

NORMALIZERS, ANCHORS = ('paper', 'supcon'), ('first', 'both')


def by_loops(a, b, labels, temperature, normalizer, anchors):
    """Return the loss of each anchor, on python floats."""

    def unit(row):
        length = math.sqrt(sum(x * x for x in row))
        return [x / length for x in row]

    rows = [unit(row) for row in a.double().tolist() + b.double().tolist()]
    of_row = labels.tolist() * 2
    losses = []
    for i in range(len(rows) if anchors == 'both' else len(a)):
        similar = [
            math.exp(
                sum(x * y for x, y in zip(rows[i], row, strict=True)) / temperature
            )
            for row in rows
        ]
        others = [k for k in range(len(rows)) if k != i]
        positives = [j for j in others if of_row[j] == of_row[i]]
        images = sum(label == of_row[i] for label in labels.tolist())
        total = sum(similar[k] for k in others)
        log_likelihood = sum(math.log(similar[j] / total) for j in positives)
        m = 2 * images if normalizer == 'paper' else len(positives)
        losses.append(-log_likelihood / m)
    return losses


def batch(n, dim=6, classes=3, seed=0):
    draw = torch.Generator().manual_seed(seed)
    a, b = torch.randn(2, n, dim, generator=draw)
    return a, b, torch.randint(classes, (n,), generator=draw)


@pytest.mark.parametrize('anchors', ANCHORS)
@pytest.mark.parametrize('normalizer', NORMALIZERS)
@pytest.mark.parametrize('temperature', [0.07, 0.25, 1.0])
@pytest.mark.parametrize('n', [1, 2, 9])
def test_equals_loops_over_the_equation(n, temperature, normalizer, anchors):
    a, b, labels = batch(n)
    slow = by_loops(a, b, labels, temperature, normalizer, anchors)
    for reduction, expected in (('sum', sum(slow)), ('mean', sum(slow) / len(slow))):
        loss = CrossModalSupConLoss(temperature, normalizer, reduction, anchors)
        assert loss(a, b, labels).item() == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_defaults_are_those_of_the_method():
    a, b, labels = batch(7)
    slow = by_loops(a, b, labels, 0.25, 'paper', 'first')
    expected = pytest.approx(sum(slow) / 7, rel=1e-5)
    assert CrossModalSupConLoss()(a, b, labels).item() == expected


@pytest.mark.parametrize('normalizer', NORMALIZERS)
@pytest.mark.parametrize('n', [1, 2, 5])
def test_identical_features_of_one_activity(n, normalizer):
    rows = torch.ones(n, 4)
    loss = CrossModalSupConLoss(normalizer=normalizer)(
        rows, 3 * rows, torch.full((n,), 2)
    )
    # Each of the 2n - 1 positives has probability 1 / (2n - 1).
    expected = math.log(2 * n - 1)
    if normalizer == 'paper':
        expected *= (2 * n - 1) / (2 * n)
    assert loss.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize('anchors', ANCHORS)
def test_orthogonal_features_tell_nothing(anchors):
    rows = torch.eye(8)
    labels = torch.tensor([0, 0, 1, 2])
    loss = CrossModalSupConLoss(normalizer='supcon', anchors=anchors)
    assert loss(rows[:4], rows[4:], labels).item() == pytest.approx(math.log(7))


@pytest.mark.parametrize(('normalizer', 'm'), [('paper', 2), ('supcon', 1)])
def test_unique_labels_are_the_simclr_pairing(normalizer, m):
    n, temperature = 5, 0.5
    rows = torch.eye(n)
    loss = CrossModalSupConLoss(temperature, normalizer)(rows, rows, torch.arange(n))
    positive = 1 / temperature
    expected = (math.log(math.exp(positive) + 2 * n - 2) - positive) / m
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_simclr_pairing_is_cross_entropy_with_the_own_other_view():
    a, b, _ = batch(6)
    unit = torch.nn.functional.normalize(torch.cat([a, b]), dim=1)
    logits = (unit @ unit.T / 0.25).fill_diagonal_(float('-inf'))
    views = torch.arange(6)
    expected = torch.nn.functional.cross_entropy(logits, torch.cat([views + 6, views]))
    loss = CrossModalSupConLoss(normalizer='supcon', anchors='both')(a, b, views)
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize('anchors', ANCHORS)
@pytest.mark.parametrize('normalizer', NORMALIZERS)
def test_order_names_of_labels_and_lengths_of_rows_do_not_matter(normalizer, anchors):
    loss = CrossModalSupConLoss(normalizer=normalizer, anchors=anchors)
    a, b, labels = batch(9)
    expected = loss(a, b, labels)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(loss(a[order], b[order], labels[order]), expected)
    torch.testing.assert_close(loss(a, b, 70 - 10 * labels), expected)
    lengths = torch.linspace(0.1, 10, 9)[:, None]
    torch.testing.assert_close(loss(a * lengths, b / lengths, labels), expected)


@pytest.mark.parametrize('anchors', ANCHORS)
@pytest.mark.parametrize('count', [1, 2, 4])
def test_paper_normalizer_is_supcon_times_2n_minus_1_over_2n(count, anchors):
    a, b, _ = batch(3 * count)
    labels = torch.arange(3).repeat(count)  # each label `count` times
    paper = CrossModalSupConLoss(normalizer='paper', anchors=anchors)(a, b, labels)
    supcon = CrossModalSupConLoss(normalizer='supcon', anchors=anchors)(a, b, labels)
    torch.testing.assert_close(paper, supcon * (2 * count - 1) / (2 * count))


@pytest.mark.parametrize(('anchors', 'count'), [('first', 8), ('both', 16)])
def test_sum_is_mean_times_the_number_of_anchors(anchors, count):
    a, b, labels = batch(8)
    mean = CrossModalSupConLoss(anchors=anchors)(a, b, labels)
    total = CrossModalSupConLoss(anchors=anchors, reduction='sum')(a, b, labels)
    torch.testing.assert_close(total, count * mean)


def test_both_anchors_average_the_two_sets():
    a, b, labels = batch(7)
    first = CrossModalSupConLoss()
    both = CrossModalSupConLoss(anchors='both')(a, b, labels)
    expected = (first(a, b, labels) + first(b, a, labels)) / 2
    torch.testing.assert_close(both, expected)
    assert first(a, b, labels) != first(b, a, labels)  # the first set is special


@pytest.mark.parametrize('anchors', ANCHORS)
def test_gradients_are_those_of_finite_differences(anchors):
    a, b, labels = batch(4, dim=3)
    a, b = a.double().requires_grad_(), b.double().requires_grad_()
    loss = CrossModalSupConLoss(anchors=anchors)
    assert torch.autograd.gradcheck(lambda a, b: loss(a, b, labels), (a, b))


def test_gradient_stays_finite_for_one_image_and_identical_views():
    a = torch.ones(1, 4, requires_grad=True)
    CrossModalSupConLoss(temperature=0.01)(a, a, torch.zeros(1)).backward()
    assert torch.equal(a.grad, torch.zeros(1, 4))


@pytest.mark.parametrize('n', [2, 3])
def test_inputs_are_left_as_they_were(n):
    a, b, labels = batch(n)
    before = a.clone(), b.clone(), labels.clone()
    CrossModalSupConLoss()(a, b, labels)
    for now, then in zip((a, b, labels), before, strict=True):
        assert torch.equal(now, then)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'temperature': 0}, 'temperature must be > 0, got 0'),
        ({'temperature': -0.25}, 'got -0.25'),
        ({'temperature': float('nan')}, 'got nan'),
        ({'normalizer': 'simclr'}, r"normalizer must be .*'supcon'.*got 'simclr'"),
        ({'reduction': 'none'}, "reduction must be .*got 'none'"),
        ({'anchors': 'second'}, "anchors must be .*got 'second'"),
    ],
)
def test_refuses_arguments_it_does_not_know(arguments, message):
    with pytest.raises(ValueError, match=message):
        CrossModalSupConLoss(**arguments)


@pytest.mark.parametrize(
    ('shapes', 'message'),
    [
        (((4, 3), (5, 3), (4,)), r'\(4, 3\) and \(5, 3\)'),
        (((4, 3), (4, 2), (4,)), r'\(4, 3\) and \(4, 2\)'),
        (((4,), (4,), (4,)), r'must both be \(n, d\)'),
        (((0, 3), (0, 3), (0,)), r'n > 0, got \(0, 3\)'),
        (((4, 3), (4, 3), (3,)), r'labels must be \(4,\), got \(3,\)'),
        (((4, 3), (4, 3), (4, 1)), r'labels must be \(4,\), got \(4, 1\)'),
    ],
)
def test_refuses_shapes_that_do_not_fit(shapes, message):
    with pytest.raises(ValueError, match=message):
        CrossModalSupConLoss()(*(torch.ones(shape) for shape in shapes))
