"""Augmentation and normalisation of whole batches, on the device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseDataPreprocessor
from torch import Tensor

from clef_mm.registry import MODELS

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


@MODELS.register_module()
class FacePreprocessor(BaseDataPreprocessor):
    """Bring a uint8 batch to the device; augment, scale and normalise it there.

    Crop, flip and rotation are one affine map per image, and the whole batch is sampled
    once. Random numbers are drawn on the host, so a seed gives the same views on every
    device.

    Args:
        image_size: Side of the square that the image tower takes, pixels.
        views: Augmented views per image in training: 1, or 2 in stage 1.
        crop: Smallest and largest side of a random crop, as a share of the image.
        flip: Probability of a horizontal flip.
        rotation: Largest rotation to either side, degrees.
        jitter: Largest relative change of brightness and of contrast.
        mean: Per RGB channel, in [0, 1].
        std: Per RGB channel, in [0, 1].
    """

    def __init__(
        self,
        image_size: int = 224,
        views: int = 1,
        crop: tuple[float, float] = (0.85, 1.0),
        flip: float = 0.5,
        rotation: float = 10.0,
        jitter: float = 0.0,
        mean: Sequence[float] = CLIP_MEAN,
        std: Sequence[float] = CLIP_STD,
    ) -> None:
        super().__init__(non_blocking=True)
        if not 0 < crop[0] <= crop[1]:
            raise ValueError(f'crop must be (smallest > 0, largest), got {crop}')
        if not 0 <= flip <= 1:
            raise ValueError(f'flip must be a probability in [0, 1], got {flip}')
        if views < 1:
            raise ValueError(f'views must be at least 1, got {views}')
        self.image_size = image_size
        self.views = views
        self.crop = crop
        self.flip = flip
        self.rotation = rotation
        self.jitter = jitter
        self.register_buffer('mean', torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer('std', torch.tensor(std).view(3, 1, 1), persistent=False)

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Prepare one batch.

        Args:
            data: ``inputs`` (B, H, W, 3) uint8 RGB and ``data_samples``, a list of B.
            training: Augment, with ``views`` views per image.

        Returns:
            The same with ``inputs`` (views * B, 3, image_size, image_size) float,
            normalised; all first views stand before all second views.
        """
        images = data['inputs'].to(self.device, non_blocking=True)
        images = images.permute(0, 3, 1, 2).float() / 255
        if training:
            images = torch.cat([self._view(images) for _ in range(self.views)])
        elif images.shape[-2:] != (self.image_size, self.image_size):
            images = F.interpolate(
                images, (self.image_size,) * 2, mode='bilinear', antialias=True
            )
        return {**data, 'inputs': (images - self.mean) / self.std}

    def _view(self, images: Tensor) -> Tensor:
        count, size = len(images), (self.image_size,) * 2
        grid = F.affine_grid(
            self._to_device(self._draw_maps(count)),
            (count, 3, *size),
            align_corners=False,
        )
        images = F.grid_sample(images, grid, padding_mode='border', align_corners=False)
        return self._jittered(images) if self.jitter else images

    def _draw_maps(self, count: int) -> Tensor:
        """Draw affine maps (count, 2, 3), output to input, coordinates in [-1, 1]."""
        low, high = self.crop
        scale = torch.empty(count).uniform_(low, high)
        angle = torch.empty(count).uniform_(-self.rotation, self.rotation).deg2rad()
        mirror = 1 - 2 * (torch.rand(count) < self.flip).float()
        # A crop of side s can move by 1 - s to either side and stay in the image.
        shift = (
            torch.empty(count, 2).uniform_(-1, 1) * (1 - scale).clamp(min=0)[:, None]
        )
        cos, sin = scale * angle.cos(), scale * angle.sin()
        return torch.stack(
            [
                torch.stack([cos * mirror, -sin, shift[:, 0]], dim=1),
                torch.stack([sin * mirror, cos, shift[:, 1]], dim=1),
            ],
            dim=1,
        )

    def _jittered(self, images: Tensor) -> Tensor:
        change = torch.empty(2, len(images), 1, 1, 1).uniform_(
            -self.jitter, self.jitter
        )
        brightness, contrast = 1 + self._to_device(change)
        middle = images.mean(dim=(1, 2, 3), keepdim=True)
        return ((images - middle) * contrast + middle * brightness).clamp(0, 1)

    def _to_device(self, numbers: Tensor) -> Tensor:
        return numbers.to(self.device, non_blocking=True)
