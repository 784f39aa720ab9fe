"""Every person equally often."""

from collections import Counter

import numpy as np
import pytest

from clef_mm.datasets.samplers import SamplerError, SubjectBalancedSampler
from clef_mm.registry import SAMPLERS

FRAMES = {'F001': 3, 'F002': 70, 'M001': 20, 'M002': 1}


@pytest.fixture
def recorded(labelled):
    """Return a dataset with FRAMES of four subjects, and one taken out again."""
    names = [name for name, count in FRAMES.items() for _ in range(count)] + ['X'] * 5
    order = np.random.default_rng(1).permutation(len(names))
    dataset = labelled(subject=[names[index] for index in order])
    kept = ~dataset.column('subject').isin(['X'])
    dataset.data_list = dataset.data_list.take(kept)
    return dataset


@pytest.mark.parametrize('length', [None, 4, 50])
def test_subjects_have_equal_shares(recorded, length):
    sampler = SubjectBalancedSampler(recorded, length, seed=0)
    drawn = Counter(recorded.column('subject')[index] for index in sampler)
    assert set(drawn) == set(FRAMES)
    assert sum(drawn.values()) == (length or 94)
    assert max(drawn.values()) - min(drawn.values()) <= 1


def test_frames_recur_as_evenly_as_can_be(recorded):
    times = Counter(SubjectBalancedSampler(recorded, 88, seed=0))
    by_subject = {name: [] for name in FRAMES}
    for index in range(94):
        by_subject[recorded.column('subject')[index]].append(times[index])
    assert by_subject['M002'] == [22]
    assert sorted(by_subject['F001']) == [7, 7, 8]
    assert sum(by_subject['F002']) == 22
    assert max(by_subject['F002']) == 1


def test_it_says_what_it_does(recorded):
    sampler = SAMPLERS.build({'type': 'SubjectBalancedSampler', 'dataset': recorded})
    assert sampler.describe() == 'subject-balanced, 4 subjects, 94 images an epoch'


def test_one_subject_is_refused(labelled):
    dataset = labelled(subject=['F001'] * 3)
    with pytest.raises(SamplerError, match="one subject only, 'F001'"):
        SubjectBalancedSampler(dataset)
