"""Landmarks of a rendered face: known from the shapes that were drawn.

The numbering is that of the 68 points of the iBUG 300-W mark-up, counted from 0 and
from the left edge of the image:

    0-16 jaw, 17-21 and 22-26 brows, 27-30 bridge of the nose, 31-35 nostrils,
    36-41 and 42-47 eyes, 48-59 outer and 60-67 inner edge of the lips.

Smaller sets leave points out of it; their order stays.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clef_mm.datasets.synthetic.action_units import face_parameters
from clef_mm.datasets.synthetic.canvas import mirror
from clef_mm.datasets.synthetic.conditions import STILL, Conditions
from clef_mm.datasets.synthetic.face_shape import (
    Parameters,
    brow_line,
    eye_shape,
    head_outline,
    mouth_shape,
)
from clef_mm.datasets.synthetic.head_pose import find_points
from clef_mm.datasets.synthetic.identity import Identity

JAW = slice(0, 17)
LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)  # of the image
NOSE_TIP = 30
MOUTH_CORNERS = (48, 54)

_INNER_MOUTH_CORNERS = {60, 64}
_MIDLINE = (8, 27, 28, 29, 30, 33, 51, 57, 62, 66)

LANDMARK_SETS: Mapping[int, tuple[int, ...]] = {
    68: tuple(range(68)),
    66: tuple(k for k in range(68) if k not in _INNER_MOUTH_CORNERS),
    49: tuple(k for k in range(17, 68) if k not in _INNER_MOUTH_CORNERS),
}
"""How many points a set has: which of the 68 they are."""


def face_landmarks(
    identity: Identity,
    intensities: Mapping[int, float],
    conditions: Conditions = STILL,
    size: int = 96,
    *,
    count: int = 68,
    left: Mapping[int, float] | None = None,
) -> np.ndarray:
    """Landmarks in the frame that `render` draws from the same arguments.

    Args:
        identity: Whose face.
        intensities: AU number to intensity in [0, 1].
        conditions: Pose and blink.
        size: Side of the frame in pixels.
        count: Number of points: 68, 66 (no inner mouth corners) or 49 (no jaw either).
        left: Intensities of the left half of the image, where they differ.

    Returns:
        x and y in pixels, (count, 2), float; (0, 0) is the middle of the first pixel.
        Points may lie outside the frame.

    Raises:
        ValueError: There is no set of `count` points, or an intensity is impossible.
    """
    if count not in LANDMARK_SETS:
        known = ', '.join(map(str, LANDMARK_SETS))
        raise ValueError(f'no set of {count} landmarks; choose from {known}')
    points = _drawn_points(identity, face_parameters(intensities), conditions.openness)
    if left is not None:
        other = _drawn_points(identity, face_parameters(left), conditions.openness)
        points = _join_halves(points, other)
    chosen = points[list(LANDMARK_SETS[count])]
    return find_points(chosen, identity.scene, conditions, size)


def five_points(points: np.ndarray) -> np.ndarray:
    """Eye centres, nose tip and mouth corners of 68 landmarks: (68, 2) -> (5, 2)."""
    return np.stack(
        [
            points[LEFT_EYE].mean(axis=0),
            points[RIGHT_EYE].mean(axis=0),
            points[NOSE_TIP],
            *points[list(MOUTH_CORNERS)],
        ]
    )


def _drawn_points(identity: Identity, face: Parameters, openness: float) -> np.ndarray:
    """All 68 points on the frontal drawing, design units, (68, 2)."""
    points = np.zeros((68, 2))
    points[JAW] = _jaw(identity, face)
    brow = brow_line(identity, face)[::2]
    shift = np.array([0.0, identity.brows.asymmetry / 2])
    points[22:27] = brow + shift
    points[17:22] = mirror(brow - shift)[::-1]
    points[27:36] = _nose(identity, face)
    eye = eye_shape(identity, face, openness)
    inner, outer = eye.upper[0], eye.upper[-1]
    right = [inner, eye.upper[4], eye.upper[8], outer, eye.lower[8], eye.lower[4]]
    points[RIGHT_EYE] = right
    points[LEFT_EYE] = mirror(points[RIGHT_EYE])[[3, 2, 1, 0, 5, 4]]
    points[48:68] = _mouth(identity, face)
    return points


def _jaw(identity: Identity, face: Parameters) -> np.ndarray:
    """From the left to the right temple by way of the chin, (17, 2)."""
    lower_half = head_outline(identity, face)[:29][::-1]
    at = np.linspace(0, len(lower_half) - 1, 17)
    index = np.arange(len(lower_half))
    return np.stack([np.interp(at, index, axis) for axis in lower_half.T], axis=1)


def _nose(identity: Identity, face: Parameters) -> np.ndarray:
    """Bridge from top to tip, then the nostrils from left to right, (9, 2)."""
    nose = identity.nose
    lift = 1.3 * face['nose_wrinkle'] + face['upper_lip_raise']
    wide = nose.half_width * (1 + 0.2 * face['upper_lip_raise'])
    tip = nose.base_y - lift - 2.6
    bridge = [(0.0, y) for y in np.linspace(identity.eyes.y - 1.0, tip, 4)]
    base = [
        (share * wide, nose.base_y - lift + drop)
        for share, drop in ((-0.8, 0.0), (-0.4, 0.9), (0, 1.4), (0.4, 0.9), (0.8, 0.0))
    ]
    return np.array(bridge + base)


def _mouth(identity: Identity, face: Parameters) -> np.ndarray:
    """Outer, then inner edge of the lips, (20, 2)."""
    mouth = mouth_shape(identity, face)
    upper_edge, lower_edge = mouth.upper_lip[:17], mouth.lower_lip[17:][::-1]
    lower_line = mouth.gap[17:][::-1]
    return np.concatenate(
        [
            upper_edge[[0, 3, 6, 8, 10, 13, 16]],
            lower_edge[[13, 10, 8, 6, 3]],
            mouth.line[[1, 5, 8, 11, 15]],
            lower_line[[11, 8, 5]],
        ]
    )


def _join_halves(right: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Take each point from the half of the face that it lies in."""
    share = np.where(right[:, 0] < 0, 1.0, 0.0)
    share[list(_MIDLINE)] = 0.5
    return right + share[:, None] * (left - right)
