"""Stage 2 of CLEF: recognise behaviour by matching images with the texts of labels."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from clef_mm import distributed
from clef_mm.models.base import ImageTextModel
from clef_mm.models.logit_scale import LogitScale
from clef_mm.models.losses.precision import full_precision, unit_rows
from clef_mm.prompts import load_bank
from clef_mm.registry import LOSSES, MODELS
from clef_mm.structures import FaceSample

TEXT_KINDS = ('name', 'description')


class BehaviorRecognizer(ImageTextModel):
    r"""Fine-tuning with label texts: Eq. 3 to 6 of CLEF.

    ``texts`` picks the row of Table 6:

    ==========================  =====  ==========================================
    ``texts``                   row    objective
    ==========================  =====  ==========================================
    ``()``                      I      label loss on a linear layer, no text tower
    ``('name',)``               I+N    :math:`L_{IN}`
    ``('description',)``        I+D    the same with descriptions as class texts
    ``('name','description')``  I+N+D  :math:`(\lambda L_{IN} + L_{DN}) / 2`
    ==========================  =====  ==========================================

    Args:
        image_encoder: Config of the image tower.
        classes: Classes in the order of the labels, as the bank names them.
        bank: Prompt bank, by name or path.
        loss_label: Config of the loss between images and labels.
        loss_text: Config of the loss between descriptions and names; used with both.
        text_encoder: Config of the text tower; None exactly if ``texts`` is empty.
        texts: Which texts stand for a class.
        label_weight: :math:`\lambda` of Eq. 6.
        temperature: Initial :math:`\tau`, learnt and shared by both losses.
        weights: File that the towers start from, such as a stage-1 checkpoint.
        precision: ``'auto'``, ``'bf16'`` or ``'fp32'``.
        data_preprocessor: Config of the preprocessor.
    """

    def __init__(
        self,
        image_encoder: dict[str, Any],
        classes: Sequence[str],
        bank: str,
        loss_label: dict[str, Any],
        loss_text: dict[str, Any] | None = None,
        text_encoder: dict[str, Any] | None = None,
        texts: Sequence[str] = TEXT_KINDS,
        label_weight: float = 2.0,
        temperature: float = 0.07,
        weights: str | None = None,
        precision: str = 'auto',
        data_preprocessor: dict[str, Any] | None = None,
    ) -> None:
        texts = tuple(texts)
        _check_texts(texts, text_encoder is not None, loss_text is not None)
        super().__init__(
            image_encoder, text_encoder, weights, precision, data_preprocessor
        )
        self.classes = tuple(classes)
        self.texts = texts
        self.label_weight = label_weight
        self.loss_label = LOSSES.build(loss_label)
        self.loss_text = LOSSES.build(loss_text) if texts == TEXT_KINDS else None
        if texts:
            self.bank = load_bank(bank).select(self.classes)
            self.logit_scale = LogitScale(temperature)
        else:
            self.head = nn.Linear(self.image_encoder.embed_dim, len(self.classes))
        self._test_features: Tensor | None = None
        self.register_load_state_dict_post_hook(_forget_class_features)

    label_kind: str
    """What the labels are, as a dataset's metainfo calls it."""

    @property
    def label_names(self) -> tuple[str, tuple[str, ...]]:
        """What the labels are, as a dataset's metainfo calls it, and their names."""
        return self.label_kind, self.classes

    @abstractmethod
    def targets(self, samples: list[FaceSample]) -> Tensor:
        """Return the labels of a batch as the label loss takes them, on the CPU."""

    @abstractmethod
    def probabilities(self, logits: Tensor) -> Tensor:
        """Turn logits (B, C) into scores in [0, 1]."""

    def loss(self, features: Tensor, samples: list[FaceSample]) -> dict[str, Tensor]:
        """Return ``loss_label`` and, with names and descriptions, ``loss_text``.

        Args:
            features: (B, d).
            samples: B, each with its label.
        """
        targets = self.targets(samples).to(features.device, non_blocking=True)
        if not self.texts:
            return {'loss_label': self.loss_label(self._head_logits(features), targets)}
        encoded = self._encode_training_texts()
        logits = self._similarities(features, encoded[self.texts[0]])
        losses = {'loss_label': self.loss_label(logits, targets)}
        if self.loss_text is not None:
            text_loss = self.loss_text(
                encoded['description'], encoded['name'], self.logit_scale()
            )
            losses['loss_label'] = self.label_weight / 2 * losses['loss_label']
            losses['loss_text'] = text_loss / 2
        return losses

    @torch.no_grad()
    def predict(self, features: Tensor, samples: list[FaceSample]) -> list[FaceSample]:
        """Fill ``pred_scores`` (C,) of each sample."""
        logits = (
            self._similarities(features, self._class_features())
            if self.texts
            else self._head_logits(features)
        )
        scores = self.probabilities(logits).cpu()
        for row, sample in enumerate(samples):
            sample.pred_scores = scores[row]
        return samples

    def set_label_weight(self, weight: Sequence[float] | Tensor) -> None:
        """Set the class weights :math:`w_c` of the label loss, (C,)."""
        device = next(self.parameters()).device
        self.loss_label.set_weight(torch.as_tensor(weight, dtype=torch.float32))
        self.loss_label.to(device)

    def train(self, mode: bool = True) -> BehaviorRecognizer:
        """Switch between training and testing; class texts are then encoded anew."""
        self._test_features = None
        return super().train(mode)

    def _apply(
        self, fn: Callable[[Tensor], Tensor], recurse: bool = True
    ) -> BehaviorRecognizer:
        # The model moves to another device or number format: so must the class texts.
        self._test_features = None
        return super()._apply(fn, recurse)

    def _encode_training_texts(self) -> dict[str, Tensor]:
        """Encode the texts of a mini-batch in one call: features (C, d) by kind."""
        draw = distributed.shared_random()
        chosen = {
            kind: self.bank.texts(kind, index=draw.randrange(self.bank.count(kind)))
            for kind in self.texts
        }
        features = self.text_encoder.encode(list(chain(*chosen.values())))
        return dict(zip(chosen, features.split(len(self.classes)), strict=True))

    def _class_features(self) -> Tensor:
        """Return the text features (C, d) that images are tested against.

        A fixed template is used. Outside training the features are computed once.
        """
        if self._test_features is None or self.training:
            self._test_features = self.text_encoder.encode(
                self.bank.texts(self.texts[0], index=0)
            )
        return self._test_features

    def _head_logits(self, images: Tensor) -> Tensor:
        with full_precision(images):
            return self.head(images.float())

    def _similarities(self, images: Tensor, texts: Tensor) -> Tensor:
        with full_precision(images):
            return self.logit_scale() * unit_rows(images) @ unit_rows(texts).T


