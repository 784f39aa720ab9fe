"""One order for all ranks, drawn anew each epoch and dealt out in blocks."""

from itertools import chain

import numpy as np
import pytest

from clef_mm import distributed
from clef_mm.datasets.samplers.epoch_sampler import EpochSampler


class Shuffle(EpochSampler):
    def draw(self, rng):
        whole = len(self.dataset) // self.block * self.block
        return rng.permutation(whole)


def as_rank(monkeypatch, rank, world_size):
    monkeypatch.setattr(distributed, 'rank', lambda: rank)
    monkeypatch.setattr(distributed, 'world_size', lambda: world_size)


def epoch_of(sampler, epoch):
    sampler.set_epoch(epoch)
    return list(sampler)


def test_an_epoch_is_a_function_of_seed_and_number():
    orders = {
        (seed, epoch): tuple(epoch_of(Shuffle(range(50), seed), epoch))
        for seed in range(3)
        for epoch in range(4)
    }
    assert len(set(orders.values())) == 12
    sampler = Shuffle(range(50), 1)
    for epoch in (3, 0, 2, 2, 1):
        assert tuple(epoch_of(sampler, epoch)) == orders[1, epoch]


def test_it_starts_with_epoch_0():
    sampler = Shuffle(range(50), 5)
    assert list(sampler) == epoch_of(Shuffle(range(50), 5), 0)


def test_nothing_else_is_drawn_from():
    np.random.seed(0)  # noqa: NPY002 - the global generator is meant
    first = list(Shuffle(range(50), 1))
    np.random.seed(1)  # noqa: NPY002
    assert list(Shuffle(range(50), 1)) == first


def test_a_seed_is_agreed_upon_if_none_is_given():
    sampler = Shuffle(range(50), None)
    assert list(sampler) == list(Shuffle(range(50), sampler.seed))


def test_indices_are_plain_integers():
    assert all(type(index) is int for index in Shuffle(range(9), 0, block=3))


@pytest.mark.parametrize('size', [0, 1, 7, 24, 50])
@pytest.mark.parametrize('block', [1, 3, 8])
@pytest.mark.parametrize('world_size', [1, 2, 3])
def test_ranks_share_whole_blocks(monkeypatch, size, block, world_size):
    whole = epoch_of(Shuffle(range(size), 4, block), 6)
    blocks = [whole[start : start + block] for start in range(0, len(whole), block)]
    dealt = len(blocks) // world_size * world_size
    for rank in range(world_size):
        as_rank(monkeypatch, rank, world_size)
        sampler = Shuffle(range(size), 4, block)
        share = epoch_of(sampler, 6)
        assert share == list(chain.from_iterable(blocks[rank:dealt:world_size]))
        assert len(sampler) == len(share) == dealt // world_size * block
