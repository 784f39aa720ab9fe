"""What surrounds a face and does not move with it: hair, glasses, clothes, light.

Everything here depends on the identity alone and is drawn once per subject.
"""

from __future__ import annotations

import cv2
import numpy as np

from clef_mm.datasets.synthetic.canvas import FRAME, Canvas, curve, mirror
from clef_mm.datasets.synthetic.identity import Colour, Hair, Identity


def paint_backdrop(identity: Identity, pixels: int) -> np.ndarray:
    """Draw what lies behind the face: wall, hair, shoulders, neck and ears.

    Returns:
        RGB image of shape (pixels, pixels, 3).
    """
    scene = identity.scene
    slope = 1 + scene.background_gradient * np.linspace(-1, 1, pixels)[:, None, None]
    wall = np.broadcast_to(np.array(scene.background) * slope, (pixels, pixels, 3))
    canvas = Canvas(np.clip(wall, 0, 255).astype(np.uint8))
    _body(canvas, identity)
    return canvas.image


def paint_cover(identity: Identity, pixels: int) -> np.ndarray:
    """Find where `paint_backdrop` shows the person and not the wall.

    Returns:
        Share of the person, (pixels, pixels), uint8, 255 = nothing of the wall.
    """
    black = Canvas(np.zeros((pixels, pixels, 3), np.uint8))
    white = Canvas(np.full((pixels, pixels, 3), 255, np.uint8))
    for canvas in (black, white):
        _body(canvas, identity)
    return 255 - cv2.subtract(white.image, black.image).max(axis=2)


def _body(canvas: Canvas, identity: Identity) -> None:
    """Draw hair behind the head, neck, shoulders and ears."""
    scene, skull, hair = identity.scene, identity.skull, identity.hair
    width = skull.half_width
    if hair.style in ('long', 'curly'):
        _hair_behind(canvas, hair, width, skull.top_y)
    if hair.style == 'bun':
        canvas.ellipse((0, skull.top_y - 1), (9, 8), tinted(hair.colour, 0.85))
    shadowed = tinted(identity.skin.colour, 0.66)
    neck = [(-16, 74), (16, 74), (18, 90), (24, 97), (-24, 97), (-18, 90)]
    canvas.fill(np.array(neck, dtype=float), shadowed)
    shoulders = [(-48, 93), (-26, 89), (-14, 97), (14, 97), (26, 89), (48, 93)]
    corners = [(48, 98), (-48, 98)]
    canvas.fill(np.array(shoulders + corners, dtype=float), scene.clothes)
    for side in (1, -1):
        at = (side * (width - 0.2), identity.eyes.y + 5)
        canvas.ellipse(at, (3.6, 6.5), tinted(identity.skin.colour, 0.86))
        canvas.ellipse(at, (1.8, 4.2), tinted(identity.skin.colour, 0.66))


def _hair_behind(canvas: Canvas, hair: Hair, width: float, top: float) -> None:
    reach = width + 4 + 4 * hair.volume
    dark = tinted(hair.colour, 0.75)
    canvas.ellipse((0, 40), (reach, 42 - top + 4), dark)
    if hair.style == 'long':
        sides = [(-reach, 40), (reach, 40), (reach + 2, 98), (-reach - 2, 98)]
        canvas.fill(np.array(sides, dtype=float), dark)


