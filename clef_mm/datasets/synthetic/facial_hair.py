"""Beards and moustaches, thin enough to show the skin that moves below them."""

from __future__ import annotations

import cv2
import numpy as np

from clef_mm.datasets.synthetic.canvas import FRAME, Canvas
from clef_mm.datasets.synthetic.face_shape import MouthShape
from clef_mm.datasets.synthetic.identity import Identity

_SIZE = 96  # pixels of the layer in which a beard is laid out
_STUBBLE = 0.45  # density of stubble relative to a beard


def paint_hair_growth(identity: Identity, pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw, once per subject, hair that could grow anywhere.

    Returns:
        RGB image full of hair (pixels, pixels, 3), and its opacity per unit of density
        (pixels, pixels), float32 in [0, 1] / 255, uneven as hair is.
    """
    colour = np.empty((pixels, pixels, 3), np.uint8)
    colour[...] = identity.hair.colour
    rng = np.random.default_rng(identity.skin.texture_seed)
    grain = cv2.resize(rng.uniform(0.5, 1.0, size=(128, 128)), (pixels, pixels))
    return colour, (grain / 255).astype(np.float32)


def draw_facial_hair(
    canvas: Canvas,
    identity: Identity,
    outline: np.ndarray,
    mouth: MouthShape,
    growth: tuple[np.ndarray, np.ndarray],
) -> None:
    """Draw the subject's facial hair around the mouth.

    Args:
        canvas: The face so far.
        identity: Whose hair.
        outline: Of the head, (N, 2).
        mouth: The hair follows the lips.
        growth: From `paint_hair_growth`.
    """
    density = cv2.blur(_density(identity, outline, mouth), (3, 3))
    rows = canvas.rows(54, FRAME)
    colour, opacity = growth
    weight = cv2.resize(density, canvas.image.shape[:2])[rows] * opacity[rows]
    image = canvas.image[rows]
    image[...] = cv2.blendLinear(colour[rows], image, weight, 1 - weight)


def _density(identity: Identity, outline: np.ndarray, mouth: MouthShape) -> np.ndarray:
    """How dense the hair grows where, (96, 96), uint8."""
    kind = identity.hair.facial_hair
    level = int(255 * identity.hair.facial_hair_density)
    if kind == 'stubble':
        level = int(level * _STUBBLE)
    region = Canvas(np.zeros((_SIZE, _SIZE), np.uint8))
    if kind in ('beard', 'stubble'):
        jaw = outline[outline[:, 1] > 56]
        jaw = jaw[np.argsort(np.arctan2(jaw[:, 0], jaw[:, 1] - 56))]
        cheeks = [(24.0, 62.0), (16.0, 71.0), (-16.0, 71.0), (-24.0, 62.0)]
        region.fill(np.concatenate([jaw, np.array(cheeks)]), level)
    if kind == 'goatee':
        chin = float(outline[:, 1].max())
        middle = (mouth.bottom + chin) / 2 + 1
        region.ellipse((0, middle), (7.5, (chin - mouth.bottom) / 2), level)
    if kind != 'none':
        region.fill(_moustache(identity, mouth), level)
    return region.image


def _moustache(identity: Identity, mouth: MouthShape) -> np.ndarray:
    """Outline of the hair between nose and upper lip, (6, 2)."""
    x, y = mouth.half_width + 1, mouth.corner_y - 0.5
    high, low = identity.nose.base_y + 3.0, mouth.top + 0.6
    points = [(-x, y), (-4.5, high), (0, high + 0.6), (4.5, high), (x, y), (0, low)]
    return np.array(points)
