"""What a face detector is asked and what it answers.

Coordinates are those of NumPy and OpenCV: x runs along columns, y along rows, and the
centre of the first pixel is (0, 0), so a picture reaches from -0.5 to its width - 0.5.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import cv2
import numpy as np

from clef_mm.errors import UserError


class DetectorError(UserError):
    """A detector cannot work: a package or a weights file is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face found in an image.

    Attributes:
        box: x0, y0, x1, y1 in pixels, shape (4,), float32. May reach over the border.
        points: (x, y) in pixels of the eye centre on the image's left, the eye centre
            on its right, the nose tip, the mouth corner on its left and the one on its
            right; shape (5, 2), float32.
        score: How sure the detector is, in [0, 1].
    """

    box: np.ndarray
    points: np.ndarray
    score: float

    @property
    def prominence(self) -> float:
        """Score times box area: the largest face that the detector is sure of."""
        x0, y0, x1, y1 = self.box.tolist()
        return self.score * (x1 - x0) * (y1 - y0)

    def enlarged(self, factor_x: float, factor_y: float) -> Face:
        """Return this face as it lies in the image resized by these factors."""
        factors = np.array([factor_x, factor_y], np.float32)
        points = (self.points + 0.5) * factors - 0.5
        box = (self.box.reshape(2, 2) + 0.5) * factors - 0.5
        return Face(box.reshape(4), points, self.score)


class FaceDetector(ABC):
    """Finds faces and five points in each.

    A detector of your own has a `name`, a `version` and a `_find`; `detect` checks the
    image, shrinks it and maps the answer back.

    Args:
        long_side: Images with a longer side than this, in pixels, are shrunk to it
            before detection: quicker, and large faces come into the range of sizes
            that the networks were trained on. Images are never enlarged.

    Raises:
        ValueError: `long_side` < 16.
    """

    name: str

    def __init__(self, long_side: int) -> None:
        if long_side < 16:
            raise ValueError(
                f'long_side is {long_side}; a face needs at least 16 pixels'
            )
        self.long_side = long_side

    @property
    @abstractmethod
    def version(self) -> str:
        """What decides the answers beside the settings: weights and their runtime."""

    @abstractmethod
    def _find(self, image: np.ndarray) -> list[Face]:
        """Find the faces of an image whose sides are at most `long_side`, any order."""

    def detect(self, image: np.ndarray) -> list[Face]:
        """Find the faces of an image.

        Args:
            image: RGB, shape (H, W, 3), uint8.

        Returns:
            The faces in pixels of `image`, most prominent (score times box area) first;
            none where nothing is found or the image is too small to hold a face. The
            same image always gives the same answer, whatever the number of threads.

        Raises:
            TypeError: `image` is no uint8 array.
            ValueError: `image` has another shape, or no pixels.
            DetectorError: The weights cannot be read.
        """
        _check(image)
        height, width = image.shape[:2]
        shrunk = _shrink(image, self.long_side)
        factors = width / shrunk.shape[1], height / shrunk.shape[0]
        faces = [face.enlarged(*factors) for face in self._find(shrunk)]
        return sorted(faces, key=lambda face: face.prominence, reverse=True)


def _check(image: np.ndarray) -> None:
    found = getattr(image, 'dtype', type(image).__name__)
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        raise TypeError(f'a detector takes uint8 RGB images, not {found}')
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(
            f'a detector takes RGB images of shape (H, W, 3), not {image.shape}; '
            'repeat a grey image three times, drop an alpha channel'
        )
    if not image.size:
        raise ValueError(f'the image of shape {image.shape} has no pixels')


def _shrink(image: np.ndarray, long_side: int) -> np.ndarray:
    height, width = image.shape[:2]
    scale = long_side / max(height, width)
    if scale >= 1:
        return image
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
