"""Counts, F1, confusion and recalls against loops, scikit-learn and closed forms."""

import numpy as np
import pytest
from sklearn import metrics as sk

from clef_mm.evaluation.functional import (
    BinaryCounts,
    accuracy,
    balanced_accuracies,
    binary_counts,
    check_names,
    class_f1_scores,
    confusion_matrix,
    f1_scores,
    mean_of_defined,
    micro_f1,
    recalls,
)


def binary_case(seed, num_samples=200, num_classes=5):
    rng = np.random.default_rng(seed)
    scores = rng.random((num_samples, num_classes)).round(1)  # 0.5 occurs often
    targets = rng.integers(-1, 2, (num_samples, num_classes)).astype(np.int8)
    return scores, targets


def count_by_loop(scores, targets, threshold):
    counts = np.zeros((4, scores.shape[1]), dtype=int)  # tp fp fn tn
    for row in range(scores.shape[0]):
        for column in range(scores.shape[1]):
            label = targets[row, column]
            if label == -1:
                continue
            if scores[row, column] >= threshold:
                counts[0 if label == 1 else 1, column] += 1
            else:
                counts[2 if label == 1 else 3, column] += 1
    return counts


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('threshold', [0.0, 0.3, 0.5, 1.0])
def test_binary_counts_equal_a_loop(seed, threshold):
    scores, targets = binary_case(seed)
    counts = binary_counts(scores, targets, threshold)
    np.testing.assert_array_equal(counts, count_by_loop(scores, targets, threshold))
    np.testing.assert_array_equal(counts.known, (targets >= 0).sum(axis=0))
    np.testing.assert_array_equal(counts.positives, (targets == 1).sum(axis=0))


@pytest.mark.parametrize('seed', range(3))
def test_f1_equals_scikit_learn_on_the_known_labels(seed):
    scores, targets = binary_case(seed)
    f1 = f1_scores(binary_counts(scores, targets))
    for column, value in enumerate(f1):
        known = targets[:, column] >= 0
        expected = sk.f1_score(targets[known, column], scores[known, column] >= 0.5)
        assert value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize('seed', range(3))
def test_micro_f1_and_balanced_accuracy_equal_scikit_learn(seed):
    scores, targets = binary_case(seed)
    counts = binary_counts(scores, targets)
    known = targets >= 0
    expected = sk.f1_score(targets[known], scores[known] >= 0.5)
    assert micro_f1(counts) == pytest.approx(expected, abs=1e-12)
    for column, value in enumerate(balanced_accuracies(counts)):
        truth, score = (a[known[:, column], column] for a in (targets, scores))
        assert value == pytest.approx(sk.balanced_accuracy_score(truth, score >= 0.5))


def test_balanced_accuracy_needs_both_labels():
    counts = binary_counts(np.full((2, 3), 0.9), np.array([[1, 0, -1], [1, 1, 1]]))
    np.testing.assert_array_equal(balanced_accuracies(counts), [np.nan, 0.5, np.nan])


def test_stacked_counts_are_measured_like_each_alone():
    tables = [binary_counts(*binary_case(seed)) for seed in range(4)]
    stacked = BinaryCounts(*np.stack(tables, axis=1))
    for function in (f1_scores, micro_f1, balanced_accuracies):
        together = function(stacked)
        for number, table in enumerate(tables):
            np.testing.assert_array_equal(together[number], function(table))
    confusions = [confusion_matrix(*class_case(seed)) for seed in range(4)]
    for function in (accuracy, recalls, class_f1_scores):
        together = function(np.stack(confusions))
        for number, table in enumerate(confusions):
            np.testing.assert_array_equal(together[number], function(table))


def test_each_decision_may_have_its_own_threshold():
    scores, targets = binary_case(0)
    limits = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    counts = binary_counts(scores, targets, limits)
    for column, limit in enumerate(limits):
        alone = binary_counts(scores[:, [column]], targets[:, [column]], limit)
        for field, other in zip(counts, alone, strict=True):
            assert field[column] == other[0]


