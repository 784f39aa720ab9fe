"""From the votes of ten people to one label: the conventions in use for FERPlus.

Published results differ in the images that they keep and in the labels that these get,
by up to 7,000 images. Each convention is a function here, of votes (N, 10) in the order
``VOTES``. It returns the class (N,), an index into the first eight of ``VOTES`` or
``DROPPED``; and (N, 8) float32, the target of each emotion. Conventions of one label
give all of it to the winner, as the official training does; ``probability`` and
``multi_target`` give the shares of the votes for the emotions that they count. Targets
sum to 1 in rows that are kept.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

VOTES = (
    'neutral',
    'happiness',
    'surprise',
    'sadness',
    'anger',
    'disgust',
    'fear',
    'contempt',
    'unknown',
    'NF',
)
"""What could be voted for, in the order of the files; ``NF`` is not a face."""

DROPPED = -1
_EMOTIONS = 8

Labels = tuple[np.ndarray, np.ndarray]


def majority(votes: np.ndarray) -> Labels:
    """More than half of the votes; classes with a single vote count as none.

    The official rule, which the authors apply to validation and test images whatever
    they train on.
    """
    votes = _without_single(votes)
    winner = votes.argmax(axis=1)
    decided = 2 * votes.max(axis=1) > votes.sum(axis=1)
    return _one_label(winner, decided)


def strict_majority(votes: np.ndarray) -> Labels:
    """At least six of the ten votes."""
    winner = votes.argmax(axis=1)
    return _one_label(winner, votes.max(axis=1) > 5)


def plurality(votes: np.ndarray) -> Labels:
    """Most votes; the first class of a tie. Unknown and no face are dropped."""
    winner = votes.argmax(axis=1)
    return _one_label(winner, np.ones(len(votes), bool))


def plurality_of_emotions(votes: np.ndarray) -> Labels:
    """Most votes among the eight emotions; every image is kept.

    An image that nobody saw an emotion in becomes neutral, the first of the tie.
    """
    winner = votes[:, :_EMOTIONS].argmax(axis=1)
    return _one_label(winner, np.ones(len(votes), bool))


def probability(votes: np.ndarray) -> Labels:
    """The official soft labels: the foremost classes that hold 75 % of the votes.

    Classes are taken in the order of their votes, ties at once, until three are taken
    or 75 % of the votes are covered; single votes are left out. Unknown or no face ends
    the taking. Images are dropped if those come first, if half of the votes or less are
    covered, or if a tie makes more than three classes. Also called cross-entropy mode,
    after the loss that it is for.
    """
    left = _without_single(votes)
    total = left.sum(axis=1)
    taken = np.zeros_like(left)
    covered, count = np.zeros_like(total), np.zeros_like(total)
    active = total > 0
    for _ in range(3):  # each turn takes one class or more
        most = left.max(axis=1, keepdims=True)
        chosen = active[:, None] & (left == most)
        chosen[:, 9] &= ~chosen[:, 8]
        no_emotion = chosen[:, _EMOTIONS:].any(axis=1)
        taken[chosen] = left[chosen]
        covered += np.where(chosen, left, 0).sum(axis=1)
        count += chosen.sum(axis=1)
        left[chosen] = 0

        later = no_emotion & taken[:, :_EMOTIONS].any(axis=1)
        taken[later, _EMOTIONS:] = 0
        count -= later
        active &= (4 * covered < 3 * total) & (count < 3) & ~no_emotion
    decided = (2 * taken.sum(axis=1) > total) & (count <= 3)
    return _soft_labels(decided, taken)


def multi_target(votes: np.ndarray) -> Labels:
    """The official sets of labels: every class with 30 % of the votes.

    Dropped if these hold half of the votes or less together. Single votes are left out.
    """
    votes = _without_single(votes)
    total = votes.sum(axis=1, keepdims=True)
    named = np.where(10 * votes >= 3 * total, votes, 0)
    decided = 2 * named.sum(axis=1) > total[:, 0]
    return _soft_labels(decided, named)


LABELLINGS: dict[str, Callable[[np.ndarray], Labels]] = {
    'majority': majority,
    'strict_majority': strict_majority,
    'plurality': plurality,
    'plurality_of_emotions': plurality_of_emotions,
    'probability': probability,
    'multi_target': multi_target,
}
"""The conventions by name."""

PUBLISHED_COUNTS: dict[tuple[str, str], tuple[int, int, int]] = {
    ('fer2013new.csv', 'majority'): (25_060, 3_199, 3_153),
    ('label.csv', 'majority'): (25_045, 3_191, 3_137),
    ('fer2013new.csv', 'plurality_of_emotions'): (28_561, 3_579, 3_574),
    ('fer2013new.csv', 'plurality'): (28_389, 3_553, 3_546),
    ('fer2013new.csv', 'strict_majority'): (21_811, 2_862, 2_729),
    ('fer2013new.csv', 'probability'): (27_956, 3_505, 3_505),
}
"""Images with one of eight classes in Training, PublicTest and PrivateTest, for the
file of the votes and the convention."""

NAMED_IMAGES: dict[str, tuple[int, int, int]] = {
    'fer2013new.csv': (28_561, 3_579, 3_574),
    'label.csv': (28_558, 3_579, 3_573),
}
"""Rows with a name in the complete files of votes."""


def _without_single(votes: np.ndarray) -> np.ndarray:
    return np.where(votes > 1, votes, 0).astype(np.int32)


def _one_label(winner: np.ndarray, decided: np.ndarray) -> Labels:
    """Return the winners, each with the whole target."""
    return _soft_labels(decided, np.eye(len(VOTES), dtype=np.int32)[winner])


def _soft_labels(decided: np.ndarray, votes: np.ndarray) -> Labels:
    """Return the class of most votes, and shares of the votes for emotions.

    Undecided images and those of no emotion are dropped.
    """
    winner = votes.argmax(axis=1)
    kept = decided & (winner < _EMOTIONS)
    shares = votes[:, :_EMOTIONS].astype(np.float32)
    shares[~kept] = 0
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
    return np.where(kept, winner, DROPPED).astype(np.int8), shares
