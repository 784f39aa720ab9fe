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

    The images are taken at equal distances from the training part sorted by class, so
    each class gives its share, rounded.

    Args:
        frames: With the columns ``subject`` (here the part) and ``gt_expression``.
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
    by_class = rows[np.argsort(classes, kind='stable')]
    places = (np.arange(count) + 0.5) * len(rows) / count
    chosen = by_class[places.astype(int)]
    codes = subjects.codes.copy()
    codes[chosen] = len(subjects.names)
    moved = Categories(codes, (*subjects.names, HELD_OUT))
    return FrameTable({**frames.columns, 'subject': moved})
