"""Cuts faces out of photographs, as datasets do, from their landmarks."""

from __future__ import annotations

import cv2
import numpy as np

from clef_mm.datasets.synthetic.landmarks import five_points

# Where an aligned face has its eyes and the middle of its mouth, share of the side.
_ALIGNED = np.array([[0.32, 0.40], [0.68, 0.40], [0.50, 0.76]])


def face_square(points: np.ndarray, margin: float) -> tuple[float, float, float]:
    """Square around all landmarks: left, top and side in pixels, not rounded.

    Args:
        points: Landmarks, (N, 2).
        margin: Side relative to the longer side of the box around the points.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max()) * margin
    left, top = ((low + high) / 2 - side / 2).tolist()
    return left, top, side


def square_crop(points: np.ndarray, size: int, *, margin: float) -> np.ndarray:
    """Map that scales the square of `face_square` to (size, size) pixels, (2, 3)."""
    left, top, side = face_square(points, margin)
    scale = size / side
    # The square begins at the edge of the first pixel, half a pixel before its middle.
    shift = -scale * np.array([left, top]) - 0.5
    return np.column_stack([scale * np.eye(2), shift])


def aligned_crop(points: np.ndarray, size: int) -> np.ndarray:
    """Similarity that puts eyes and mouth of 68 landmarks in their places, (2, 3)."""
    five = five_points(points)
    source = np.stack([five[0], five[1], five[3:].mean(axis=0)])
    target = _ALIGNED * size - 0.5
    return _similarity(source, target)


def cut(image: np.ndarray, crop: np.ndarray, size: int) -> np.ndarray:
    """Cut out a square; what lies outside the image is black.

    Args:
        image: (H, W, 3), uint8.
        crop: Map from the image to the square, (2, 3).
        size: Side of the square in pixels.

    Returns:
        (size, size, 3), uint8.
    """
    scale = float(np.hypot(*crop[0, :2]))
    if scale < 1:  # or fine lines would flicker
        image = cv2.GaussianBlur(image, (0, 0), 0.4 / scale)
    return cv2.warpAffine(image, crop, (size, size))


def move(points: np.ndarray, crop: np.ndarray) -> np.ndarray:
    """Where points of the image lie in a crop, (N, 2)."""
    return points @ crop[:, :2].T + crop[:, 2]


def _similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Turn, scale and shift that brings points to others with least squares, (2, 3)."""
    middle, aim = source.mean(axis=0), target.mean(axis=0)
    # In complex numbers, turning and scaling are one factor.
    here = (source - middle) @ [1, 1j]
    there = (target - aim) @ [1, 1j]
    factor = np.vdot(here, there) / np.vdot(here, here)
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turn, aim - turn @ middle])