@MODELS.register_module()
class ActionUnitRecognizer(BehaviorRecognizer):
    """Each action unit is present or absent: scores are sigmoids (Eq. 5)."""

    label_kind = 'au_names'

    def targets(self, samples: list[FaceSample]) -> Tensor:
        """Return (B, C) int8 of 1 / 0 / -1."""
        _check_labelled(samples, [sample.gt_aus is not None for sample in samples])
        return torch.from_numpy(np.stack([sample.gt_aus for sample in samples]))

    def probabilities(self, logits: Tensor) -> Tensor:
        """Return the probability of each unit, (B, C)."""
        return logits.sigmoid()


@MODELS.register_module()
class ExpressionRecognizer(BehaviorRecognizer):
    """Exactly one expression is shown: scores are a softmax (Eq. 4)."""

    label_kind = 'expressions'

    def targets(self, samples: list[FaceSample]) -> Tensor:
        """Return (B,) class indices."""
        _check_labelled(samples, [sample.gt_expression >= 0 for sample in samples])
        return torch.tensor([sample.gt_expression for sample in samples])

    def probabilities(self, logits: Tensor) -> Tensor:
        """Return the distribution over expressions, (B, C)."""
        return logits.softmax(dim=1)


def _forget_class_features(model: BehaviorRecognizer, _: Any) -> None:
    model._test_features = None


def _check_labelled(samples: list[FaceSample], labelled: list[bool]) -> None:
    if not all(labelled):
        raise ValueError(
            f'the image {samples[labelled.index(False)].name} has no label of the kind '
            'that this model learns'
        )


def _check_texts(texts: tuple[str, ...], has_encoder: bool, has_loss: bool) -> None:
    allowed = ((), ('name',), ('description',), TEXT_KINDS)
    if texts not in allowed:
        raise ValueError(f'texts must be one of {allowed}, got {texts}')
    if bool(texts) != has_encoder:
        raise ValueError(
            f'texts={texts} {"needs a" if texts else "trains no"} text_encoder'
        )
    if texts == TEXT_KINDS and not has_loss:
        raise ValueError('names and descriptions need loss_text (Eq. 3)')
