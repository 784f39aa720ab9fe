"""As many frames of each activity, evenly over recordings: against plain counting."""

import numpy as np
import pytest

from clef_mm.datasets.activity_sample import equal_shares, sample_activities
from clef_mm.datasets.frame_table import Categories, FrameTable


def shares_one_by_one(sizes, total):
    """Deal out one at a time, always to the part that got least and has some left."""
    shares = [0] * len(sizes)
    for _ in range(min(total, sum(sizes))):
        open_parts = [k for k in range(len(sizes)) if shares[k] < sizes[k]]
        least = min(open_parts, key=lambda part: shares[part])
        shares[least] += 1
    return shares


@pytest.mark.parametrize('seed', range(8))
def test_shares_are_those_of_dealing_one_by_one(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 30, rng.integers(1, 9))
    for total in (0, 1, 7, 40, int(sizes.sum()), 999):
        shares = equal_shares(sizes, total)
        # Who of equals gets the odd one more is not fixed by the rule.
        assert sorted(shares) == sorted(shares_one_by_one(sizes.tolist(), total))
        assert (shares <= sizes).all()


def table(rng, activities=3, subjects=4):
    rows = [
        (subject, activity, frame)
        for subject in range(subjects)
        for activity in range(activities)
        for frame in range(rng.integers(1, 40))
    ]
    subject, activity, frame = np.array(rows).T
    return FrameTable(
        {
            'subject': Categories(subject, [f'F00{k}' for k in range(subjects)]),
            'sequence': Categories(activity, [f'T{k}' for k in range(activities)]),
            'activity': activity.astype(np.int8),
            'frame': frame,
        }
    )


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('count', [1, 5, 30, 60])
def test_every_activity_gives_the_same_number(seed, count):
    frames = table(np.random.default_rng(seed))
    chosen = sample_activities(frames, count)
    activity, subject = frames.columns['activity'], frames.columns['subject'].codes
    for one in range(3):
        of_one = activity == one
        assert chosen[of_one].sum() == min(count, of_one.sum())
        sizes = np.bincount(subject[of_one])
        taken = np.bincount(subject[of_one & chosen], minlength=len(sizes))
        wanted = shares_one_by_one(sizes.tolist(), count)
        assert sorted(taken) == sorted(wanted)


@pytest.mark.parametrize('seed', range(5))
def test_frames_of_a_recording_are_equally_spaced(seed):
    frames = table(np.random.default_rng(seed))
    chosen = frames.take(sample_activities(frames, 30))
    whole = {}
    for record in frames:
        whole.setdefault((record['subject'], record['sequence']), []).append(
            record['frame']
        )
    part = {}
    for record in chosen:
        part.setdefault((record['subject'], record['sequence']), []).append(
            record['frame']
        )
    for key, taken in part.items():
        gaps = np.diff([-1, *taken, len(whole[key])])
        step = len(whole[key]) / len(taken)
        assert gaps[1:-1].max(initial=1) <= np.ceil(step)
        assert gaps[1:-1].min(initial=99) >= np.floor(step)
        assert (
            max(gaps[0], gaps[-1]) <= np.ceil(step / 2) + 1
        )  # neither end is favoured


def test_the_order_of_rows_does_not_matter():
    frames = table(np.random.default_rng(0))
    shuffled = np.random.default_rng(1).permutation(len(frames))
    counts = [
        np.bincount(part.columns['activity'])
        for whole in (frames, frames.take(shuffled))
        for part in [whole.take(sample_activities(whole, 20))]
    ]
    np.testing.assert_array_equal(*counts)
    np.testing.assert_array_equal(
        sample_activities(frames, 20), sample_activities(frames, 20)
    )
