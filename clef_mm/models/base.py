"""What both stages share: precision, the objective, weights and modes."""

from __future__ import annotations

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from mmengine.model import BaseModel
from torch import Tensor, nn

from clef_mm.errors import UserError
from clef_mm.models.encoders.weights import read_file
from clef_mm.models.losses.precision import unit_rows
from clef_mm.models.precision import PRECISIONS, autocast
from clef_mm.registry import BACKBONES, TEXT_ENCODERS
from clef_mm.structures import FaceSample

RANDOM = 'random'
"""Instead of a file: a tower that starts from random weights."""


class TowerError(UserError, TypeError):
    """A tower that somebody wrote lacks what a model asks of it."""


class ImageTextModel(BaseModel):
    """An image tower, perhaps a text tower, and an objective made of ``loss_*`` parts.

    Args:
        image_encoder: Config of a backbone.
        text_encoder: Config of a text encoder, or None to learn without texts.
        weights: File (or work directory) that the towers start from; read when training
            starts, not when a trained model is tested or resumed.
        precision: ``'auto'``, ``'bf16'`` or ``'fp32'``, for the towers.
        data_preprocessor: Config of the preprocessor.
        text_weights: File that the text tower starts from, where ``weights`` has none:
            stage 1 without activity texts trains an image tower alone. ``'random'``
            leaves the text tower as it is.

    Attributes:
        weights_meta: ``meta`` of the file that the towers started from, if it had one.
        text_weights_meta: The same of the text tower's own file.
    """

    def __init__(
        self,
        image_encoder: dict[str, Any],
        text_encoder: dict[str, Any] | None,
        weights: str | None,
        precision: str,
        data_preprocessor: dict[str, Any] | None,
        text_weights: str | None = None,
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor)
        if precision not in PRECISIONS:
            raise ValueError(f'precision must be one of {PRECISIONS}, got {precision}')
        self.image_encoder = BACKBONES.build(image_encoder)
        _check_tower(self.image_encoder, ('embed_dim', 'image_size'))
        taken = self.image_encoder.image_size
        given = getattr(self.data_preprocessor, 'image_size', taken)
        if given != taken:
            raise ValueError(
                f'data_preprocessor.image_size={given}, but the image tower takes '
                f'{taken} pixels'
            )
        self.text_encoder = TEXT_ENCODERS.build(text_encoder) if text_encoder else None
        if self.text_encoder is not None:
            _check_tower(self.text_encoder, ('encode',))
        self.weights = weights
        self.text_weights = text_weights
        self.weights_meta: dict[str, Any] = {}
        self.text_weights_meta: dict[str, Any] = {}
        self.precision = precision
        self._encoded: dict[tuple[str, ...], Tensor] = {}
        self.register_load_state_dict_post_hook(_forget_encoded_texts)

    def init_weights(self) -> None:
        """Load ``weights`` into the towers; mmengine calls it when training starts."""
        if not self.weights:
            return
        content = read_file(self.weights)
        self.load_towers(content, self.weights, self.text_weights)
        self.weights_meta = content.get('meta', {})

    def load_towers(
        self, content: dict[str, Any], source: str, text_source: str | None = None
    ) -> None:
        """Load both towers of a file that :func:`.weights.read_file` read.

        Args:
            content: What was read.
            source: Name of the file, for messages.
            text_source: Another file that the text tower is read from, or ``'random'``.

        Raises:
            WeightsError: If a tower is missing in it or does not fit.
        """
        _check_tower(self.image_encoder, ('load',))
        self.image_encoder.load(content, source)
        if self.text_encoder is not None and text_source != RANDOM:
            if text_source:
                content, source = read_file(text_source), text_source
                self.text_weights_meta = content.get('meta', {})
            _check_tower(self.text_encoder, ('load',))
            self.text_encoder.load(content, source)
        self._encoded.clear()

    def forward(
        self,
        inputs: Tensor,
        data_samples: list[FaceSample] | None = None,
        mode: str = 'tensor',
    ) -> dict[str, Tensor] | list[FaceSample] | Tensor:
        """Run the model on preprocessed images.

        Args:
            inputs: (views * B, 3, S, S) float, from the preprocessor.
            data_samples: The B samples; needed for ``'loss'`` and ``'predict'``.
            mode: ``'loss'`` returns the ``loss_*`` parts, ``'predict'`` the samples
                with predictions, ``'tensor'`` the image features (views * B, d).

        Raises:
            ValueError: If the mode is none of these.
        """
        if mode not in ('loss', 'predict', 'tensor'):
            raise ValueError(f"mode must be 'loss', 'predict' or 'tensor', got {mode}")
        with autocast(inputs.device, self.precision):
            features = self.image_encoder(inputs)
            if mode == 'tensor':
                return features
            if mode == 'predict':
                return self.predict(features, data_samples)
            return self.loss(features, data_samples)

    def text_features(self, texts: Sequence[str]) -> Tensor:
        """Return features (len(texts), d) of unit length to test images against.

        The texts of a test are encoded once; in training and where gradients are
        recorded, each time anew.
        """
        key = tuple(texts)
        keep = not (self.training or torch.is_grad_enabled())
        if keep and key in self._encoded:
            return self._encoded[key]
        device = next(self.text_encoder.parameters()).device
        with autocast(device, self.precision):
            features = unit_rows(self.text_encoder.encode(key))
        if keep:
            self._encoded[key] = features
        return features

    def train(self, mode: bool = True) -> ImageTextModel:
        """Switch between training and testing; texts are then encoded anew."""
        self._encoded.clear()
        return super().train(mode)

    def _apply(
        self, fn: Callable[[Tensor], Tensor], recurse: bool = True
    ) -> ImageTextModel:
        # The model moves to another device or number format: so must the texts.
        self._encoded.clear()
        return super()._apply(fn, recurse)

    @abstractmethod
    def loss(self, features: Tensor, samples: list[FaceSample]) -> dict[str, Tensor]:
        """Return scalar parts whose names start with ``loss_``."""

    @abstractmethod
    def predict(self, features: Tensor, samples: list[FaceSample]) -> list[FaceSample]:
        """Return the samples with ``pred_*`` filled, on the CPU."""

    def parse_losses(
        self, losses: dict[str, Tensor]
    ) -> tuple[Tensor, OrderedDict[str, Tensor]]:
        """Sum the parts named ``loss_*``; return the sum and what is to be logged.

        mmengine sums every key that merely contains ``loss``; here an ambiguous name is
        an error.
        """
        ambiguous = [
            name for name in losses if 'loss' in name and not name.startswith('loss_')
        ]
        parts = [value for name, value in losses.items() if name.startswith('loss_')]
        if ambiguous or not parts:
            raise ValueError(
                "the parts of the objective must be named 'loss_*' and nothing else "
                f'may have loss in its name, got {sorted(losses)}'
            )
        total = sum(parts[1:], parts[0])
        log = OrderedDict(loss=total.detach())
        log.update({name: value.detach() for name, value in losses.items()})
        return total, log


def _forget_encoded_texts(model: ImageTextModel, _: Any) -> None:
    model._encoded.clear()


def _check_tower(tower: nn.Module, needed: Sequence[str]) -> None:
    lacking = [name for name in needed if not hasattr(tower, name)]
    if lacking:
        raise TowerError(
            f'{type(tower).__name__} has no {" and no ".join(lacking)}: '
            'docs/own_parts.md says what a tower of your own must have'
        )
