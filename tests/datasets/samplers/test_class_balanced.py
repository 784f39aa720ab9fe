"""Every expression equally often."""

from collections import Counter

import numpy as np
import pytest

from clef_mm.datasets.samplers import ClassBalancedSampler, SamplerError
from clef_mm.registry import SAMPLERS

EXPRESSIONS = ('neutral', 'happiness', 'sadness', 'contempt')
SIZES = (80, 130, 25, 4)


@pytest.fixture
def unequal(labelled):
    """Return a dataset with SIZES images of each class and three of none."""
    labels = np.repeat([*range(4), -1], [*SIZES, 3])
    labels = np.random.default_rng(0).permutation(labels)
    return labelled({'expressions': EXPRESSIONS}, gt_expression=labels)


def drawn_by_class(dataset, sampler, epoch=0):
    sampler.set_epoch(epoch)
    return Counter(dataset.column('gt_expression')[list(sampler)].tolist())


@pytest.mark.parametrize('length', [None, 16, 100, 998])
def test_classes_have_equal_shares_and_images_of_none_stay_out(unequal, length):
    sampler = ClassBalancedSampler(unequal, length, seed=0)
    drawn = drawn_by_class(unequal, sampler)
    assert sum(drawn.values()) == len(sampler) == (length or len(unequal))
    assert set(drawn) == set(range(4))
    assert max(drawn.values()) - min(drawn.values()) <= 1


def test_classes_times_the_smallest_recur_in_no_epoch(unequal):
    sampler = ClassBalancedSampler(unequal, 4 * min(SIZES), seed=0)
    happy = set()
    for epoch in range(40):
        assert drawn_by_class(unequal, sampler, epoch) == dict.fromkeys(range(4), 4)
        indices = list(sampler)
        assert len(set(indices)) == len(indices)
        labels = unequal.column('gt_expression')[indices]
        happy |= set(np.array(indices)[labels == 1].tolist())
    assert len(happy) > 80  # 160 draws of 130: 92 distinct ones are expected


def test_it_says_what_it_does(unequal):
    sampler = SAMPLERS.build(
        {'type': 'ClassBalancedSampler', 'dataset': unequal, 'length': 30_000}
    )
    assert sampler.describe() == 'class-balanced, 4 classes, 30,000 images an epoch'


def test_what_ranks_leave_out_is_not_counted(unequal, as_rank):
    as_rank(0, 3)
    sampler = ClassBalancedSampler(unequal, 100, seed=0)
    assert sampler.describe().endswith(' 99 images an epoch')
    assert len(sampler) == 33


def test_a_class_without_an_image_is_named(labelled):
    dataset = labelled({'expressions': EXPRESSIONS}, gt_expression=[0, 0, 2, -1])
    with pytest.raises(SamplerError, match='shows happiness, contempt'):
        ClassBalancedSampler(dataset)


def test_a_dataset_without_expressions_is_refused(labelled):
    dataset = labelled(activity=[0, 1])
    with pytest.raises(SamplerError, match="no 'gt_expression', only activity"):
        ClassBalancedSampler(dataset)


def test_expressions_without_names_are_refused(labelled):
    with pytest.raises(SamplerError, match="METAINFO needs 'expressions'"):
        ClassBalancedSampler(labelled(gt_expression=[0, 1]))
