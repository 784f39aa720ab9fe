"""Where the parts of a face lie: outlines from identity and face parameters.

All functions return points in design units (see `identity`). Features that come in
pairs are given for the right half of the image (x > 0), to be mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clef_mm.datasets.synthetic.identity import Identity

Parameters = dict[str, float]

_ANGLES = np.linspace(0, 2 * np.pi, 57)[:-1]
_COS, _SIN = np.cos(_ANGLES), np.sin(_ANGLES)
_ALONG = np.linspace(-1, 1, 17)  # across the mouth
_EYE = np.linspace(-1, 1, 13)  # inner to outer corner
_BROW = np.linspace(0, 1, 9)  # inner to outer end


def head_outline(identity: Identity, face: Parameters) -> np.ndarray:
    """Outline of the head, shape (56, 2)."""
    skull = identity.skull
    middle = 44.0
    chin = skull.chin_y + 5.0 * face['jaw_drop'] - 0.7 * face['chin_boss']
    height = np.where(_SIN > 0, chin - middle, middle - skull.top_y)
    # The exponent of the lower half goes from an oval to a square jaw.
    exponent = np.where(_SIN > 0, 1.02 - 0.30 * skull.jaw_squareness, 0.9)
    x = np.sign(_COS) * np.abs(_COS) ** exponent * skull.half_width
    y = middle + _SIN * height
    lifted = 0.9 * face['cheek_raise'] + 0.9 * face['corner_pull']
    cheek = np.exp(-(((y - 60) / 8) ** 2)) * (0.8 * skull.cheek_fullness + lifted)
    return np.stack([x + np.sign(_COS) * cheek, y], axis=1)


@dataclass(frozen=True, slots=True)
class EyeShape:
    """One eye: lid lines from the inner to the outer corner, each (13, 2)."""

    upper: np.ndarray
    lower: np.ndarray
    outline: np.ndarray
    centre: tuple[float, float]
    outer: tuple[float, float]


def eye_shape(identity: Identity, face: Parameters, openness: float) -> EyeShape:
    """Lids of the right eye; `openness` is 1 open .. 0 in a blink."""
    eyes = identity.eyes
    tighten, cheek = face['lid_tighten'], face['cheek_raise']
    upper = eyes.upper_opening * (1 - 0.52 * tighten) + 2.0 * face['lid_raise']
    lower = eyes.lower_opening * (1 - 0.80 * tighten) * (1 - 0.40 * cheek)
    # In a blink, the upper lid comes down to the lower one.
    upper = upper * openness - (lower - 0.1) * (1 - openness)
    x = eyes.spacing + eyes.half_width * _EYE
    corner_line = eyes.y - eyes.tilt * 0.5 * _EYE
    # A little fuller towards the nose above, towards the temple below.
    bulge = 1 - np.abs(_EYE) ** 2.2
    upper_y = corner_line - upper * bulge * (1 - 0.10 * _EYE)
    lower_y = corner_line + lower * bulge * (1 + 0.15 * _EYE)
    top = np.stack([x, upper_y], axis=1)
    bottom = np.stack([x, lower_y], axis=1)
    return EyeShape(
        upper=top,
        lower=bottom,
        outline=np.concatenate([top, bottom[::-1]]),
        centre=(eyes.spacing, eyes.y - 0.4),
        outer=(float(x[-1]), float(corner_line[-1])),
    )


def brow_line(identity: Identity, face: Parameters) -> np.ndarray:
    """Middle line of the right brow from its inner to its outer end, (9, 2)."""
    brows = identity.brows
    draw_in = 2.6 * face['brow_furrow'] * (1 - _BROW)
    x = brows.inner_x + brows.length * _BROW - draw_in
    rest = identity.eyes.y - brows.gap
    arch = brows.arch * np.sin(np.pi * _BROW**1.3)
    y = rest - arch + brows.tilt * (0.5 - _BROW)
    inner = face['brow_inner_raise'] * (1 - _BROW) ** 1.2
    y = y - 5.0 * inner
    y = y - 5.2 * face['brow_outer_raise'] * np.sin(0.62 * np.pi * _BROW) ** 1.3
    # Raised and lowered at once, a brow slants: the inner end wins.
    y = y + face['brow_lower'] * (4.0 - 1.6 * _BROW) * (1 - 0.5 * inner)
    return np.stack([x, y], axis=1)


def brow_outline(identity: Identity, line: np.ndarray) -> np.ndarray:
    """Outline of a brow around its middle line, (18, 2)."""
    profile = 0.72 + 0.5 * np.sin(np.pi * np.clip(_BROW * 0.9 + 0.08, 0, 1))
    profile = profile * np.clip(2.4 * (1 - _BROW) + 0.18, 0, 1)
    half = np.stack([np.zeros_like(profile), profile], axis=1)
    half = half * (identity.brows.thickness / 2)
    return np.concatenate([line - half, (line + half)[::-1]])


@dataclass(frozen=True, slots=True)
class MouthShape:
    """Lips and the gap between them.

    Attributes:
        upper_lip: Outline, (34, 2).
        lower_lip: Outline, (34, 2).
        gap: Outline of the opening between the lips, (34, 2).
        line: Lower edge of the upper lip, (17, 2).
        opening: Height of the gap in the middle.
        half_width: Midline to a mouth corner.
        corner_y: Height of the corners.
        top: Upper edge of the upper lip in the middle.
        bottom: Lower edge of the lower lip in the middle.
    """

    upper_lip: np.ndarray
    lower_lip: np.ndarray
    gap: np.ndarray
    line: np.ndarray
    opening: float
    half_width: float
    corner_y: float
    top: float
    bottom: float


def mouth_shape(identity: Identity, face: Parameters) -> MouthShape:
    """Lips of the whole mouth."""
    mouth = identity.mouth
    pull, depress = face['corner_pull'], face['corner_depress']
    tighten, press = face['lip_tighten'], face['lip_press']
    raised, pushed = face['upper_lip_raise'], face['lower_lip_raise']
    stretch, jaw = face['lip_stretch'], face['jaw_drop']

    half_width = mouth.half_width * (1 - 0.24 * tighten)
    half_width += 2.2 * pull + 3.4 * stretch + 0.4 * depress + 0.5 * press
    half_width += 0.6 * face['dimple']
    corner_y = mouth.y + mouth.corner_drop - 5.0 * pull + 4.8 * depress - 0.5 * pushed
    corner_y += 1.4 * jaw

    part = face['lips_part'] * (1 - press)
    upper_y = mouth.y - 1.9 * pushed - 2.6 * raised - 1.2 * part + 0.3 * pull
    lower_y = mouth.y - 1.9 * pushed + 1.6 * part + 5.2 * jaw * (1 - press)
    lower_y -= 1.2 * raised * (1 - part)
    lower_y += 0.3 * pull
    lower_y = max(lower_y, upper_y)

    thin = (1 - 0.50 * tighten) * (1 - 0.88 * press)
    upper = mouth.upper_thickness * thin * (1 - 0.25 * pull) * (1 - 0.15 * stretch)
    lower = mouth.lower_thickness * thin * (1 - 0.15 * stretch)
    lower *= 1 + 0.15 * pushed

    bend = np.abs(_ALONG) ** (1.8 + 1.0 * raised + 0.7 * depress)
    upper_bottom = upper_y + (corner_y - upper_y) * bend
    lower_top = lower_y + (corner_y - lower_y) * bend
    bow = 1 - mouth.bow * np.exp(-((_ALONG / 0.2) ** 2))
    upper_top = upper_bottom - upper * (1 - _ALONG**2) ** 0.8 * bow
    lower_bottom = lower_top + lower * (1 - _ALONG**2) ** 0.65

    x = half_width * _ALONG
    line = np.stack([x, upper_bottom], axis=1)
    upper_edge = np.stack([x, upper_top], axis=1)
    lower_line = np.stack([x, lower_top], axis=1)
    lower_edge = np.stack([x, lower_bottom], axis=1)
    return MouthShape(
        upper_lip=np.concatenate([upper_edge, line[::-1]]),
        lower_lip=np.concatenate([lower_line, lower_edge[::-1]]),
        gap=np.concatenate([line, lower_line[::-1]]),
        line=line,
        opening=float(lower_y - upper_y),
        half_width=float(half_width),
        corner_y=float(corner_y),
        top=float(upper_top[len(x) // 2]),
        bottom=float(lower_bottom[len(x) // 2]),
    )
