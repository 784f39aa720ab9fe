"""Choose as many frames of every activity, spread evenly over its recordings."""

from __future__ import annotations

import numpy as np

from clef_mm.datasets.frame_table import FrameTable


def sample_activities(frames: FrameTable, count: int) -> np.ndarray:
    """Choose ``count`` frames of each activity; always the same ones.

    Every recording of an activity gives as many as the others, as far as it has them,
    at equal distances. An activity with fewer frames than asked for gives all.

    Args:
        frames: With the columns ``subject``, ``sequence`` and ``activity``.
        count: Frames of each activity.

    Returns:
        Mask (N,) of the frames chosen.
    """
    activity = np.asarray(frames.columns['activity'])
    subject = frames.columns['subject'].codes.astype(np.int64)
    sequence = frames.columns['sequence']
    recording = subject * len(sequence.names) + sequence.codes
    chosen = np.zeros(len(frames), bool)
    for one in np.unique(activity):
        rows = np.flatnonzero(activity == one)
        _, members, sizes = np.unique(
            recording[rows], return_inverse=True, return_counts=True
        )
        rows = rows[members.argsort(kind='stable')]
        starts = np.cumsum(sizes) - sizes
        for start, size, share in zip(
            starts, sizes, equal_shares(sizes, count), strict=True
        ):
            places = ((np.arange(share) + 0.5) * size / max(share, 1)).astype(int)
            chosen[rows[start + places]] = True
    return chosen


def equal_shares(sizes: np.ndarray, total: int) -> np.ndarray:
    """Divide ``total`` among parts as equally as their sizes allow.

    Args:
        sizes: (K,) what each part has.
        total: What to take in all; at most everything is taken.

    Returns:
        (K,) what to take of each. Two parts that are not used up differ by at most 1,
        and none of those used up gives more than they do.
    """
    sizes = np.asarray(sizes)
    shares = np.empty_like(sizes)
    left = min(total, int(sizes.sum()))
    # From the smallest part on: what it cannot give falls to those behind it.
    for place, part in enumerate(sizes.argsort(kind='stable')):
        shares[part] = min(sizes[part], left // (len(sizes) - place))
        left -= shares[part]
    return shares
