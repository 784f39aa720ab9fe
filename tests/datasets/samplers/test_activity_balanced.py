"""Batches in which every anchor has a positive of another subject."""

from collections import Counter
from itertools import chain

import numpy as np
import pytest
from torch.utils.data import DataLoader

from clef_mm.datasets.bp4d import BP4D
from clef_mm.datasets.face_dataset import FaceDataset
from clef_mm.datasets.frame_table import Categories, FrameTable
from clef_mm.datasets.samplers import ActivityBalancedSampler, SamplerError
from clef_mm.registry import SAMPLERS


class Labelled(FaceDataset):
    """Frames of which only activity and subject matter."""

    def __init__(self, activities, subjects):
        self.activities, self.names = np.asarray(activities), list(subjects)
        super().__init__('labelled')

    def load_frames(self):
        return FrameTable(
            {
                'activity': self.activities,
                'subject': Categories.of(self.names),
                'sequence': Categories.of([f'T{task}' for task in self.activities]),
            }
        )


def make(seed=0, activities=8, subjects=7, most=60):
    """Return a dataset of sequences of random length, some of them left out."""
    rng = np.random.default_rng(seed)
    rows = [
        (activity, f'S{subject}')
        for activity in range(activities)
        for subject in range(subjects)
        if subject < 2 or rng.random() < 0.8
        for _ in range(rng.integers(1, most))
    ]
    rng.shuffle(rows)
    return Labelled([int(row[0]) for row in rows], [row[1] for row in rows])


def epoch_of(sampler, epoch=0):
    sampler.set_epoch(epoch)
    return list(sampler)


def in_runs(indices, length):
    assert len(indices) % length == 0
    return [indices[start : start + length] for start in range(0, len(indices), length)]


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize(
    ('block', 'batch_size'),
    [(2, 2), (2, 8), (4, 4), (4, 12), (8, 8), (8, 64), (16, 32)],
)
def test_every_anchor_has_a_positive_of_another_subject(seed, block, batch_size):
    dataset = make(seed)
    sampler = ActivityBalancedSampler(dataset, block, seed=seed)
    for epoch in range(2):
        indices = epoch_of(sampler, epoch)
        whole = len(indices) // batch_size * batch_size
        assert whole
        for batch in in_runs(indices[:whole], batch_size):
            for anchor in batch:
                assert any(
                    dataset.activities[other] == dataset.activities[anchor]
                    and dataset.names[other] != dataset.names[anchor]
                    for other in batch
                )


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('block', [2, 3, 4, 8, 16])
def test_a_block_is_one_activity_of_many_subjects(seed, block):
    dataset = make(seed)
    there = {}
    for activity, name in zip(dataset.activities, dataset.names, strict=True):
        there.setdefault(activity, set()).add(name)
    for run in in_runs(epoch_of(ActivityBalancedSampler(dataset, block, seed)), block):
        (activity,) = {dataset.activities[index] for index in run}
        names = {dataset.names[index] for index in run}
        assert len(names) == min(block, len(there[activity]))


@pytest.mark.parametrize('seed', range(4))
def test_activities_and_their_subjects_have_equal_shares(seed):
    dataset, block = make(seed), 4
    indices = epoch_of(ActivityBalancedSampler(dataset, block, seed=seed))
    activities = Counter(dataset.activities[index] for index in indices)
    assert set(activities) == set(range(8))
    assert max(activities.values()) - min(activities.values()) <= block
    for activity in range(8):
        shares = Counter(
            dataset.names[index]
            for index in indices
            if dataset.activities[index] == activity
        )
        everyone = set(np.array(dataset.names)[dataset.activities == activity])
        assert set(shares) == everyone
        assert max(shares.values()) - min(shares.values()) <= 1


@pytest.mark.parametrize('seed', range(4))
def test_a_subjects_frames_recur_only_when_used_up(seed):
    dataset = make(seed)
    counts = Counter(epoch_of(ActivityBalancedSampler(dataset, 4, seed=seed)))
    times = {}
    for index, place in enumerate(zip(dataset.activities, dataset.names, strict=True)):
        times.setdefault(place, []).append(counts[index])
    assert all(max(used) - min(used) <= 1 for used in times.values())
    assert max(max(used) for used in times.values()) > 1  # short sequences do recur


@pytest.mark.parametrize('block', [2, 4, 8])
@pytest.mark.parametrize('seed', range(3))
def test_an_epoch_is_as_long_as_the_dataset(seed, block):
    dataset = make(seed)
    sampler = ActivityBalancedSampler(dataset, block, seed=0)
    indices = epoch_of(sampler)
    assert len(indices) == len(sampler) == len(dataset) // block * block
    assert set(indices) <= set(range(len(dataset)))


def test_an_epoch_is_a_function_of_seed_and_number():
    dataset = make()
    orders = {
        (seed, epoch): tuple(
            epoch_of(ActivityBalancedSampler(dataset, 4, seed=seed), epoch)
        )
        for seed in range(2)
        for epoch in range(3)
    }
    assert len(set(orders.values())) == 6
    sampler = ActivityBalancedSampler(dataset, 4, seed=1)
    for epoch in (2, 0, 1, 1):
        assert tuple(epoch_of(sampler, epoch)) == orders[1, epoch]


