"""Intervals against a loop that draws subjects one by one, and closed forms."""

import time

import numpy as np
import pytest
from made_results import predictions_of_fold, predictions_of_photographs

from clef_mm.evaluation.bootstrap import (
    bootstrap_intervals,
    count_units,
    draw_units,
    fold_intervals,
)
from clef_mm.evaluation.measures import measure
from clef_mm.evaluation.predictions import Predictions, join_predictions
from clef_mm.evaluation.thresholds import fixed_thresholds


def counts_of(predictions, **protocol):
    limits = fixed_thresholds(predictions.names)
    threshold = limits.record() if predictions.of_action_units else None
    return count_units(predictions, {'threshold': threshold, **protocol})


def slow_interval(predictions, drawn, name):
    """Put the frames of the drawn subjects together, one draw after the other."""
    values = []
    subjects = np.unique(predictions.subjects)
    for counts in drawn:
        rows = np.concatenate(
            [
                np.tile(np.flatnonzero(predictions.subjects == subject), times)
                for subject, times in zip(subjects, counts, strict=True)
            ]
        )
        sample = Predictions(
            predictions.scores[rows],
            predictions.targets[rows],
            predictions.names,
            predictions.subjects[rows],
            predictions.sequences[rows],
            predictions.frames[rows],
        )
        values.append(measure(sample, fixed_thresholds(sample.names))[name])
    return np.quantile(values, [0.025, 0.975])


@pytest.mark.parametrize(
    'name',
    [
        'au_f1/AU2',
        'au_f1/mean',
        'au_f1_micro',
        'au_balanced_accuracy/mean',
        'au_auc/AU2',
        'au_auc/mean',
        'au_ap/AU2',
        'au_ap/mean',
    ],
)
def test_intervals_equal_those_of_a_loop_over_draws(name):
    predictions = predictions_of_fold(subjects=5)
    found = bootstrap_intervals(counts_of(predictions), 50, seed=3)
    drawn = draw_units(5, 50, seed=3)
    np.testing.assert_allclose(found[name], slow_interval(predictions, drawn, name))


def test_draws_are_with_replacement_and_repeat():
    drawn = draw_units(6, 4000, seed=1)
    assert (drawn.sum(axis=1) == 6).all()
    np.testing.assert_array_equal(drawn, draw_units(6, 4000, seed=1))
    assert (drawn != draw_units(6, 4000, seed=2)).any()
    # A unit is left out of a draw with probability (1 - 1/6) ** 6.
    assert (drawn == 0).mean() == pytest.approx((5 / 6) ** 6, abs=0.01)


def test_people_who_are_all_alike_leave_no_doubt():
    one = predictions_of_fold(subjects=1)
    copies = [
        Predictions(
            one.scores,
            one.targets,
            one.names,
            np.full(len(one), f'F{number}'),
            one.sequences,
            one.frames,
        )
        for number in range(4)
    ]
    for low, high in bootstrap_intervals(counts_of(join_predictions(copies))).values():
        assert low == pytest.approx(high)


def test_frames_of_one_person_do_not_count_as_many():
    predictions = predictions_of_fold(subjects=8, frames=200)
    by_subject, by_image = (
        bootstrap_intervals(counts_of(predictions, resampled=unit), 200)['au_f1/mean']
        for unit in ('subject', 'image')
    )
    assert np.ptp(by_subject) > 2 * np.ptp(by_image)


def test_share_of_independent_images_has_the_width_of_the_binomial():
    predictions = predictions_of_photographs(images=900)
    counts = counts_of(predictions, resampled='image')
    accuracy = np.trace(counts.outcomes.sum(axis=0)) / 900
    low, high = bootstrap_intervals(counts)['expression/accuracy']
    half = 1.96 * np.sqrt(accuracy * (1 - accuracy) / 900)
    assert low == pytest.approx(accuracy - half, abs=0.006)
    assert high == pytest.approx(accuracy + half, abs=0.006)


def test_a_single_person_has_no_interval():
    predictions = predictions_of_fold(subjects=1)
    assert bootstrap_intervals(counts_of(predictions)) == {}


def test_what_no_draw_defines_has_no_interval():
    predictions = predictions_of_fold()
    predictions.targets[:, 1] = 0
    found = bootstrap_intervals(counts_of(predictions))
    for name in ('au_balanced_accuracy', 'au_auc', 'au_ap'):
        assert f'{name}/AU2' not in found
        assert f'{name}/AU1' in found
    assert found['au_f1/AU2'] == [0, 0]
    assert np.isfinite(list(found.values())).all()


def test_mean_of_folds_is_narrower_and_that_of_equal_seeds_the_same():
    folds = [counts_of(predictions_of_fold(fold)) for fold in (1, 2, 3)]
    once = fold_intervals([[one] for one in folds])
    twice = fold_intervals([[one, one] for one in folds])
    for name, ends in once.items():
        assert twice[name] == pytest.approx(ends)
    widths = [np.ptp(bootstrap_intervals(one)['au_f1/mean']) for one in folds]
    assert np.ptp(once['au_f1/mean']) < max(widths)


def test_single_images_are_not_ranked():
    found = bootstrap_intervals(counts_of(predictions_of_fold(), resampled='image'))
    assert 'au_f1/mean' in found
    assert not [name for name in found if name.startswith(('au_auc', 'au_ap'))]


def test_intervals_of_the_largest_fold_take_seconds():
    """Of BP4D, with 1,000 draws of its 14 people."""
    predictions = predictions_of_fold(
        subjects=14, frames=3582, names=[f'AU{number}' for number in range(12)]
    )
    start = time.process_time()
    found = bootstrap_intervals(counts_of(predictions))
    assert time.process_time() - start < 10
    assert len(found) == 4 * 13 + 1