def paint_head_dress(identity: Identity, pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw what lies in front of the face: the front of the hair and glasses.

    Returns:
        RGB image (pixels, pixels, 3) and where it covers the face: (pixels, pixels),
        uint8, 255 or 0.
    """
    colour = np.zeros((pixels, pixels, 3), np.uint8)
    colour[...] = identity.hair.colour
    paint, cover = Canvas(colour), Canvas(np.zeros((pixels, pixels), np.uint8))
    if identity.hair.style != 'bald':
        _hair_front(paint, cover, identity)
    if identity.hair.glasses != 'none':
        _glasses(paint, cover, identity)
    return paint.image, np.where(cover.image > 127, 255, 0).astype(np.uint8)


def _hair_front(paint: Canvas, cover: Canvas, identity: Identity) -> None:
    hair, skull = identity.hair, identity.skull
    outline = _hair_outline(identity)
    cover.fill(outline, 255)
    rng = np.random.default_rng(identity.skin.texture_seed)
    top = skull.top_y - 5
    for _ in range(60):
        x = rng.uniform(-1.1, 1.1) * skull.half_width
        lean = rng.uniform(-3, 3)
        strand = curve((0.4 * x, top), (0.9 * x + lean, top + 6), (x * 1.05, 40))
        paint.stroke(strand, tinted(hair.colour, rng.uniform(0.7, 1.4)), 0.5)


def _hair_outline(identity: Identity) -> np.ndarray:
    """Outline of the hair in front of the head."""
    hair, width = identity.hair, identity.skull.half_width
    top = identity.skull.top_y - 2.5 - 3.5 * hair.volume
    side = width + 1.0 + 2.0 * hair.volume
    ends_y = {'long': 78.0, 'curly': 62.0, 'bun': 42.0}.get(hair.style, 46.0)
    left = curve((-side, ends_y), (-side - 3, top - 2), (0, top))
    right = curve((0, top), (side + 3, top - 2), (side, ends_y))
    tips = np.array([[width, ends_y]]), np.array([[-width, ends_y]])
    return np.concatenate([left, right, tips[0], _hairline(identity), tips[1]])


def _hairline(identity: Identity) -> np.ndarray:
    """Edge of the hair from the right to the left temple; it never hides a brow."""
    style, y = identity.hair.style, identity.hair.hairline_y
    x = identity.skull.half_width - 3.5
    if style == 'side_part':
        right = [(x, 36.0), (x - 4, y + 4), (8.0, y - 3)]
        left = [(-10.0, y + 2), (3 - x, y + 5), (-x, 36.0)]
        return np.array(right + left)
    if style == 'fringe':
        half = [(x, 38.0), (x - 2, 24.0), (10.0, 22.6), (0.0, 22.2)]
    elif style == 'curly':
        half = [(x + 1, 40.0), (x - 2, 28.0), (13.0, y), (0.0, y - 2)]
    else:
        half = [(x + 1, 38.0), (x - 3, 25.0), (14.0, y - 1), (0.0, y - 2.5)]
    return np.concatenate([half, mirror(np.array(half[::-1]))])


def _glasses(paint: Canvas, cover: Canvas, identity: Identity) -> None:
    hair, eyes = identity.hair, identity.eyes
    y = eyes.y + 1.0
    lenses = [_lens(hair.glasses, side * (eyes.spacing + 0.2), y) for side in (1, -1)]
    bridge = curve((-3.4, y - 1), (0, y - 3), (3.4, y - 1))
    temples = [
        np.array([(side * 23.5, y - 2), (side * identity.skull.half_width, y - 3)])
        for side in (1, -1)
    ]
    for line in [*lenses, bridge, *temples]:
        paint.stroke(line, hair.glasses_colour, 1.2)
        cover.stroke(line, 255, 0.9)


def _lens(kind: str, x: float, y: float) -> np.ndarray:
    """Closed outline of a spectacle lens, (33, 2)."""
    angle = np.linspace(0, 2 * np.pi, 33)
    exponent = 1.0 if kind == 'round' else 0.55
    cos, sin = np.cos(angle), np.sin(angle)
    wide = np.sign(cos) * np.abs(cos) ** exponent * 9.8
    high = np.sign(sin) * np.abs(sin) ** exponent * 7.6
    return np.stack([x + wide, y + high], axis=1)


def paint_light(identity: Identity, pixels: int) -> np.ndarray:
    """Light on the scene times the texture of the skin.

    Returns:
        Factors of shape (pixels, pixels, 3), uint8, 128 = unchanged.
    """
    scene = identity.scene
    axis = np.linspace(-1, 1, pixels)
    x, y = axis[None, :], axis[:, None]
    towards = x * np.cos(scene.light_angle) + y * np.sin(scene.light_angle)
    light = scene.exposure * (1 + scene.light_contrast * towards)
    rng = np.random.default_rng(identity.skin.texture_seed)
    cells = int(FRAME)
    grain = rng.normal(size=(cells, cells))
    blotches = cv2.resize(rng.normal(size=(16, 16)), (pixels, pixels))
    fine = cv2.resize(grain, (pixels, pixels), interpolation=cv2.INTER_LINEAR)
    light = light * (1 + 0.010 * blotches + 0.010 * fine)
    freckles = np.clip(fine - 1.9, 0, 0.5) * 0.4 * identity.skin.freckles
    light = light * (1 - freckles)
    factors = light[..., None] * np.array(scene.light_colour) * 128
    return np.clip(np.rint(factors), 0, 255).astype(np.uint8)


def tinted(colour: Colour, factor: float) -> Colour:
    """Darken (< 1) or brighten (> 1) a colour."""
    red, green, blue = (min(255, int(channel * factor)) for channel in colour)
    return red, green, blue
