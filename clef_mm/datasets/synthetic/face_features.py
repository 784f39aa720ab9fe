"""Draws the features of a face that have colours of their own, on shaded skin."""

from __future__ import annotations

import cv2
import numpy as np

from clef_mm.datasets.synthetic.canvas import Canvas, mirror
from clef_mm.datasets.synthetic.conditions import Conditions
from clef_mm.datasets.synthetic.face_shape import (
    EyeShape,
    MouthShape,
    Parameters,
    brow_outline,
)
from clef_mm.datasets.synthetic.head_dress import tinted
from clef_mm.datasets.synthetic.identity import Colour, Identity


def draw_nostrils(canvas: Canvas, identity: Identity, face: Parameters) -> None:
    """Draw both nostrils; they rise and widen with the upper lip."""
    nose = identity.nose
    lift = 1.3 * face['nose_wrinkle'] + 1.0 * face['upper_lip_raise']
    wide = 1 + 0.2 * face['upper_lip_raise']
    dark = tinted(identity.skin.colour, 0.34)
    for side in (1, -1):
        centre = (side * nose.half_width * 0.48 * wide, nose.base_y - lift)
        axes = (nose.nostril * 1.35 * wide, nose.nostril * 0.8)
        canvas.ellipse(centre, axes, dark, angle=-12 * side)


def draw_mouth(
    canvas: Canvas, identity: Identity, face: Parameters, mouth: MouthShape
) -> None:
    """Draw the lips and what shows between them."""
    upper, lower = _lip_colours(identity)
    if mouth.opening > 0.3:
        canvas.fill(mouth.gap, (58, 22, 26))
        _draw_teeth(canvas, mouth)
    canvas.fill(mouth.upper_lip, upper)
    canvas.fill(mouth.lower_lip, lower)
    glow = mouth.lower_lip[17:].mean(axis=0)[1] - 0.9
    if mouth.bottom - glow > 0.8 and face['lip_press'] < 0.5:
        gloss = (0.0, float(glow))
        canvas.ellipse(gloss, (mouth.half_width * 0.38, 0.45), tinted(lower, 1.16))
    if mouth.opening <= 0.3:
        width = 0.8 + 0.4 * face['lip_press'] + 0.2 * face['lip_tighten']
        canvas.stroke(mouth.line, tinted(upper, 0.40), width)
    for side in (1, -1):
        corner = (side * (mouth.half_width - 0.2), mouth.corner_y)
        canvas.ellipse(corner, (0.9, 0.7), tinted(upper, 0.45))


def _draw_teeth(canvas: Canvas, mouth: MouthShape) -> None:
    """Upper teeth hang from the upper lip down to at most 2.6 units."""
    height = min(0.72 * mouth.opening, 2.6)
    middle = mouth.line[3:-3]
    lower = middle + np.array([0.0, height])
    # The row of teeth ends where the gap does.
    share = np.cos(np.linspace(-np.pi / 2, np.pi / 2, len(middle))) ** 0.5
    lower[:, 1] = middle[:, 1] + (lower[:, 1] - middle[:, 1]) * share
    canvas.fill(np.concatenate([middle, lower[::-1]]), (232, 226, 214))


def _lip_colours(identity: Identity) -> tuple[Colour, Colour]:
    """Upper and lower lip; the lower one catches more light."""
    skin = np.array(identity.skin.colour, dtype=float)
    red = np.array([0.94, 0.50, 0.50]) * skin + np.array([8, 0, 4])
    pale = np.array([0.90, 0.68, 0.66]) * skin
    mixed = pale + (red - pale) * identity.mouth.redness
    lower = tuple(int(value) for value in np.clip(mixed, 0, 255))
    return tinted(lower, 0.82), lower


def draw_eyes(
    canvas: Canvas,
    identity: Identity,
    face: Parameters,
    eye: EyeShape,
    conditions: Conditions,
) -> None:
    """Draw both eyeballs where the lids leave them open, and the lids."""
    ball = Canvas(canvas.image.copy())
    opening = Canvas(np.zeros(canvas.image.shape[:2], np.uint8))
    colour, skin = identity.eyes.colour, identity.skin.colour
    gaze = np.array([conditions.gaze_x, conditions.gaze_y])
    for side in (1, -1):
        outline = eye.outline if side > 0 else mirror(eye.outline)
        ball.fill(outline, (236, 232, 226))
        x, y = np.array([side * eye.centre[0], eye.centre[1]]) + gaze
        ball.ellipse((x, y), (3.3, 3.3), tinted(colour, 0.55))
        ball.ellipse((x, y), (2.7, 2.7), colour)
        ball.ellipse((x, y), (1.3, 1.3), (12, 10, 10))
        ball.ellipse((x - 0.9, y - 1.0), (0.6, 0.6), (250, 250, 250))
        opening.fill(outline, 255)
    cv2.copyTo(ball.image, opening.image, canvas.image)
    lash = tinted(skin, 0.22)
    crease_up = identity.eyes.crease * (1 - 0.5 * face['lid_raise']) + 0.6
    for side in (1, -1):
        upper = eye.upper if side > 0 else mirror(eye.upper)
        lower = eye.lower if side > 0 else mirror(eye.lower)
        fold = upper[1:-1] - np.array([0.0, crease_up])
        canvas.stroke(fold, tinted(skin, 0.66), 0.5)
        canvas.stroke(upper, lash, 0.7 + 0.6 * identity.eyes.lashes)
        canvas.stroke(lower, tinted(skin, 0.55), 0.5)


def draw_brows(canvas: Canvas, identity: Identity, brow: np.ndarray) -> None:
    """Draw both brows along the middle line of the right one, (9, 2)."""
    # Brows are hardly lighter than the hair, and always darker than the skin.
    hair, skin = identity.hair.colour, identity.skin.colour
    limit = 0.55 * sum(skin) / max(1, sum(hair))
    colour = tinted(hair, min(0.85, limit))
    shift = np.array([0.0, identity.brows.asymmetry / 2])
    outline = brow_outline(identity, brow)
    canvas.fill(outline + shift, colour)
    canvas.fill(mirror(outline - shift), colour)
