"""Stage 1 of CLEF: group images by the activity that the subject performed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from clef_mm import distributed
from clef_mm.models.base import ImageTextModel
from clef_mm.models.losses.precision import full_precision, unit_rows
from clef_mm.prompts import load_bank
from clef_mm.registry import LOSSES, MODELS
from clef_mm.structures import FaceSample


@MODELS.register_module()
class ActivityPretrainer(ImageTextModel):
    """Weakly supervised contrastive pre-training: Eq. 1 and 2 of CLEF.

    ``loss_image`` contrasts the two views of the images (PI of Table 6), ``loss_text``
    the first views with the texts of their activities (PA). Which images are positives
    of each other is a matter of labels: the activity, or, for the SimCLR pairing that
    the paper argues against, the image itself.

    Args:
        image_encoder: Config of the image tower.
        activities: Prompt bank of the activities, by name or path. Its classes are in
            the order of the dataset's activity indices.
        text_encoder: Config of the text tower; None without ``text_pairs``.
        image_pairs: Use the loss between views (PI).
        text_pairs: Use the loss between images and activity texts (PA).
        pairing: ``'activity'``, or ``'image'`` for SimCLR (images only).
        loss: Config of the contrastive loss, used for both pairs.
        weights: File that both towers start from.
        precision: ``'auto'``, ``'bf16'`` or ``'fp32'``.
        data_preprocessor: Config; must make 2 views.
    """

    def __init__(
        self,
        image_encoder: dict[str, Any],
        activities: str,
        loss: dict[str, Any],
        text_encoder: dict[str, Any] | None = None,
        image_pairs: bool = True,
        text_pairs: bool = True,
        pairing: str = 'activity',
        weights: str | None = None,
        precision: str = 'auto',
        data_preprocessor: dict[str, Any] | None = None,
    ) -> None:
        _check_pairs(image_pairs, text_pairs, pairing, text_encoder is not None)
        super().__init__(
            image_encoder, text_encoder, weights, precision, data_preprocessor
        )
        self.bank = load_bank(activities)
        self.image_pairs = image_pairs
        self.text_pairs = text_pairs
        self.pairing = pairing
        self.contrast = LOSSES.build(loss)

    @property
    def activities(self) -> tuple[str, ...]:
        """Names of the activities, in the order of their indices."""
        return self.bank.classes

    @property
    def label_names(self) -> tuple[str, tuple[str, ...]]:
        """What the labels are, as a dataset's metainfo calls it, and their names."""
        return 'activities', self.activities

    def loss(self, features: Tensor, samples: list[FaceSample]) -> dict[str, Tensor]:
        """Return ``loss_image`` and/or ``loss_text``.

        Args:
            features: (2n, d): n first views, then n second views.
            samples: n, each with its activity.
        """
        if len(features) != 2 * len(samples):
            raise ValueError(
                f'{len(features)} features for {len(samples)} images: stage 1 needs '
                'data_preprocessor.views=2'
            )
        first, second = features.chunk(2)
        labels = self._pair_labels(samples).to(features.device, non_blocking=True)
        losses = {}
        if self.image_pairs:
            losses['loss_image'] = self.contrast(first, second, labels)
        if self.text_pairs:
            losses['loss_text'] = self.contrast(
                first, self._activity_features(samples), labels
            )
        return losses

    @torch.no_grad()
    def predict(self, features: Tensor, samples: list[FaceSample]) -> list[FaceSample]:
        """Fill ``pred_features`` and, with texts, ``pred_scores`` over activities."""
        images = unit_rows(features)
        scores = None
        if self.text_pairs:
            texts = self.text_features(self._texts(index=0))
            with full_precision(images):
                logits = images @ texts.T / self.contrast.temperature
            scores = logits.softmax(dim=1).cpu()
        images = images.cpu()
        for row, sample in enumerate(samples):
            sample.pred_features = images[row]
            sample.pred_scores = None if scores is None else scores[row]
        return samples

    def _pair_labels(self, samples: list[FaceSample]) -> Tensor:
        if self.pairing == 'activity':
            return self._activity_labels(samples)
        # Distinct over all ranks, whatever the sizes of their batches.
        return (
            torch.arange(len(samples)) * distributed.world_size() + distributed.rank()
        )

    def _activity_labels(self, samples: list[FaceSample]) -> Tensor:
        for sample in samples:
            if not 0 <= sample.activity < len(self.activities):
                raise ValueError(
                    f'the image {sample.name} has activity {sample.activity}; the bank '
                    f'{self.bank.source} has 0 to {len(self.activities) - 1}'
                )
        return torch.tensor([sample.activity for sample in samples])

    def _activity_features(self, samples: list[FaceSample]) -> Tensor:
        texts = self._texts(
            distributed.shared_random().randrange(self.bank.count('activity'))
        )
        return self.text_encoder.encode([texts[sample.activity] for sample in samples])

    def _texts(self, index: int) -> list[str]:
        return self.bank.texts('activity', index=index)


def _check_pairs(
    image_pairs: bool, text_pairs: bool, pairing: str, has_text_encoder: bool
) -> None:
    if pairing not in ('activity', 'image'):
        raise ValueError(f"pairing must be 'activity' or 'image', got {pairing!r}")
    if not (image_pairs or text_pairs):
        raise ValueError('stage 1 needs image_pairs, text_pairs or both')
    if pairing == 'image' and text_pairs:
        raise ValueError(
            "pairing='image' has no texts: an activity's text is shared by many "
            'images; set text_pairs=False'
        )
    if text_pairs != has_text_encoder:
        raise ValueError(
            'text_pairs=True needs a text_encoder, and only then is one trained; got '
            f'text_pairs={text_pairs} with {"an" if has_text_encoder else "no"} encoder'
        )
