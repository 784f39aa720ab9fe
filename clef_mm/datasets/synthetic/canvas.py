"""Anti-aliased drawing in design units on an image of any size."""

from __future__ import annotations

import cv2
import numpy as np

FRAME = 96.0  # design units across and down a frame
_SHIFT = 4  # fractional bits of OpenCV's fixed-point coordinates
_STEPS = np.linspace(0.0, 1.0, 11)
_BEZIER = np.stack([(1 - _STEPS) ** 2, 2 * _STEPS * (1 - _STEPS), _STEPS**2], axis=1)
_SLOPE = np.stack([2 * _STEPS - 2, 2 - 4 * _STEPS, 2 * _STEPS], axis=1)
_TAPER = np.sin(np.pi * np.clip(_STEPS, 0.04, 0.96))

Value = int | tuple[int, int, int]
Point = tuple[float, float]


class Canvas:
    """An image with drawing methods that take design units.

    The point (0, 0) is the middle of the top edge; x grows to the right, y downwards.

    Args:
        image: uint8 image of shape (S, S) or (S, S, 3), drawn on in place.
    """

    def __init__(self, image: np.ndarray) -> None:
        self.image = image
        self.scale = image.shape[0] / FRAME
        self._factor = self.scale * (1 << _SHIFT)
        # Pixel k covers [k, k + 1); OpenCV means its middle by the number k.
        self._right = FRAME / 2 * self._factor - (1 << _SHIFT) / 2
        self._down = -(1 << _SHIFT) / 2
        self._offset = np.array([self._right, self._down])

    def fill(self, points: np.ndarray, value: Value) -> None:
        """Fill the polygon through `points` of shape (N, 2)."""
        fixed = [self._fixed(points)]
        cv2.fillPoly(self.image, fixed, value, cv2.LINE_AA, _SHIFT)

    def fill_many(self, polygons: np.ndarray, values: list[int]) -> None:
        """Fill polygons of shape (M, N, 2), one after the other."""
        for fixed, value in zip(self._fixed(polygons), values, strict=True):
            cv2.fillPoly(self.image, [fixed], value, cv2.LINE_AA, _SHIFT)

    def stroke(self, points: np.ndarray, value: Value, width: float) -> None:
        """Draw an open line of the given width through `points` of shape (N, 2)."""
        thickness = max(1, round(width * self.scale))
        fixed = [self._fixed(points)]
        cv2.polylines(self.image, fixed, False, value, thickness, cv2.LINE_AA, _SHIFT)

    def ellipse(
        self, centre: Point, axes: Point, value: Value, angle: float = 0.0
    ) -> None:
        """Fill an ellipse with half axes `axes`, turned by `angle` degrees."""
        factor = self._factor
        at = (
            round(centre[0] * factor + self._right),
            round(centre[1] * factor + self._down),
        )
        size = max(1, round(axes[0] * factor)), max(1, round(axes[1] * factor))
        cv2.ellipse(self.image, at, size, angle, 0, 360, value, -1, cv2.LINE_AA, _SHIFT)

    def rows(self, top: float, bottom: float) -> slice:
        """Rows of pixels between two heights in design units."""
        return slice(int(top * self.scale), int(np.ceil(bottom * self.scale)))

    def _fixed(self, points: np.ndarray) -> np.ndarray:
        """Design units (..., 2) to OpenCV's fixed-point pixels (..., 2)."""
        return np.rint(points * self._factor + self._offset).astype(np.int32)


def curve(start: Point, middle: Point, end: Point) -> np.ndarray:
    """Sample the quadratic Bezier curve with these three control points: (11, 2)."""
    return _BEZIER @ np.array([start, middle, end], dtype=float)


def creases(controls: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Outlines of curved lines that taper towards both ends.

    Args:
        controls: Start, middle and end point of each Bezier curve, (M, 3, 2).
        widths: Width of each line in the middle, (M,).

    Returns:
        Polygons of shape (M, 22, 2).
    """
    lines, slopes = _BEZIER @ controls, _SLOPE @ controls
    length = np.hypot(slopes[..., 0], slopes[..., 1]) + 1e-9
    half = _TAPER * widths[:, None] / (2 * length)
    offsets = slopes[..., ::-1] * np.array([-1.0, 1.0]) * half[..., None]
    return np.concatenate([lines + offsets, (lines - offsets)[:, ::-1]], axis=1)


def mirror(points: np.ndarray) -> np.ndarray:
    """Reflect points of shape (..., 2) in the face's midline."""
    return points * np.array([-1.0, 1.0])
