"""Measures from predictions against scikit-learn, label by label."""

import numpy as np
import pytest
from sklearn import metrics as sk

from clef_mm.evaluation.functional import BinaryCounts
from clef_mm.evaluation.measures import (
    is_of_one_class,
    measure,
    measures_of,
    outcomes_by_unit,
    unseen_labels,
)
from clef_mm.evaluation.predictions import Predictions
from clef_mm.evaluation.thresholds import Thresholds, fixed_thresholds

AUS, CLASSES = ('AU1', 'AU2', 'AU4'), ('neutral', 'anger', 'fear', 'joy')


def predictions_of(scores, targets, names, subjects=None):
    count = len(scores)
    return Predictions(
        scores=np.asarray(scores, np.float32),
        targets=np.asarray(targets),
        names=tuple(names),
        subjects=np.array(['F001'] * count if subjects is None else subjects),
        sequences=np.array(['T1'] * count),
        frames=np.arange(count),
    )


def au_case(seed, num_samples=120):
    rng = np.random.default_rng(seed)
    scores = rng.random((num_samples, 3)).round(1)
    targets = rng.integers(-1, 2, (num_samples, 3)).astype(np.int8)
    return predictions_of(
        scores, targets, AUS, [f'F{i % 5}' for i in range(num_samples)]
    )


def class_case(seed, num_samples=90):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(num_samples, 4))
    targets = rng.integers(0, 4, num_samples)
    return predictions_of(scores, targets, CLASSES)


@pytest.mark.parametrize('seed', range(3))
def test_measures_of_units_equal_scikit_learn(seed):
    predictions = au_case(seed)
    limits = (0.3, 0.5, 0.7)
    thresholds = Thresholds('validation', dict(zip(AUS, limits, strict=True)))
    found = measure(predictions, thresholds)
    columns = {'au_f1': [], 'au_auc': [], 'au_ap': [], 'au_balanced_accuracy': []}
    truths, calls = [], []
    for column, limit in enumerate(limits):
        known = predictions.targets[:, column] >= 0
        truth = predictions.targets[known, column]
        scores = predictions.scores[known, column]
        called = scores >= np.float32(limit)
        columns['au_f1'].append(sk.f1_score(truth, called))
        columns['au_auc'].append(sk.roc_auc_score(truth, scores))
        columns['au_ap'].append(sk.average_precision_score(truth, scores))
        columns['au_balanced_accuracy'].append(
            sk.balanced_accuracy_score(truth, called)
        )
        truths.append(truth)
        calls.append(called)
    expected = {'au_f1_micro': sk.f1_score(np.hstack(truths), np.hstack(calls))}
    for family, values in columns.items():
        expected |= {f'{family}/{n}': v for n, v in zip(AUS, values, strict=True)}
        expected[f'{family}/mean'] = np.mean(values)
    assert found == pytest.approx(expected)
    assert all(type(value) is float for value in found.values())


@pytest.mark.parametrize('seed', range(3))
def test_measures_of_classes_equal_scikit_learn(seed):
    predictions = class_case(seed)
    truth, called = predictions.targets, predictions.scores.argmax(axis=1)
    recall = sk.recall_score(truth, called, average=None)
    assert measure(predictions, None) == pytest.approx(
        {
            'expression/accuracy': sk.accuracy_score(truth, called),
            'expression/uar': sk.recall_score(truth, called, average='macro'),
            'expression/war': sk.recall_score(truth, called, average='weighted'),
            'expression/f1_macro': sk.f1_score(truth, called, average='macro'),
            **dict(
                zip((f'expression/recall/{n}' for n in CLASSES), recall, strict=True)
            ),
        }
    )


def test_what_does_not_exist_is_nan_and_left_out_of_the_mean():
    predictions = predictions_of(
        [[0.9, 0.2, 0.1], [0.1, 0.8, 0.9]], [[1, 1, -1], [0, 1, -1]], AUS
    )
    found = measure(predictions, fixed_thresholds(AUS))
    undefined = [name for name, value in found.items() if np.isnan(value)]
    assert undefined == [
        *('au_f1/AU4', 'au_balanced_accuracy/AU2', 'au_balanced_accuracy/AU4'),
        *('au_auc/AU2', 'au_auc/AU4', 'au_ap/AU4'),
    ]
    assert found['au_auc/mean'] == found['au_balanced_accuracy/mean'] == 1
    assert found['au_ap/mean'] == 1
    # Nobody coded AU4: it is not measured, and not in the mean.
    assert found['au_f1/mean'] == pytest.approx((1 + 2 / 3) / 2)