def test_mean_leaves_out_what_does_not_exist():
    values = np.array([[0.5, np.nan, 1.0], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(mean_of_defined(values), [0.75, np.nan])


@pytest.mark.parametrize(
    ('scores', 'targets', 'f1'),
    [
        ([0.9, 0.1], [1, 0], 1.0),
        ([0.1, 0.9], [1, 0], 0.0),
        ([0.1, 0.1], [0, 0], 0.0),  # nothing positive at all: the stated rule
        ([0.9, 0.9], [-1, -1], np.nan),  # nothing is known: not measured
        (
            [0.9] * 10,
            [1] * 4 + [0] * 6,
            2 * 0.4 / (1 + 0.4),
        ),  # always yes: 2p / (1 + p)
        ([0.5], [1], 1.0),  # the threshold itself is a positive
    ],
)
def test_f1_in_closed_form(scores, targets, f1):
    counts = binary_counts(np.array([scores]).T, np.array([targets]).T)
    assert f1_scores(counts) == pytest.approx([f1], nan_ok=True)


def test_threshold_is_met_by_the_same_number_in_single_precision():
    # 0.7 in single precision is a little below 0.7 in double precision.
    scores = np.full((1, 1), 0.7, dtype=np.float32)
    assert binary_counts(scores, np.ones((1, 1)), np.float64(0.7)).true_positives == [1]


def test_unknown_labels_do_not_depend_on_their_score():
    scores, targets = binary_case(0)
    other = np.where(targets == -1, 1 - scores, scores)
    np.testing.assert_array_equal(
        binary_counts(scores, targets), binary_counts(other, targets)
    )


BAD_BINARY = {
    'one axis': (np.zeros(3), np.zeros(3), r'shape \(N, C\).*\(3,\)'),
    'no samples': (np.zeros((0, 3)), np.zeros((0, 3)), r'\(0, 3\)'),
    'other shape': (np.zeros((2, 3)), np.zeros((3, 2)), r'\(3, 2\).*\(2, 3\)'),
    'nan score': (np.full((1, 1), np.nan), np.zeros((1, 1)), 'NaN'),
    'infinite score': (np.full((1, 1), np.inf), np.zeros((1, 1)), 'infinity'),
    'logit': (np.array([[-2.5, 0.5]]), np.zeros((1, 2)), r'-2\.5 to 0\.5.*sigmoid'),
    'percent': (np.array([[99.0]]), np.zeros((1, 1)), '99'),
    'unknown as 9': (np.zeros((1, 2)), np.array([[0, 9]]), 'found 9'),
    'soft label': (np.zeros((1, 1)), np.array([[0.5]]), r'found 0\.5'),
    'nan label': (np.zeros((1, 1)), np.array([[np.nan]]), 'found nan'),
}


@pytest.mark.parametrize(
    ('scores', 'targets', 'message'), BAD_BINARY.values(), ids=BAD_BINARY
)
def test_binary_counts_refuses_bad_input(scores, targets, message):
    with pytest.raises(ValueError, match=message):
        binary_counts(scores, targets)


@pytest.mark.parametrize('threshold', [-0.1, 1.1, float('nan'), np.array([0.5, 2])])
def test_binary_counts_refuses_a_threshold_outside_the_scores(threshold):
    with pytest.raises(ValueError, match='threshold'):
        binary_counts(np.zeros((1, 1)), np.zeros((1, 1)), threshold)


def class_case(seed, num_samples=150, num_classes=4):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(num_samples, num_classes)).round(1)
    return scores, rng.integers(0, num_classes, num_samples)


@pytest.mark.parametrize('seed', range(3))
def test_confusion_accuracy_and_recalls_equal_scikit_learn(seed):
    scores, targets = class_case(seed)
    predicted = scores.argmax(axis=1)
    confusion = confusion_matrix(scores, targets)
    np.testing.assert_array_equal(confusion, sk.confusion_matrix(targets, predicted))
    assert accuracy(confusion) == pytest.approx(sk.accuracy_score(targets, predicted))
    np.testing.assert_allclose(
        recalls(confusion), sk.recall_score(targets, predicted, average=None)
    )
    np.testing.assert_allclose(
        class_f1_scores(confusion), sk.f1_score(targets, predicted, average=None)
    )


def test_confusion_matrix_equals_a_loop_and_keeps_absent_classes():
    scores, targets = class_case(0, num_classes=6)
    targets[targets == 2] = 3
    expected = np.zeros((6, 6), dtype=int)
    for row, target in zip(scores, targets, strict=True):
        expected[target, list(row).index(max(row))] += 1
    confusion = confusion_matrix(scores, targets.astype(np.int8))
    np.testing.assert_array_equal(confusion, expected)
    np.testing.assert_array_equal(np.isnan(recalls(confusion)), np.arange(6) == 2)


def test_permuting_samples_changes_nothing_and_permuting_classes_permutes():
    scores, targets = class_case(1)
    scores += np.random.default_rng(2).random(scores.shape) * 1e-3  # no ties
    confusion = confusion_matrix(scores, targets)
    order = np.random.default_rng(3).permutation(len(targets))
    np.testing.assert_array_equal(
        confusion_matrix(scores[order], targets[order]), confusion
    )
    classes = np.array([2, 0, 3, 1])
    renamed = confusion_matrix(scores[:, classes], np.argsort(classes)[targets])
    np.testing.assert_array_equal(renamed, confusion[np.ix_(classes, classes)])


@pytest.mark.parametrize(
    ('scores', 'targets', 'message'),
    [
        (np.zeros((2, 3)), np.array([0, 3]), 'from 0 to 2, found 3'),
        (np.zeros((2, 3)), np.array([-1, 0]), 'found -1'),
        (np.zeros((2, 3)), np.array([0.0, 1.0]), 'float64'),
        (np.zeros((2, 3)), np.zeros((2, 3), dtype=int), r'\(2, 3\).*expected \(2,\)'),
        (np.zeros(3), np.zeros(3, dtype=int), r'shape \(N, C\)'),
        (np.array([[np.nan, 0]]), np.array([0]), 'NaN'),
    ],
)
def test_confusion_matrix_refuses_bad_input(scores, targets, message):
    with pytest.raises(ValueError, match=message):
        confusion_matrix(scores, targets)


@pytest.mark.parametrize(
    ('names', 'message'),
    [
        (['AU1'], '1 names .* for 2 columns'),
        (['AU1', 'AU1'], 'must differ'),
        (['AU1', 'mean'], 'must differ'),
    ],
)
def test_check_names_refuses_what_would_overwrite_a_result(names, message):
    with pytest.raises(ValueError, match=message):
        check_names(names, 2, reserved=('mean',))
