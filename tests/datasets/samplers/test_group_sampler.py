"""Fixed shares, decks that are used up before a card comes again, ranks, epochs."""

from collections import Counter
from itertools import chain

import numpy as np
import pytest
from torch.utils.data import DataLoader

from clef_mm.datasets.samplers import GroupSampler, SamplerError

SIZES = (1, 4, 30, 165)


@pytest.fixture
def make(labelled):
    """Return a maker of samplers of groups of SIZES, one behind the other."""

    def build(shares=None, length=None, seed=0, sizes=SIZES):
        dataset = labelled(frame=range(sum(sizes)))
        groups = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
        named = {f'group {number}': group for number, group in enumerate(groups)}
        return GroupSampler(dataset, named, shares, length, seed)

    return build


def group_of(index, sizes=SIZES):
    return int(np.searchsorted(np.cumsum(sizes), index, side='right'))


def epoch_of(sampler, epoch=0):
    sampler.set_epoch(epoch)
    return list(sampler)


def slow_draw(sampler, seed, epoch):
    """Draw frame by frame with the same random numbers, decks and clocks."""
    rng = np.random.default_rng([seed, epoch])
    quotas = sampler.length * sampler.shares
    order, start = rng.permutation(len(quotas)), rng.random()
    counts, reached, before = {}, 0.0, 0
    for group in order:
        reached += quotas[group]
        now = int(np.floor(reached + start)) if group != order[-1] else sampler.length
        counts[group], before = now - before, now
    drawn = []
    for group, frames in enumerate(sampler.groups.values()):
        rounds = -(-counts[group] // len(frames))
        decks = rng.permuted(np.tile(frames, (rounds, 1)), axis=1)
        drawn.append([int(index) for index in chain(*decks)][: counts[group]])
    timed = []
    for indices in drawn:
        jitter = rng.random(len(indices))
        for number, index in enumerate(indices):
            timed.append(((number + jitter[number]) / len(indices), index))
    return [index for _, index in sorted(timed)]


@pytest.mark.parametrize('shares', [None, (1, 2, 3, 4), (0.7, 0.1, 0.1, 0.1)])
@pytest.mark.parametrize('length', [4, 37, 200, 1001])
def test_it_draws_what_a_slow_dealer_draws(make, shares, length):
    sampler = make(shares, length, seed=3)
    for epoch in range(3):
        assert epoch_of(sampler, epoch) == slow_draw(sampler, 3, epoch)


@pytest.mark.parametrize('shares', [None, (1, 2, 3, 4), (0.7, 0.1, 0.1, 0.1)])
@pytest.mark.parametrize('length', [4, 37, 200, 1001])
def test_shares_are_kept_to_within_one_image(make, shares, length):
    sampler = make(shares, length)
    wanted = np.ones(4) / 4 if shares is None else np.array(shares) / sum(shares)
    for epoch in range(5):
        drawn = Counter(map(group_of, epoch_of(sampler, epoch)))
        assert sum(drawn.values()) == length == len(sampler)
        for group in range(4):
            assert abs(drawn[group] - wanted[group] * length) < 1 + 1e-9


def test_shares_are_right_on_average(make):
    """Four images for shares of 0.7, 0.1, 0.1, 0.1: the last must not go empty."""
    sampler = make((0.7, 0.1, 0.1, 0.1), 4)
    drawn = Counter()
    for epoch in range(3000):
        drawn.update(map(group_of, epoch_of(sampler, epoch)))
    rates = np.array([drawn[group] for group in range(4)]) / 12000
    # The standard error of a share of 0.1 is below 0.005.
    np.testing.assert_allclose(rates, [0.7, 0.1, 0.1, 0.1], atol=0.02)


@pytest.mark.parametrize('length', [37, 206, 1001])
def test_no_image_recurs_before_its_group_is_used_up(make, length):
    indices = epoch_of(make(length=length))
    for group, size in enumerate(SIZES):
        drawn = [index for index in indices if group_of(index) == group]
        for start in range(0, len(drawn), size):
            one_round = drawn[start : start + size]
            assert len(set(one_round)) == len(one_round)


def test_a_deck_is_shuffled_anew_when_used_up(make):
    drawn = epoch_of(make(sizes=(30, 30), length=240))
    rounds = np.array([index for index in drawn if index < 30]).reshape(4, 30)
    assert len({tuple(one) for one in rounds.tolist()}) == 4


@pytest.mark.parametrize('part', [8, 20, 64])
def test_every_part_of_an_epoch_is_balanced(make, part):
    """Groups are spread evenly: no batch of eight is without one of four groups."""
    indices = epoch_of(make(length=640))
    for start in range(0, 640, part):
        drawn = Counter(map(group_of, indices[start : start + part]))
        assert all(abs(drawn[group] - part / 4) <= 2 for group in range(4))


def test_the_order_of_the_groups_is_not_fixed(make):
    orders = {tuple(map(group_of, epoch_of(make(length=40), e))) for e in range(20)}
    assert len(orders) == 20


def test_groups_may_overlap(labelled):
    dataset = labelled(frame=range(10))
    groups = {'all': np.arange(10), 'one': np.array([7])}
    drawn = Counter(epoch_of(GroupSampler(dataset, groups, length=40, seed=0)))
    assert drawn[7] == 22
    assert {drawn[index] for index in range(10) if index != 7} == {2}


def test_an_epoch_is_a_function_of_seed_and_number(make):
    orders = {
        (seed, epoch): tuple(epoch_of(make(seed=seed), epoch))
        for seed in range(2)
        for epoch in range(3)
    }
    assert len(set(orders.values())) == 6
    resumed = make(seed=1)
    for epoch in (2, 0, 1, 1):
        assert tuple(epoch_of(resumed, epoch)) == orders[1, epoch]


@pytest.mark.parametrize('length', [None, 64, 103, 401])
@pytest.mark.parametrize('world_size', [2, 3, 7])
def test_ranks_deal_the_same_order_out(make, as_rank, length, world_size):
    whole = epoch_of(make(length=length), 5)
    shares = []
    for rank in range(world_size):
        as_rank(rank, world_size)
        sampler = make(length=length)
        shares.append(epoch_of(sampler, 5))
        assert len(sampler) == len(shares[-1]) == len(whole) // world_size
    dealt = list(chain.from_iterable(zip(*shares, strict=True)))
    assert dealt == whole[: len(dealt)]


def test_ranks_are_disjoint_where_nothing_recurs(make, as_rank):
    seen = []
    for rank in range(4):
        as_rank(rank, 4)
        seen += epoch_of(make(sizes=(20, 20), length=40))
    assert sorted(seen) == list(range(40))


def test_a_loader_sees_the_whole_epoch(make):
    sampler = make(length=50)
    loader = DataLoader(range(200), batch_size=16, sampler=sampler)
    batches = [batch.tolist() for batch in loader]
    assert [len(batch) for batch in batches] == [16, 16, 16, 2]
    assert list(chain.from_iterable(batches)) == list(sampler)


def test_an_empty_group_is_refused_by_name(labelled):
    groups = {'fear': np.arange(0), 'joy': np.arange(3), 'contempt': np.arange(0)}
    message = r'no image of labelled \(all\) shows fear, contempt'
    with pytest.raises(SamplerError, match=message):
        GroupSampler(labelled(frame=range(3)), groups)


def test_fewer_images_than_groups_are_refused(make):
    with pytest.raises(SamplerError, match='3 images is too short for 4 groups'):
        make(length=3)
