"""Thresholds: tuned ones against a search over every place, and what they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clef_mm.evaluation.functional import binary_counts, f1_scores
from clef_mm.evaluation.thresholds import (
    Thresholds,
    fixed_thresholds,
    thresholds_of,
    tune_thresholds,
)

NAMES = ('AU1', 'AU2', 'AU4')


def case(seed, num_samples=50, dtype=np.float32):
    rng = np.random.default_rng(seed)
    scores = rng.random((num_samples, 3)).round(2).astype(dtype)  # many are equal
    return scores, rng.integers(-1, 2, (num_samples, 3)).astype(np.int8)


def f1_at(scores, targets, threshold):
    return f1_scores(binary_counts(scores, targets, threshold))


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
@pytest.mark.parametrize('seed', range(5))
def test_no_threshold_is_better_than_the_tuned_one(seed, dtype):
    scores, targets = case(seed, dtype=dtype)
    tuned = tune_thresholds(scores, targets, NAMES, 'validation').of(NAMES)
    everywhere = [f1_at(scores, targets, t) for t in np.linspace(0, 1, 1001)]
    np.testing.assert_allclose(
        f1_at(scores, targets, tuned), np.max(everywhere, axis=0), rtol=0, atol=1e-12
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1, width=32), st.sampled_from([-1, 0, 1])),
        min_size=1,
        max_size=8,
    )
)
def test_neighbouring_floats_are_told_apart(rows):
    scores = np.array([[score] for score, _ in rows], np.float32)
    targets = np.array([[label] for _, label in rows], np.int8)
    tuned = tune_thresholds(scores, targets, ['AU1'], 'oracle').of(['AU1'])
    best = max(f1_at(scores, targets, float(cut))[0] for cut in scores[:, 0])
    assert f1_at(scores, targets, tuned)[0] == pytest.approx(best, nan_ok=True)


def test_threshold_lies_half_way_between_the_scores_it_parts():
    scores = np.array([[0.1], [0.2], [0.8], [0.9]])
    tuned = tune_thresholds(scores, np.array([[0], [0], [1], [1]]), ['AU1'], 'oracle')
    assert tuned.values == {'AU1': pytest.approx(0.5)}


def test_of_equally_good_places_the_one_nearest_to_a_half_is_taken():
    # 1 of 1 found, or 2 of 2 with two false alarms and ...: F1 is 2/3 at both cuts.
    scores = np.array([[0.95], [0.6], [0.5], [0.4]])
    targets = np.array([[1], [0], [0], [1]])
    cuts = {0.775: 2 / 3, 0.2: 2 / 3}
    for cut, f1 in cuts.items():
        assert f1_at(scores, targets, cut) == pytest.approx([f1])
    tuned = tune_thresholds(scores, targets, ['AU1'], 'oracle')
    assert tuned.values['AU1'] == pytest.approx(0.775)


def test_unknown_labels_have_no_say():
    scores, targets = case(0)
    other = np.where(targets == -1, 1 - scores, scores)
    tuned = tune_thresholds(scores, targets, NAMES, 'oracle')
    assert tune_thresholds(other, targets, NAMES, 'oracle') == tuned


@pytest.mark.parametrize('label', [0, -1])
def test_unit_without_a_known_positive_keeps_a_half(label):
    scores, targets = case(0)
    targets[:, 1] = label
    tuned = tune_thresholds(scores, targets, NAMES, 'validation')
    assert tuned.values['AU2'] == 0.5


def test_record_and_words_survive_a_report():
    for thresholds, words in (
        (fixed_thresholds(NAMES, 0.25), 'the fixed threshold 0.25'),
        (Thresholds('validation', {'AU1': 0.3}), 'tuned on validation subjects'),
        (Thresholds('oracle', {'AU1': 0.3}), 'ORACLE'),
    ):
        again = thresholds_of({'threshold': thresholds.record()})
        assert again == thresholds
        assert words in again.describe()
    assert thresholds_of({'threshold': None}) is None


def test_thresholds_follow_the_order_asked_for():
    thresholds = Thresholds('validation', {'AU2': 0.2, 'AU1': 0.1})
    assert list(thresholds.of(['AU1', 'AU2'])) == [0.1, 0.2]
    with pytest.raises(ValueError, match='no threshold for AU9, only for AU2, AU1'):
        thresholds.of(['AU1', 'AU9'])


@pytest.mark.parametrize(
    ('rule', 'value', 'message'),
    [('best', 0.5, 'rule must be one of'), ('fixed', 1.5, r'lie in \[0, 1\]')],
)
def test_nonsense_is_refused(rule, value, message):
    with pytest.raises(ValueError, match=message):
        Thresholds(rule, {'AU1': value})
