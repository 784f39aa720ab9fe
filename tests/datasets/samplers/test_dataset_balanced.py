"""Every dataset equally often."""

from collections import Counter

import numpy as np
import pytest

from clef_mm.datasets import JoinedDataset
from clef_mm.datasets.face_dataset import FaceDataset
from clef_mm.datasets.samplers import DatasetBalancedSampler, SamplerError
from clef_mm.registry import SAMPLERS

IMAGES = {'large': 90, 'middle': 20, 'small': 6}


class Album(FaceDataset):
    def __init__(self, name, count):
        self.count = count
        super().__init__(name, lazy_init=True)
        self._metainfo['dataset'] = name

    def load_frames(self):
        return [
            dict(img_path=f'/{row}.jpg', subject='F001', sequence='T1', frame=row)
            for row in range(self.count)
        ]


@pytest.fixture
def joined():
    return JoinedDataset([Album(name, count) for name, count in IMAGES.items()])


def drawn(joined, sampler):
    return [joined.column('dataset')[index] for index in sampler]


@pytest.mark.parametrize('length', [None, 3, 50])
@pytest.mark.parametrize('epoch', [0, 5])
def test_datasets_have_equal_shares_of_an_epoch(joined, length, epoch):
    sampler = DatasetBalancedSampler(joined, length, seed=0)
    sampler.set_epoch(epoch)
    counts = Counter(drawn(joined, sampler))
    assert set(counts) == set(IMAGES)
    assert sum(counts.values()) == (length or 116)
    assert max(counts.values()) - min(counts.values()) <= 1


def test_and_nearly_of_every_batch(joined):
    names = drawn(joined, DatasetBalancedSampler(joined, 3000, seed=1))
    for start in range(0, 3000, 30):
        counts = Counter(names[start : start + 30])
        assert all(8 <= counts[name] <= 12 for name in IMAGES)


def test_no_image_recurs_in_an_epoch_of_the_smallest_times_the_parts(joined):
    indices = list(DatasetBalancedSampler(joined, 18, seed=2))
    assert len(set(indices)) == 18
    assert set(range(110, 116)) <= set(indices)


def test_large_datasets_show_all_their_images_in_time(joined):
    sampler = DatasetBalancedSampler(joined, 60, seed=3)
    seen = set()
    for epoch in range(60):
        sampler.set_epoch(epoch)
        seen.update(sampler)
    assert seen == set(range(116))


def test_ranks_share_the_epoch(joined, as_rank):
    shares = []
    for rank in range(2):
        as_rank(rank, 2)
        shares.append(list(DatasetBalancedSampler(joined, 60, seed=4)))
    together = np.concatenate(shares).tolist()
    as_rank(0, 1)
    assert sorted(together) == sorted(DatasetBalancedSampler(joined, 60, seed=4))


def test_it_says_what_it_does(joined):
    sampler = SAMPLERS.build(dict(type='DatasetBalancedSampler', dataset=joined))
    assert sampler.describe() == (
        'dataset-balanced, large and middle and small, 116 images an epoch'
    )
    assert not sampler.balances_labels


def test_one_dataset_has_nothing_to_balance(labelled):
    with pytest.raises(SamplerError, match=r"nothing to balance by: .* no 'dataset'"):
        DatasetBalancedSampler(labelled(subject=['F001'] * 3))
