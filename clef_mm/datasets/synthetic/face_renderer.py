"""Draws a face: identity + action unit intensities + conditions -> RGB image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from clef_mm.datasets.synthetic.action_units import face_parameters
from clef_mm.datasets.synthetic.canvas import FRAME, Canvas
from clef_mm.datasets.synthetic.conditions import STILL, Conditions
from clef_mm.datasets.synthetic.face_features import (
    draw_brows,
    draw_eyes,
    draw_mouth,
    draw_nostrils,
)
from clef_mm.datasets.synthetic.face_shape import (
    Parameters,
    brow_line,
    eye_shape,
    head_outline,
    mouth_shape,
)
from clef_mm.datasets.synthetic.facial_hair import draw_facial_hair, paint_hair_growth
from clef_mm.datasets.synthetic.head_dress import (
    paint_backdrop,
    paint_cover,
    paint_head_dress,
    paint_light,
)
from clef_mm.datasets.synthetic.head_pose import take_frame
from clef_mm.datasets.synthetic.identity import Identity
from clef_mm.datasets.synthetic.skin_relief import Relief, paint_relief

_OVERSAMPLING = 2
_SEAM = 8.0  # design units over which the halves of a one-sided face blend
_NOISE_STD = 32  # grey levels in the stored noise
_NOISE_MARGIN = 64  # pixels by which noise may be shifted


def render(
    identity: Identity,
    intensities: Mapping[int, float],
    conditions: Conditions = STILL,
    size: int = 96,
    *,
    left: Mapping[int, float] | None = None,
) -> np.ndarray:
    """Draw one frame.

    Args:
        identity: Whose face.
        intensities: AU number to intensity in [0, 1]; AUs left out are at rest.
        conditions: Pose, light, gaze and noise.
        size: Side of the frame in pixels, at least 16.
        left: Intensities of the left half of the image, where the expression is
            one-sided; by default the face is symmetric.

    Returns:
        RGB image of shape (size, size, 3), uint8. Equal arguments give equal images.

    Raises:
        ValueError: An AU is unknown, an intensity is outside [0, 1] or `size` < 16.
    """
    if size < 16:
        raise ValueError(f'size {size} is too small to draw a face; use at least 16')
    face = face_parameters(intensities)
    studio = _studio(identity, size * _OVERSAMPLING)
    drawing = _draw_face(identity, face, conditions, studio)
    if left is not None:
        other = _draw_face(identity, face_parameters(left), conditions, studio)
        drawing = _join_halves(other, drawing)
    gain = conditions.gain / 128
    drawing = cv2.multiply(drawing, studio.light, scale=gain)
    frame = take_frame(drawing, identity.scene, conditions, size)
    return _add_noise(frame, identity.scene.noise, conditions.noise_seed)


def silhouette(
    identity: Identity,
    intensities: Mapping[int, float],
    conditions: Conditions = STILL,
    size: int = 96,
    *,
    left: Mapping[int, float] | None = None,
) -> np.ndarray:
    """Find where the frame that `render` draws shows the person and not the wall.

    Args:
        identity: As given to `render`.
        intensities: As given to `render`.
        conditions: As given to `render`.
        size: As given to `render`.
        left: As given to `render`.

    Returns:
        Share of the person, (size, size), uint8, 255 = nothing of the wall.
    """
    pixels = size * _OVERSAMPLING
    cover = paint_cover(identity, pixels)
    cv2.max(cover, _studio(identity, pixels).dress_cover, dst=cover)
    for shown in [intensities] if left is None else [intensities, left]:
        outline = head_outline(identity, face_parameters(shown))
        Canvas(cover).fill(outline, 255)
    return take_frame(cover, identity.scene, conditions, size)


@dataclass(frozen=True, slots=True)
class _Studio:
    """Everything about a subject that is drawn only once; see `head_dress`."""

    backdrop: np.ndarray
    dress: np.ndarray
    dress_cover: np.ndarray
    light: np.ndarray
    growth: tuple[np.ndarray, np.ndarray]  # see `paint_hair_growth`


@lru_cache(maxsize=4)
def _studio(identity: Identity, pixels: int) -> _Studio:
    dress, cover = paint_head_dress(identity, pixels)
    return _Studio(
        backdrop=paint_backdrop(identity, pixels),
        dress=dress,
        dress_cover=cover,
        light=paint_light(identity, pixels),
        growth=paint_hair_growth(identity, pixels),
    )


def _draw_face(
    identity: Identity, face: Parameters, conditions: Conditions, studio: _Studio
) -> np.ndarray:
    """Draw the frontal face on the backdrop, evenly lit."""
    canvas = Canvas(studio.backdrop.copy())
    eye = eye_shape(identity, face, conditions.openness)
    brow = brow_line(identity, face)
    mouth = mouth_shape(identity, face)
    outline = head_outline(identity, face)

    canvas.fill(outline, identity.skin.colour)
    if identity.hair.facial_hair != 'none':
        draw_facial_hair(canvas, identity, outline, mouth, studio.growth)
    relief = Relief()
    paint_relief(relief, identity, face, eye, brow, mouth)
    canvas = Canvas(relief.apply(canvas.image))

    draw_nostrils(canvas, identity, face)
    draw_mouth(canvas, identity, face, mouth)
    draw_eyes(canvas, identity, face, eye, conditions)
    draw_brows(canvas, identity, brow)
    cv2.copyTo(studio.dress, studio.dress_cover, canvas.image)
    return canvas.image


def _join_halves(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Take each half from another drawing, blended across the midline."""
    pixels = right.shape[1]
    units = (np.arange(pixels) + 0.5) * FRAME / pixels - FRAME / 2
    share = np.clip(0.5 + units / _SEAM, 0, 1).astype(np.float32)
    share = np.broadcast_to(share, right.shape[:2]).copy()
    return cv2.blendLinear(right, left, share, 1 - share)


@lru_cache(maxsize=4)
def _noise_plate(size: int) -> np.ndarray:
    """Stored camera noise, larger than a frame, around 128."""
    side = size + _NOISE_MARGIN
    rng = np.random.default_rng(0)
    noise = 128 + _NOISE_STD * rng.standard_normal((side, side, 3), dtype=np.float32)
    return np.clip(np.rint(noise), 0, 255).astype(np.uint8)


def _add_noise(frame: np.ndarray, std: float, seed: int) -> np.ndarray:
    """Add a piece of the stored noise, cut out where `seed` says."""
    size = frame.shape[0]
    row, column = seed % _NOISE_MARGIN, seed // _NOISE_MARGIN % _NOISE_MARGIN
    plate = _noise_plate(size)[row : row + size, column : column + size]
    weight = std / _NOISE_STD
    return cv2.addWeighted(frame, 1.0, plate, weight, -128 * weight)
