"""From the landmarks that datasets ship to the five points that align a face.

The 68 points are those of the iBUG 300-W mark-up, here counted from 0 and from the left
edge of the image: 0-16 jaw, 17-26 brows, 27-35 nose, 36-41 and 42-47 eyes, 48-67 lips.
66 points leave out the inner mouth corners (60 and 64), 49 points also the jaw.
"""

from __future__ import annotations

import numpy as np

FIRST_POINT = {49: 17, 66: 0, 68: 0}
"""How many points a set has: the number, among the 68, of the first of them."""

_EYES = (slice(36, 42), slice(42, 48))
_NOSE_TIP = 30
_MOUTH_CORNERS = (48, 54)


def five_points(points: np.ndarray) -> np.ndarray:
    """Return eye centres, nose tip and mouth corners.

    An eye's centre is the mean of its six points. No point used stands behind those
    that the smaller sets leave out, so the sets differ in where they start.

    Args:
        points: (..., K, 2) x and y of 49, 66 or 68 landmarks.

    Returns:
        (..., 5, 2): eye on the image's left, on its right, nose tip, mouth corner on
        the left, on the right.

    Raises:
        ValueError: If K is another number.
    """
    points = np.asarray(points)
    count = points.shape[-2] if points.ndim >= 2 else None
    if count not in FIRST_POINT or points.shape[-1] != 2:
        raise ValueError(
            f'landmarks of shape {points.shape}; expected (..., K, 2) with K one of '
            f'{", ".join(map(str, FIRST_POINT))}'
        )
    first = FIRST_POINT[count]
    eyes = [
        points[..., eye.start - first : eye.stop - first, :].mean(axis=-2)
        for eye in _EYES
    ]
    others = [points[..., number - first, :] for number in (_NOSE_TIP, *_MOUTH_CORNERS)]
    return np.stack([*eyes, *others], axis=-2)
