"""Counts per subject, against counting frame by frame."""

from types import SimpleNamespace

import numpy as np
import pytest

from clef_mm.datasets.frame_table import Categories
from clef_mm.datasets.subject_counts import SubjectCounts

NAMES = ('AU1', 'AU2', 'AU4')


def make_dataset(subjects, labels):
    columns = {'subject': subjects, 'gt_aus': labels}
    return SimpleNamespace(column=columns.get, metainfo={'au_names': NAMES})


def test_counts_are_those_of_a_plain_loop():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 200) * 2  # two of the five names have no frame
    subjects = Categories(codes, ['a', 'b', 'c', 'd', 'e'])
    labels = rng.integers(-1, 2, (200, 3)).astype(np.int8)
    counts = SubjectCounts.of(make_dataset(subjects, labels))
    assert counts.subjects == ('a', 'c', 'e')
    assert counts.au_names == NAMES
    for row, name in enumerate(counts.subjects):
        own = [labels[n] for n in range(200) if subjects[n] == name]
        assert counts.frames[row] == len(own)
        for unit in range(3):
            assert counts.positives[row, unit] == sum(o[unit] == 1 for o in own)
            assert counts.known[row, unit] == sum(o[unit] != -1 for o in own)


def make_counts(**changes):
    fields = {
        'subjects': ('a', 'b', 'c'),
        'au_names': ('AU1', 'AU2'),
        'positives': np.array([[1, 0], [2, 0], [0, 0]]),
        'known': np.array([[4, 0], [4, 0], [2, 0]]),
        'frames': np.array([4, 5, 2]),
    }
    return SubjectCounts(**{**fields, **changes})


def test_rates_leave_unknown_labels_out():
    np.testing.assert_array_equal(make_counts().rates(), [0.3, np.nan])


def test_some_subjects_are_taken_in_the_order_asked_for():
    taken = make_counts().take(['c', 'nobody', 'a'])
    assert taken.subjects == ('c', 'a')
    assert taken.frames.tolist() == [2, 4]
    assert taken.positives.tolist() == [[0, 0], [1, 0]]
    assert taken.rates()[0] == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'frames': np.array([4, 5])}, r'frames must have shape \(3,\)'),
        ({'known': np.zeros((2, 2))}, r'known must have shape \(3, 2\)'),
        ({'subjects': ('a', 'b', 'a')}, 'stands twice'),
        ({'positives': np.full((3, 2), -1)}, 'counts must obey'),
        ({'positives': np.full((3, 2), 5)}, 'counts must obey'),
        ({'frames': np.array([4, 3, 2])}, 'counts must obey'),
    ],
)
def test_counts_that_cannot_be(changes, message):
    with pytest.raises(ValueError, match=message):
        make_counts(**changes)
