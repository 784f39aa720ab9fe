"""What both stages share: precision, the objective, weights and modes."""

from __future__ import annotations

from abc import abstractmethod
from collections import OrderedDict
from typing import Any

from mmengine.model import BaseModel
from torch import Tensor

from clef_mm.models.encoders.weights import read_file
from clef_mm.models.finite_losses import FiniteLosses
from clef_mm.models.precision import PRECISIONS, autocast
from clef_mm.registry import BACKBONES, TEXT_ENCODERS
from clef_mm.structures import FaceSample


class ImageTextModel(BaseModel):
    """An image tower, perhaps a text tower, and an objective made of ``loss_*`` parts.

    Args:
        image_encoder: Config of a backbone.
        text_encoder: Config of a text encoder, or None to learn without texts.
        weights: File (or work directory) that the towers start from; read when training
            starts, not when a trained model is tested or resumed.
        precision: ``'auto'``, ``'bf16'`` or ``'fp32'``, for the towers.
        data_preprocessor: Config of the preprocessor.

    Attributes:
        weights_meta: ``meta`` of the file that the towers started from, if it had one.
    """

    def __init__(
        self,
        image_encoder: dict[str, Any],
        text_encoder: dict[str, Any] | None,
        weights: str | None,
        precision: str,
        data_preprocessor: dict[str, Any] | None,
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor)
        if precision not in PRECISIONS:
            raise ValueError(f'precision must be one of {PRECISIONS}, got {precision}')
        self.image_encoder = BACKBONES.build(image_encoder)
        taken = self.image_encoder.image_size
        given = getattr(self.data_preprocessor, 'image_size', taken)
        if given != taken:
            raise ValueError(
                f'data_preprocessor.image_size={given}, but the image tower takes '
                f'{taken} pixels'
            )
        self.text_encoder = TEXT_ENCODERS.build(text_encoder) if text_encoder else None
        self.weights = weights
        self.weights_meta: dict[str, Any] = {}
        self.precision = precision
        self.finite_losses = FiniteLosses()
        self._batch: list[FaceSample] = []

    def init_weights(self) -> None:
        """Load ``weights`` into the towers; mmengine calls it when training starts."""
        if not self.weights:
            return
        content = read_file(self.weights)
        self.image_encoder.load(content, self.weights)
        if self.text_encoder is not None:
            self.text_encoder.load(content, self.weights)
        self.weights_meta = content.get('meta', {})

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
            self._batch = data_samples
            return self.loss(features, data_samples)

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

        mmengine sums every key that merely contains ``loss`` and steps on NaN; here an
        ambiguous name and a value that is not finite are errors.
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
        self.finite_losses.check(log, self._batch)
        return total, log
