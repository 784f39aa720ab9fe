"""Rare action units more often, unknown ones never taken for positive."""

from collections import Counter

import numpy as np
import pytest

from clef_mm.datasets.samplers import ActionUnitBalancedSampler, SamplerError
from clef_mm.registry import SAMPLERS

NAMES = ('AU1', 'AU6', 'AU12', 'AU23')
RATES = (0.02, 0.4, 0.5, 0.1)


def coded(size=3000, unknown=0.1, seed=0):
    """Return labels at RATES; AU6 and AU12 go together; some frames are not coded."""
    rng = np.random.default_rng(seed)
    labels = (rng.random((size, 4)) < RATES).astype(np.int8)
    together = rng.random(size) < 0.7
    labels[together, 1] = labels[together, 2]
    labels[rng.random((size, 4)) < unknown] = -1
    labels[rng.random(size) < unknown] = -1
    return labels


@pytest.fixture
def make(labelled):
    """Return a maker of datasets of AU codes."""
    return lambda labels: labelled({'au_names': NAMES}, gt_aus=labels)


def slow_rates(labels, share):
    """Average, over who chose a frame, how AU k is coded on the frames j is on."""
    present, known = np.zeros(4), np.zeros(4)
    rows = [row for row in labels.tolist() if any(code != -1 for code in row)]
    chosen = [([row for row in rows if row[j] == 1], (1 - share) / 4) for j in range(4)]
    if share:
        chosen.append(([row for row in rows if 1 not in row], share))
    for k in range(4):
        for frames, weight in chosen:
            present[k] += weight * sum(row[k] == 1 for row in frames) / len(frames)
            known[k] += weight * sum(row[k] != -1 for row in frames) / len(frames)
    return present / known


@pytest.mark.parametrize('share', [0, 0.25, 0.6, None])
def test_the_rates_are_as_stated(make, share):
    labels = coded()
    dataset = make(labels)
    sampler = ActionUnitBalancedSampler(dataset, share, length=40_000, seed=0)
    drawn = labels[list(sampler)]
    rates = (drawn == 1).sum(axis=0) / (drawn != -1).sum(axis=0)
    expected = sampler.expected_rates()
    np.testing.assert_allclose(expected, slow_rates(labels, sampler.negative_share))
    np.testing.assert_allclose(rates, expected, atol=0.01)
    assert (expected >= (1 - sampler.negative_share) / 4).all()
    without = (drawn != 1).all(axis=1).mean()
    assert without == pytest.approx(sampler.negative_share, abs=1e-3)


def test_rare_units_come_more_often_than_in_the_dataset(make):
    labels = coded()
    rates = ActionUnitBalancedSampler(make(labels), seed=0).expected_rates()
    given = (labels == 1).sum(axis=0) / (labels != -1).sum(axis=0)
    assert rates[0] > 5 * given[0]
    assert rates[3] > 1.8 * given[3]
    assert rates.max() / rates.min() < given.max() / given.min() / 4


def test_the_share_without_any_is_that_of_the_dataset_unless_given(make):
    labels = coded()
    usable = labels[(labels != -1).any(axis=1)]
    expected = (usable != 1).all(axis=1).mean()
    sampler = ActionUnitBalancedSampler(make(labels))
    assert sampler.negative_share == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize('share', [0, 0.5, None])
def test_frames_of_unknown_codes_only_are_not_drawn(make, share):
    labels = coded(unknown=0.4)
    drawn = labels[list(ActionUnitBalancedSampler(make(labels), share, seed=1))]
    assert (labels == -1).all(axis=1).sum() > 1000
    assert not (drawn == -1).all(axis=1).any()


def test_unknown_is_not_positive(make):
    """Only the first frame has AU1; the second, AU1 unknown, is never its choice."""
    labels = [[1, 0, 0, 0], [-1, 1, 0, 0], [-1, 0, 1, 0], [0, 0, 0, 1], [-1, 0, 0, 0]]
    sampler = ActionUnitBalancedSampler(make(labels), 0.2, length=100, seed=0)
    assert Counter(sampler) == dict.fromkeys(range(5), 20)


def test_no_frame_recurs_for_one_unit_before_all_have_come(make):
    labels = np.eye(4, dtype=np.int8)[np.repeat(range(4), (2, 40, 50, 8))]
    times = Counter(ActionUnitBalancedSampler(make(labels), length=100, seed=0))
    counts = np.array([times[index] for index in range(100)])
    for start, stop in ((0, 2), (2, 42), (42, 92), (92, 100)):
        assert counts[start:stop].sum() == 25
        assert np.ptp(counts[start:stop]) <= 1


def test_no_frame_without_any_is_no_mistake_unless_asked_for(make):
    dataset = make(np.eye(4, dtype=np.int8))
    assert ActionUnitBalancedSampler(dataset).negative_share == 0
    with pytest.raises(SamplerError, match='shows none of the AUs'):
        ActionUnitBalancedSampler(dataset, 0.3, length=20)


def test_it_says_what_it_does(make):
    sampler = SAMPLERS.build(
        {
            'type': 'ActionUnitBalancedSampler',
            'dataset': make(coded()),
            'negative_share': 0.125,
            'length': 1234,
        }
    )
    assert sampler.describe() == (
        'AU-balanced, 4 AUs, 12.5 % of frames without any, 1,234 images an epoch'
    )


def test_a_unit_that_is_never_present_is_named(make):
    labels = coded()
    labels[labels[:, 3] == 1, 3] = 0
    with pytest.raises(SamplerError, match=r'shows AU23: '):
        ActionUnitBalancedSampler(make(labels))


@pytest.mark.parametrize('share', [-0.1, 1, 1.5])
def test_impossible_shares_are_refused(make, share):
    with pytest.raises(SamplerError, match=rf'\[0, 1\), got {share}'):
        ActionUnitBalancedSampler(make(coded()), share)


def test_a_dataset_without_codes_is_refused(labelled):
    with pytest.raises(SamplerError, match="no 'gt_aus', only"):
        ActionUnitBalancedSampler(labelled(activity=[0, 1]))
