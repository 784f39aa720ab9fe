"""The manual annotation of RAF-DB: one small file for each image."""

from __future__ import annotations

from pathlib import Path

import numpy as np

_NUMBERS = 13  # five points of x and y, then gender, race and age
_CODES = ((0, 1, 2), (0, 1, 2), (0, 1, 2, 3, 4))  # of these three


def read_annotation(path: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Read such as ``Annotation/manual/train_00001_manu_attri.txt``.

    The file holds a point a line (``x<TAB>y``): two eyes, nose tip, two mouth corners;
    then gender, race and age as codes.

    Returns:
        Points (5, 2) float32 in pixels of the original image, eye and mouth corner on
        the image's left before those on its right; and the three codes, int8. None if
        the file is missing or holds something else.
    """
    try:
        words = path.read_text(encoding='utf-8-sig').split()
        numbers = np.array([float(word) for word in words], np.float32)
    except (OSError, ValueError):
        return None
    if len(numbers) != _NUMBERS or not np.isfinite(numbers).all():
        return None
    if any(n not in codes for n, codes in zip(numbers[10:], _CODES, strict=True)):
        return None
    return _as_seen(numbers[:10].reshape(5, 2)), numbers[10:].astype(np.int8)


def _as_seen(points: np.ndarray) -> np.ndarray:
    """Exchange the sides if they are the person's and not the image's.

    From the eye on the image's left to the other one, the mouth lies clockwise, however
    the head is rolled.
    """
    across = points[1] - points[0]
    down = points[3:].mean(axis=0) - points[:2].mean(axis=0)
    clockwise = across[0] * down[1] - across[1] * down[0] >= 0
    return points if clockwise else points[[1, 0, 2, 4, 3]]
