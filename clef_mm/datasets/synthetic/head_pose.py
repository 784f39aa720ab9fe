"""Head pose as a warp of the frontal drawing: a relief seen from another side."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from clef_mm.datasets.synthetic.canvas import FRAME
from clef_mm.datasets.synthetic.conditions import Conditions
from clef_mm.datasets.synthetic.identity import Scene

_CENTRE = (0.0, 50.0)  # design units; heads turn about this point
_HEAD_DEPTH, _NOSE_DEPTH = 13.0, 5.0  # design units towards the camera
_INVERSION_STEPS = 30  # halve the error each; see `find_points`


@lru_cache(maxsize=4)
def _grid(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Place of every output pixel about the centre, and depth there; (S, S) each."""
    units = ((np.arange(size) + 0.5) * FRAME / size).astype(np.float32)
    x, y = np.meshgrid(units - FRAME / 2 - _CENTRE[0], units - _CENTRE[1])
    return x, y, _depth(x, y).astype(np.float32)


def _depth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How far the head stands out towards the camera, about its centre."""
    radius = (x / 34) ** 2 + (y / 44) ** 2
    depth = _HEAD_DEPTH * np.sqrt(np.clip(1 - radius, 0, None))
    depth += _NOSE_DEPTH * np.exp(-((x / 6) ** 2) - ((y - 5) / 10) ** 2)
    return depth


def take_frame(
    drawing: np.ndarray, scene: Scene, conditions: Conditions, size: int
) -> np.ndarray:
    """Photograph a frontal drawing under a pose.

    Args:
        drawing: RGB image of shape (2 * size, 2 * size, 3).
        scene: Camera position of the recording.
        conditions: Pose of this frame.
        size: Side of the photograph in pixels.

    Returns:
        RGB image of shape (size, size, 3).
    """
    x, y, depth = _grid(size)
    roll = scene.roll + conditions.roll
    zoom = scene.zoom * conditions.zoom
    cos, sin = np.cos(roll) / zoom, np.sin(roll) / zoom
    shift_x = scene.shift_x + conditions.shift_x
    shift_y = scene.shift_y + conditions.shift_y
    scale = 2 * size / FRAME
    # Affine part, then parallax: what is nearer to the camera moves further.
    start_x = _CENTRE[0] + FRAME / 2 - cos * shift_x - sin * shift_y
    start_y = _CENTRE[1] + sin * shift_x - cos * shift_y
    turn, nod = np.sin(conditions.yaw), np.sin(conditions.pitch)
    # Pixel k covers [k, k + 1); OpenCV means its middle by the number k.
    map_x = np.float32(cos * scale) * x
    map_x += np.float32(sin * scale) * y
    map_x -= np.float32(turn * scale) * depth
    map_x += np.float32(start_x * scale - 0.5)
    map_y = np.float32(cos * scale) * y
    map_y -= np.float32(sin * scale) * x
    map_y -= np.float32(nod * scale) * depth
    map_y += np.float32(start_y * scale - 0.5)
    return cv2.remap(
        drawing, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def find_points(
    points: np.ndarray, scene: Scene, conditions: Conditions, size: int
) -> np.ndarray:
    """Find where points of the frontal drawing lie in the photograph of `take_frame`.

    Args:
        points: Design units of the drawing, (N, 2).
        scene: As given to `take_frame`.
        conditions: As given to `take_frame`.
        size: Side of the photograph in pixels.

    Returns:
        Pixels of the photograph, (N, 2); (0, 0) is the middle of the first pixel.
    """
    roll = scene.roll + conditions.roll
    zoom = scene.zoom * conditions.zoom
    shift = np.array(
        [scene.shift_x + conditions.shift_x, scene.shift_y + conditions.shift_y]
    )
    turn = np.sin([conditions.yaw, conditions.pitch])
    cos, sin = np.cos(roll) * zoom, np.sin(roll) * zoom
    # The warp says where a pixel comes from. Its inverse is the fixed point of
    # "undo the parallax that belongs to the present guess, then turn and move".
    forward = np.array([[cos, -sin], [sin, cos]])
    start = points - np.array(_CENTRE)
    found = start @ forward.T + shift
    for _ in range(_INVERSION_STEPS):
        parallax = _depth(found[:, :1], found[:, 1:]) * turn
        found = 0.5 * found + 0.5 * ((start + parallax) @ forward.T + shift)
    corner = found + np.array(_CENTRE) + np.array([FRAME / 2, 0.0])
    return corner * size / FRAME - 0.5