def test_f1_of_a_unit_that_is_known_and_never_shown_is_zero_by_convention():
    predictions = predictions_of([[0.9, 0.2], [0.1, 0.1]], [[1, 0], [0, -1]], AUS[:2])
    found = measure(predictions, fixed_thresholds(AUS[:2]))
    assert found['au_f1/AU2'] == 0
    assert found['au_f1/mean'] == 0.5


def test_class_without_images_has_no_recall_and_no_f1_unless_it_was_called():
    predictions = predictions_of(np.eye(4)[[0, 1, 1, 2]], [0, 1, 0, 0], CLASSES)
    found = measure(predictions, None)
    assert np.isnan(found['expression/recall/joy'])
    assert found['expression/uar'] == pytest.approx((1 / 3 + 1) / 2)
    # fear was called once, without an image: an F1 of 0, as scikit-learn has it
    assert found['expression/f1_macro'] == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)


@pytest.mark.parametrize(('case', 'limit'), [(au_case, 0.5), (class_case, None)])
def test_outcomes_of_units_add_up_and_are_those_of_each_alone(case, limit):
    predictions = case(0)
    thresholds = None if limit is None else fixed_thresholds(AUS, limit)
    units = np.arange(len(predictions)) % 5
    outcomes = outcomes_by_unit(predictions, thresholds, units)
    whole = outcomes_by_unit(predictions, thresholds, np.zeros_like(units))
    np.testing.assert_array_equal(outcomes.sum(axis=0), whole[0])
    for unit in range(5):
        own = units == unit
        alone = Predictions(
            predictions.scores[own],
            predictions.targets[own],
            predictions.names,
            predictions.subjects[own],
            predictions.sequences[own],
            predictions.frames[own],
        )
        zeros = np.zeros(own.sum(), int)
        np.testing.assert_array_equal(
            outcomes[unit], outcomes_by_unit(alone, thresholds, zeros)[0]
        )
        found = measures_of(outcomes, predictions)
        for name, value in measures_of(outcomes[unit], predictions).items():
            np.testing.assert_array_equal(found[name][unit], value)


def test_outcomes_stand_in_the_order_of_the_counts():
    predictions = predictions_of(
        [[0.9], [0.9], [0.9], [0.1], [0.1], [0.1], [0.1], [0.1], [0.1], [0.9]],
        [[1], [1], [1], [1], [1], [0], [0], [0], [0], [0]],
        ['AU1'],
    )
    zeros = np.zeros(10, int)
    outcomes = outcomes_by_unit(predictions, fixed_thresholds(['AU1']), zeros)
    counts = BinaryCounts(*outcomes[0, 0])
    assert counts.true_positives == 3
    assert counts.false_positives == 1
    assert counts.false_negatives == 2
    assert counts.true_negatives == 4


def test_labels_that_no_image_shows_are_named():
    units = predictions_of(np.zeros((2, 3)), [[1, 0, -1], [0, 0, -1]], AUS)
    assert unseen_labels(units) == ['AU2']  # AU4 is not measured at all
    assert unseen_labels(predictions_of(np.zeros((2, 4)), [3, 0], CLASSES)) == [
        'anger',
        'fear',
    ]


def test_measures_of_one_class_are_told_from_those_of_all():
    names = [*measure(au_case(0), fixed_thresholds(AUS)), *measure(class_case(0), None)]
    overall = [name for name in names if not is_of_one_class(name)]
    assert overall == [
        *('au_f1/mean', 'au_f1_micro', 'au_balanced_accuracy/mean'),
        *('au_auc/mean', 'au_ap/mean'),
        *('expression/accuracy', 'expression/uar', 'expression/war'),
        'expression/f1_macro',
    ]
    assert not is_of_one_class('probe/accuracy')
