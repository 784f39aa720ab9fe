"""One order for all ranks, drawn anew each epoch and dealt out in blocks."""

from itertools import chain

import numpy as np
import pytest

from clef_mm.datasets.samplers import EpochSampler, SamplerError


class Shuffle(EpochSampler):
    def draw(self, rng):
        whole = len(self.dataset) // self.block * self.block
        return rng.permutation(whole)


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


@pytest.mark.parametrize('size', [24, 25, 50])
@pytest.mark.parametrize('block', [1, 3, 8])
@pytest.mark.parametrize('world_size', [1, 2, 3])
def test_ranks_share_whole_blocks(as_rank, size, block, world_size):
    whole = epoch_of(Shuffle(range(size), 4, block), 6)
    blocks = [whole[start : start + block] for start in range(0, len(whole), block)]
    dealt = len(blocks) // world_size * world_size
    for rank in range(world_size):
        as_rank(rank, world_size)
        sampler = Shuffle(range(size), 4, block)
        share = epoch_of(sampler, 6)
        assert share == list(chain.from_iterable(blocks[rank:dealt:world_size]))
        assert len(sampler) == len(share) == dealt // world_size * block


@pytest.mark.parametrize(
    ('size', 'block', 'world_size', 'needed'),
    [(0, 1, 1, 1), (7, 8, 1, 8), (2, 1, 3, 3), (15, 8, 2, 16)],
)
def test_an_empty_epoch_is_refused(as_rank, size, block, world_size, needed):
    as_rank(0, world_size)
    message = f'the dataset gives {size} images; at least {needed} are needed'
    with pytest.raises(SamplerError, match=message):
        Shuffle(range(size), 0, block)
    assert len(Shuffle(range(needed), 0, block)) == block


@pytest.mark.parametrize('length', [0, -5])
def test_a_length_of_nothing_is_refused(length):
    with pytest.raises(SamplerError, match=f'length gives {length} images'):
        Shuffle(range(50), 0, length=length)


@pytest.mark.parametrize('length', [10.5, 1e4, '100'])
def test_a_length_that_is_no_whole_number_is_refused(length):
    with pytest.raises(SamplerError, match='length must be a whole number'):
        Shuffle(range(50), 0, length=length)


@pytest.mark.parametrize('length', [1, 20, 50])
def test_an_epoch_can_be_shorter_than_the_dataset(length):
    sampler = Shuffle(range(50), 1, length=length)
    assert list(sampler) == epoch_of(Shuffle(range(50), 1), 0)[:length]
    assert len(sampler) == length


def test_it_names_itself_and_counts_what_is_dealt(as_rank):
    as_rank(0, 3)
    assert Shuffle(range(2000), 0, 8).describe() == 'Shuffle, 1,992 images an epoch'
