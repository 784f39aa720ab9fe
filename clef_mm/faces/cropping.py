"""Cut faces out of frames as a :class:`CropPolicy` says."""

from __future__ import annotations

import cv2
import numpy as np

from clef_mm.faces.crop_policy import CropPolicy

_FINEST = 4  # a face is warped at no more than this times the size of its crop


def crop_face(
    image: np.ndarray,
    policy: CropPolicy,
    points: np.ndarray | None = None,
    box: np.ndarray | None = None,
) -> np.ndarray:
    """Cut out one face.

    Args:
        image: (H, W, 3) uint8.
        policy: How.
        points: (5, 2) pixels in the order of :class:`clef_mm.faces.Face`; needed for a
            similarity.
        box: (4,) x0, y0, x1, y1 in pixels; needed for a box.

    Returns:
        (size, size, 3) uint8.
    """
    if policy.kind == 'whole':
        square = square_crop(image)
        return resize(square, policy.size) if policy.size else square
    if policy.kind == 'similarity':
        return _warp(image, alignment(points, policy.scale), policy)
    corners = np.asarray(box, np.float64).reshape(2, 2)
    return _warp(image, _framed(np.eye(2), corners, policy.scale), policy)


def alignment(points: np.ndarray, scale: float) -> np.ndarray:
    """Return the similarity that levels the eyes and frames the face, after JAA-Net.

    The frame is turned until the eye centres are level. The crop is a square around
    the middle of the extent of eyes, nose tip and mouth corners; its side is ``scale``
    times the longer side of that extent (JAA-Net: 2.9).

    Args:
        points: (5, 2) pixels.
        scale: Side of the crop over the extent of the points.

    Returns:
        (2, 3) matrix from pixels of the image to the unit square.
    """
    points = np.asarray(points, np.float64)
    across = points[1] - points[0]
    cosine, sine = across / np.hypot(*across)
    rotation = np.array([[cosine, sine], [-sine, cosine]])
    return _framed(rotation, points @ rotation.T, scale)


def _framed(rotation: np.ndarray, points: np.ndarray, scale: float) -> np.ndarray:
    """Rotate; map the square around the extent of points (N, 2) to the unit square."""
    low, high = points.min(axis=0), points.max(axis=0)
    side = scale * (high - low).max()
    corner = (low + high - side) / 2
    return np.column_stack([rotation, -corner]) / side


def _warp(image: np.ndarray, to_unit: np.ndarray, policy: CropPolicy) -> np.ndarray:
    """Sample the unit square at the policy's size.

    Bilinear sampling looks at four pixels; where a crop shrinks what it shows, it would
    skip the others and fine wrinkles would flicker. So the face is warped at about its
    own resolution and then averaged.
    """
    shrinks_by = 1 / (policy.size * np.hypot(*to_unit[0, :2]))
    fine = policy.size * int(np.clip(np.ceil(shrinks_by), 1, _FINEST))
    matrix = to_unit * fine
    # Coordinates count from the centre of the first pixel, half a pixel inside.
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
    border = [policy.border] * 3
    warped = cv2.warpAffine(image, matrix, (fine, fine), borderValue=border)
    return resize(warped, policy.size)


def square_crop(image: np.ndarray) -> np.ndarray:
    """Return the largest centred square of an image (H, W, 3), without copying."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return image[top : top + side, left : left + side]


def resize(image: np.ndarray, size: int) -> np.ndarray:
    """Resize a square image to (size, size, 3), averaging when it shrinks."""
    if image.shape[0] == size:
        return image
    shrinks = image.shape[0] > size
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (size, size), interpolation=interpolation)
