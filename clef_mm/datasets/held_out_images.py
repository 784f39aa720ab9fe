"""A validation part for photographs of unknown people.

RAF-DB and AffectNet publish no validation images. Where the epoch is to be chosen on
something else than the test part, some training images are set apart: always the same
ones, spread over the classes as the training part is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clef_mm.datasets.folds import SplitError
from clef_mm.datasets.frame_table import Categories, FrameTable

HELD_OUT = 'held out of train'
"""The part (in the place of a subject) that images set apart belong to."""


def hold_out_images(frames: FrameTable, count: int, parts: Sequence[str]) -> FrameTable:
    """Move images of the training parts to the part ``HELD_OUT``.

    Each class gives its share. Which of its images go depends on their numbers alone,
    so that an image more or less elsewhere, as where a crop was lost, changes nothing
    for the others.

    Args:
        frames: With the columns ``subject`` (here the part), ``frame`` and
            ``gt_expression``.
        count: Images to set apart.
        parts: Names of the training parts.

    Raises:
        SplitError: If there are not that many training images.
    """
    subjects = frames.columns['subject']
    rows = np.flatnonzero(subjects.isin(parts))
    if not 0 < count < len(rows):
        raise SplitError(f'cannot hold out {count} of {len(rows)} training images')
    classes = np.asarray(frames.columns['gt_expression'])[rows]
    lot = _lot(np.asarray(frames.columns['frame'])[rows])
    by_class = rows[np.lexsort([lot, classes])]
    # The first images of each class, as many as are due when the classes are counted
    # through: the rounding is spread over them and the sum is right.
    ends = np.cumsum(np.unique(classes, return_counts=True)[1])
    due = np.diff(np.round(ends * count / len(rows)).astype(int), prepend=0)
    starts = np.concatenate([[0], ends[:-1]])
    chosen = np.concatenate(
        [by_class[start : start + n] for start, n in zip(starts, due, strict=True)]
    )
    codes = subjects.codes.copy()
    codes[chosen] = len(subjects.names)
    moved = Categories(codes, (*subjects.names, HELD_OUT))
    return FrameTable({**frames.columns, 'subject': moved})


def _lot(numbers: np.ndarray) -> np.ndarray:
    """Draw a lot for each number, always the same: (N,) uint64, as good as random."""
    # The finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
