"""Before stage 1: a generic pair of towers from faces and their captions."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from clef_mm.models.base import ImageTextModel
from clef_mm.models.logit_scale import LogitScale
from clef_mm.models.losses import ImageCaptionLoss
from clef_mm.models.losses.precision import unit_rows
from clef_mm.registry import MODELS
from clef_mm.structures import FaceSample


@MODELS.register_module()
class CaptionPretrainer(ImageTextModel):
    """Contrast each image with the captions of its batch, as CLIP and FaRL do.

    CLEF starts from such a pair. This makes one where none of the published ones fits:
    the tiny towers of the synthetic study.

    Args:
        image_encoder: Config of the image tower.
        text_encoder: Config of the text tower.
        temperature: Initial temperature of the similarities, learnt.
        weights: File that both towers start from.
        precision: ``'auto'``, ``'bf16'`` or ``'fp32'``.
        data_preprocessor: Config of the preprocessor; one view.
    """

    def __init__(
        self,
        image_encoder: dict[str, Any],
        text_encoder: dict[str, Any],
        temperature: float = 0.07,
        weights: str | None = None,
        precision: str = 'auto',
        data_preprocessor: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(
            image_encoder, text_encoder, weights, precision, data_preprocessor
        )
        self.logit_scale = LogitScale(temperature)
        self.contrast = ImageCaptionLoss()

    def loss(self, features: Tensor, samples: list[FaceSample]) -> dict[str, Tensor]:
        """Return ``loss_caption``, the mean of image-to-text and text-to-image.

        Args:
            features: (B, d).
            samples: B, each with its caption.

        Raises:
            ValueError: If a sample has no caption.
        """
        for sample in samples:
            if not sample.caption:
                raise ValueError(f'the image {sample.name} has no caption')
        texts = self.text_encoder.encode([sample.caption for sample in samples])
        return {'loss_caption': self.contrast(features, texts, self.logit_scale())}

    @torch.no_grad()
    def predict(self, features: Tensor, samples: list[FaceSample]) -> list[FaceSample]:
        """Fill ``pred_features``."""
        for sample, row in zip(samples, unit_rows(features).cpu(), strict=True):
            sample.pred_features = row
        return samples
