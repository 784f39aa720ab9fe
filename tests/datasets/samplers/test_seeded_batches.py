"""Batches, from any one on, and what the images of an epoch draw."""

import random

import numpy as np
import pytest
import torch
from mmengine.dataset import DefaultSampler
from torch.utils.data import DataLoader

from clef_mm.datasets.face_records import FaceRecords
from clef_mm.datasets.samplers import SeededBatches


class Noisy(FaceRecords):
    """Draws as the transforms of other packages do, and remembers what it loads."""

    def __init__(self, length=11):
        self.length = length
        self.loaded = []
        self.test_mode = False

    def __len__(self):
        return self.length

    def prepare_data(self, idx):
        self.loaded.append(idx)
        return (idx, random.random(), np.random.random(), torch.rand(()).item())  # noqa: NPY002


def loader_of(workers, dataset=None, **options):
    dataset = dataset or Noisy()
    batches = SeededBatches(
        DefaultSampler(dataset, shuffle=True, seed=4), batch_size=3, seed=1, **options
    )
    return DataLoader(
        dataset,
        batch_sampler=batches,
        num_workers=workers,
        collate_fn=list,
        multiprocessing_context='fork' if workers else None,
        timeout=60 if workers else 0,
    )


def epoch(loader, number, first=0):
    loader.batch_sampler.set_epoch(number, first)
    return list(loader)


@pytest.mark.parametrize('drop_last', [False, True])
def test_batches_are_those_of_the_sampler(drop_last):
    loader = loader_of(0, drop_last=drop_last)
    indices = [[item[0] for item in batch] for batch in epoch(loader, 2)]
    sampler = DefaultSampler(loader.dataset, shuffle=True, seed=4)
    sampler.set_epoch(2)
    order = list(sampler)
    assert indices == [order[:3], order[3:6], order[6:9], order[9:]][: len(loader)]
    assert len(loader) == len(indices) == (3 if drop_last else 4)


def test_the_number_of_workers_changes_no_number():
    assert epoch(loader_of(0), 1) == epoch(loader_of(1), 1) == epoch(loader_of(2), 1)


@pytest.mark.parametrize('workers', [0, 2])
def test_an_epoch_goes_on_at_any_batch(workers):
    whole = epoch(loader_of(workers), 1)
    for first in range(5):
        assert epoch(loader_of(workers), 1, first) == whole[first:]


def test_batches_before_the_first_are_not_loaded():
    loader = loader_of(0)
    rest = epoch(loader, 1, first=2)
    assert loader.dataset.loaded == [item[0] for batch in rest for item in batch]


@pytest.mark.parametrize('workers', [0, 2])
def test_images_draw_anew_in_each_epoch(workers):
    loader = loader_of(workers)
    drawn = [
        number
        for count in range(3)
        for batch in epoch(loader, count)
        for item in batch
        for number in item[1:]
    ]
    assert len(drawn) == len(set(drawn)) == 3 * 11 * 3


def test_an_image_drawn_twice_is_augmented_twice():
    dataset = Noisy()
    batches = SeededBatches([5, 5, 5, 5], batch_size=2)
    drawn = [
        item[1]
        for batch in DataLoader(dataset, batch_sampler=batches, collate_fn=list)
        for item in batch
    ]
    assert len(set(drawn)) == 4
