"""What cameras do to photographs: blur, exposure, colour cast and noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_GREY_SHARE = 0.08  # of all photographs are black and white
_SHARP_SHARE = 0.4  # of all photographs are in focus


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera and its settings.

    Attributes:
        blur: Standard deviation, share of the side of a face.
        gamma: Above 1 darkens the middle tones.
        contrast: About the middle grey.
        cast: Factors on red, green and blue.
        noise: Standard deviation in grey levels.
        grey: Whether the film is black and white.
        jpeg_quality: Of the file, 1 .. 100.
    """

    blur: float
    gamma: float
    contrast: float
    cast: tuple[float, float, float]
    noise: float
    grey: bool
    jpeg_quality: int

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Camera:
        """Draw a camera."""
        in_focus = rng.random() < _SHARP_SHARE
        warmth = float(rng.uniform(-0.12, 0.12))
        return cls(
            blur=0.0 if in_focus else float(rng.uniform(0.002, 0.014)),
            gamma=float(np.exp(rng.normal(0, 0.18))),
            contrast=float(rng.uniform(0.75, 1.2)),
            cast=(1 + warmth, float(rng.uniform(0.97, 1.03)), 1 - warmth),
            noise=float(rng.uniform(0.5, 6.0)),
            grey=bool(rng.random() < _GREY_SHARE),
            jpeg_quality=int(rng.integers(60, 95)),
        )

    def expose(
        self, scene: np.ndarray, face_side: float, rng: np.random.Generator
    ) -> np.ndarray:
        """Take the photograph.

        Args:
            scene: RGB image of shape (H, W, 3), uint8.
            face_side: Pixels across a face, which the blur goes by.
            rng: Of the noise.

        Returns:
            RGB image of the same shape, uint8.
        """
        sigma = self.blur * face_side
        if sigma > 0.1:
            scene = cv2.GaussianBlur(scene, (0, 0), sigma)
        levels = np.arange(256, dtype=np.float32) / 255
        curve = 0.5 + self.contrast * (levels**self.gamma - 0.5)
        table = np.float32(255) * curve[:, None] * np.array(self.cast, np.float32)
        exposed = np.stack([table[scene[..., k], k] for k in range(3)], axis=-1)
        exposed += self.noise * rng.standard_normal(scene.shape, dtype=np.float32)
        photo = np.clip(np.rint(exposed), 0, 255).astype(np.uint8)
        if self.grey:
            grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
            photo = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
        return photo