def test_the_company_of_a_subject_changes_between_epochs():
    dataset = make(subjects=8)
    sampler = ActivityBalancedSampler(dataset, 2, seed=0)
    pairs = [
        {
            frozenset(dataset.names[index] for index in run)
            for run in in_runs(epoch_of(sampler, epoch), 2)
        }
        for epoch in range(2)
    ]
    assert pairs[0] != pairs[1]


def test_small_batches_miss_no_activity_for_long():
    """A batch of three blocks holds three of eight activities, not always the same."""
    dataset = make(activities=8)
    seen = Counter()
    for batch in in_runs(
        epoch_of(ActivityBalancedSampler(dataset, 4, seed=0))[:600], 12
    ):
        seen[frozenset(dataset.activities[index] for index in batch)] += 1
    assert len(seen) > 20


@pytest.mark.parametrize('world_size', [2, 3])
def test_ranks_deal_the_same_blocks_out(as_rank, world_size):
    dataset, block = make(1), 4
    whole = in_runs(epoch_of(ActivityBalancedSampler(dataset, block, seed=3), 5), block)
    shares = []
    for rank in range(world_size):
        as_rank(rank, world_size)
        sampler = ActivityBalancedSampler(dataset, block, seed=3)
        share = epoch_of(sampler, 5)
        assert len(sampler) == len(share)
        shares.append(in_runs(share, block))
    assert len({len(share) for share in shares}) == 1
    dealt = [run for turn in zip(*shares, strict=True) for run in turn]
    assert dealt == whole[: len(dealt)]
    assert len(whole) - len(dealt) < world_size


def test_frames_without_an_activity_are_not_drawn():
    known = make(2)
    dataset = Labelled([*known.activities, -1, -1, -1], [*known.names, 'S0', 'x', 'S1'])
    indices = epoch_of(ActivityBalancedSampler(dataset, 4, seed=0))
    assert max(indices) < len(known)


def test_an_activity_of_one_subject_is_refused():
    dataset = Labelled([0, 0, 1, 1, 1], ['a', 'b', 'b', 'b', 'b'])
    with pytest.raises(ValueError, match='activity 1 has frames of b only'):
        ActivityBalancedSampler(dataset, 2)


def test_no_activity_is_refused():
    with pytest.raises(ValueError, match='nothing to balance'):
        ActivityBalancedSampler(Labelled([-1, -1], ['a', 'b']), 2)


@pytest.mark.parametrize('block', [1, 0, -4])
def test_blocks_of_one_are_refused(block):
    with pytest.raises(ValueError, match=f'block must be at least 2, got {block}'):
        ActivityBalancedSampler(make(), block)


@pytest.mark.parametrize(('frames', 'world_size'), [(7, 1), (15, 2)])
def test_too_few_frames_for_a_block_on_each_rank_are_refused(
    as_rank, frames, world_size
):
    dataset = Labelled([0] * frames, 'abcdefghijklmno'[:frames])
    as_rank(0, world_size)
    with pytest.raises(SamplerError, match=f'gives {frames} images; at least'):
        ActivityBalancedSampler(dataset, 8)


def test_it_says_what_it_does():
    dataset = make(activities=5)
    count = len(dataset) // 4 * 4
    assert ActivityBalancedSampler(dataset, 4).describe() == (
        f'activity-balanced, 5 activities in blocks of 4, {count:,} images an epoch'
    )


def test_a_dataset_without_activities_is_refused(labelled):
    with pytest.raises(SamplerError, match="no 'activity', only frame"):
        ActivityBalancedSampler(labelled(frame=[1, 2]), 2)


def test_bp4d_is_dealt_out(make_tree):
    tree = make_tree()
    for subject, task, count in (
        ('F001', 'T1', 9),
        ('F002', 'T1', 3),
        ('F001', 'T5', 2),
        ('M001', 'T5', 6),
    ):
        tree.add_images(subject, task, range(1, count + 1))
        tree.add_labels(subject, task, range(1, count + 1))
    dataset = BP4D(tree.root)
    runs = in_runs(epoch_of(ActivityBalancedSampler(dataset, 2, seed=0)), 2)
    assert len(runs) == 10
    pairs = [[dataset.get_data_info(index) for index in run] for run in runs]
    places = {tuple(sorted((r['subject'], r['sequence']) for r in p)) for p in pairs}
    assert places == {
        (('F001', 'T1'), ('F002', 'T1')),
        (('F001', 'T5'), ('M001', 'T5')),
    }


def test_a_subset_of_one_subject_is_refused(released):
    with pytest.raises(ValueError, match='activity 0 has frames of F001 only'):
        ActivityBalancedSampler(BP4D(released.root), 2)


def test_a_loader_batches_whole_blocks():
    dataset = make(3)
    sampler = SAMPLERS.build(
        {'type': 'ActivityBalancedSampler', 'dataset': dataset, 'block': 4, 'seed': 1}
    )
    loader = DataLoader(
        range(len(dataset)), batch_size=16, sampler=sampler, drop_last=True
    )
    for epoch in range(2):
        sampler.set_epoch(epoch)
        batches = [batch.tolist() for batch in loader]
        assert len(batches) == len(loader) == len(sampler) // 16
        assert list(chain.from_iterable(batches)) == list(sampler)[: 16 * len(loader)]
        for batch in batches:
            for run in in_runs(batch, 4):
                assert len({dataset.activities[index] for index in run}) == 1
                assert len({dataset.names[index] for index in run}) == 4
