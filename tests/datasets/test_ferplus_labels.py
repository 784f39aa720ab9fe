"""Votes to labels: each convention against one image at a time, and by hand."""

import itertools

import numpy as np
import pytest

from clef_mm.datasets.ferplus_labels import DROPPED, LABELLINGS, VOTES

EMOTIONS = range(8)


def first_of_most(votes):
    return votes.index(max(votes))


def without_single(votes):
    return [vote if vote >= 2 else 0 for vote in votes]


def slow_majority(votes):
    votes = without_single(votes)
    return first_of_most(votes) if max(votes) > sum(votes) / 2 else None, votes


def slow_strict_majority(votes):
    return first_of_most(votes) if max(votes) >= 6 else None, votes


def slow_plurality(votes):
    return first_of_most(votes), votes


def slow_plurality_of_emotions(votes):
    return first_of_most(votes[:8]), votes


def slow_probability(votes):
    """Take the foremost classes one by one, ties in a row, as documented."""
    left = without_single(votes)
    total = sum(left)
    taken = dict.fromkeys(range(10), 0)
    seen, number, ended = 0, 0, False
    while seen < 0.75 * total and number < 3 and not ended:
        level = max(left)
        for kind in [kind for kind in range(10) if left[kind] == level]:
            left[kind], seen = 0, seen + level
            if kind in EMOTIONS:
                taken[kind] = level
                number += 1
                continue
            ended = True
            if not any(taken[emotion] for emotion in EMOTIONS):
                taken[kind] = level
                number += 1
            break
    chosen = list(taken.values())
    if sum(chosen) <= total / 2 or number > 3:
        return None, votes
    return first_of_most(chosen), chosen


def slow_multi_target(votes):
    votes = without_single(votes)
    total = sum(votes)
    named = [vote if vote / max(total, 1) >= 0.3 - 1e-12 else 0 for vote in votes]
    return first_of_most(named) if sum(named) > total / 2 else None, named


SLOW = {
    'majority': slow_majority,
    'strict_majority': slow_strict_majority,
    'plurality': slow_plurality,
    'plurality_of_emotions': slow_plurality_of_emotions,
    'probability': slow_probability,
    'multi_target': slow_multi_target,
}

SOFT = ('probability', 'multi_target')


def label_slowly(convention, votes):
    """Return class, or -1, and eight shares of one image."""
    winner, counted = SLOW[convention](votes)
    if winner is None or winner >= 8:
        return DROPPED, [0.0] * 8
    if convention not in SOFT:
        return winner, [float(kind == winner) for kind in EMOTIONS]
    return winner, [vote / sum(counted[:8]) for vote in counted[:8]]


def random_votes(seed, count=4000):
    """Return ten votes each, over few or many kinds; some rows of nine or none."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        kinds = rng.choice(10, size=rng.integers(1, 7), replace=False)
        number = rng.choice([10, 10, 10, 9, 0])
        drawn = rng.choice(kinds, size=number)
        rows.append(np.bincount(drawn, minlength=10))
    return np.array(rows, np.int8)


def all_votes_over(kinds):
    """Return every way to spread ten votes over the kinds."""
    rows = []
    for cuts in itertools.combinations_with_replacement(range(11), len(kinds) - 1):
        parts = np.diff([0, *cuts, 10])
        row = np.zeros(10, np.int8)
        row[list(kinds)] = parts
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize('convention', LABELLINGS)
@pytest.mark.parametrize('seed', range(3))
def test_random_votes_equal_the_slow_version(convention, seed):
    votes = random_votes(seed)
    compare(convention, votes)


@pytest.mark.parametrize('convention', LABELLINGS)
@pytest.mark.parametrize('kinds', [(0, 3, 8, 9), (2, 7, 9, 1), (8, 4, 5, 6)])
def test_every_spread_of_votes_equals_the_slow_version(convention, kinds):
    compare(convention, all_votes_over(kinds))


def compare(convention, votes):
    before = votes.copy()
    codes, shares = LABELLINGS[convention](votes)
    assert codes.shape == (len(votes),)
    assert shares.shape == (len(votes), 8)
    assert shares.dtype == np.float32
    np.testing.assert_array_equal(votes, before)
    slow = [label_slowly(convention, row.tolist()) for row in votes]
    np.testing.assert_array_equal(codes, [code for code, _ in slow])
    np.testing.assert_allclose(shares, [row for _, row in slow], atol=1e-6)


NEUTRAL, HAPPINESS, SURPRISE, SADNESS, ANGER = range(5)

#  votes, then class or None by each convention: majority, strict majority, plurality,
#  plurality of emotions, probability, multi-target
BY_HAND = (
    ({'happiness': 10}, [HAPPINESS] * 6),
    # six of ten: every rule agrees
    ({'happiness': 6, 'neutral': 4}, [HAPPINESS] * 6),
    # five and five singles: 5 of 5 that count, but not six of ten
    (
        {
            'anger': 5,
            'neutral': 1,
            'fear': 1,
            'sadness': 1,
            'disgust': 1,
            'unknown': 1,
        },
        [ANGER, None, ANGER, ANGER, ANGER, ANGER],
    ),
    # an even split: no majority, ties go to the first
    (
        {'happiness': 5, 'sadness': 5},
        [None, None, HAPPINESS, HAPPINESS, HAPPINESS, HAPPINESS],
    ),
    # unknown wins
    ({'unknown': 7, 'surprise': 3}, [None, None, None, SURPRISE, None, None]),
    # nobody saw a face: only the rule of emotions keeps it, as neutral
    ({'NF': 10}, [None, None, None, NEUTRAL, None, None]),
    # unknown comes second: five of the nine votes that count are for sadness
    (
        {'sadness': 5, 'unknown': 4, 'fear': 1},
        [SADNESS, None, SADNESS, SADNESS, SADNESS, SADNESS],
    ),
    # unknown as often: half of the votes are not enough
    (
        {'sadness': 5, 'unknown': 5},
        [None, None, SADNESS, SADNESS, None, SADNESS],
    ),
    # two pairs tie for the second place: four classes are too many
    (
        {'neutral': 4, 'happiness': 2, 'fear': 2, 'anger': 2},
        [None, None, NEUTRAL, NEUTRAL, None, None],
    ),
)


@pytest.mark.parametrize(('votes', 'expected'), BY_HAND)
def test_rows_computed_by_hand(votes, expected):
    row = np.array([[votes.get(name, 0) for name in VOTES]], np.int8)
    codes = [int(label(row)[0][0]) for label in LABELLINGS.values()]
    assert [None if code == DROPPED else code for code in codes] == expected


def test_shares_by_hand():
    row = np.zeros((1, 10), np.int8)
    row[0, [0, 1, 3, 8]] = 6, 2, 1, 1
    for name in ('majority', 'strict_majority', 'plurality', 'plurality_of_emotions'):
        assert LABELLINGS[name](row)[1].tolist() == [[1, 0, 0, 0, 0, 0, 0, 0]]
    # 6 of the 8 votes that count are 75 % already
    np.testing.assert_allclose(LABELLINGS['probability'](row)[1][0, :2], [1, 0])
    row[0, [0, 1, 3, 8]] = 5, 4, 1, 0
    for name in SOFT:
        shares = LABELLINGS[name](row)[1][0, :4]
        np.testing.assert_allclose(shares, np.array([5, 4, 0, 0]) / 9, rtol=1e-6)


def test_no_image_at_all():
    for label in LABELLINGS.values():
        codes, shares = label(np.empty((0, 10), np.int8))
        assert (codes.shape, shares.shape) == ((0,), (0, 8))
