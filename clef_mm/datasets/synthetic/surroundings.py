"""What lies behind a person in a photograph taken anywhere: blurred shapes."""

from __future__ import annotations

import cv2
import numpy as np

from clef_mm.datasets.synthetic.identity import Colour

_SHAPES = (4, 12)
_COLOUR_SPREAD = 55  # grey levels about the main colour
_GRADIENT = 0.35
_BLUR = (0.01, 0.06)  # standard deviation, share of the height


def paint_surroundings(
    rng: np.random.Generator, height: int, width: int, colour: Colour
) -> np.ndarray:
    """Paint a background.

    Args:
        rng: Source of all choices.
        height: Pixels.
        width: Pixels.
        colour: What most of it has.

    Returns:
        RGB image of shape (height, width, 3), uint8.
    """
    slope = rng.uniform(-_GRADIENT, _GRADIENT, size=2)
    rows = np.linspace(-1, 1, height)[:, None, None]
    columns = np.linspace(-1, 1, width)[None, :, None]
    plain = np.array(colour) * (1 + slope[0] * rows + slope[1] * columns)
    image = np.clip(plain, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(*_SHAPES, endpoint=True))):
        _paint_shape(rng, image, colour)
    blur = float(rng.uniform(*_BLUR)) * height
    return cv2.GaussianBlur(image, (0, 0), blur)


def _paint_shape(rng: np.random.Generator, image: np.ndarray, colour: Colour) -> None:
    """Paint an upright box or an ellipse anywhere."""
    height, width = image.shape[:2]
    shade = np.array(colour) + rng.normal(0, _COLOUR_SPREAD, size=3)
    value = tuple(np.clip(shade, 0, 255).tolist())
    x, y = (rng.uniform(0, 1, size=2) * (width, height)).astype(int).tolist()
    reach = rng.uniform(0.05, 0.3, size=2) * (width, height)
    wide, high = np.maximum(1, reach).astype(int).tolist()
    if rng.random() < 0.5:
        cv2.rectangle(image, (x - wide, y - high), (x + wide, y + high), value, -1)
    else:
        turn = float(rng.uniform(0, 180))
        cv2.ellipse(image, (x, y), (wide, high), turn, 0, 360, value, -1)
