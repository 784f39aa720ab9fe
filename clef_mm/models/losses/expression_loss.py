"""Weighted cross-entropy over expressions: Eq. 4 of CLEF."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from clef_mm import distributed
from clef_mm.models.losses.precision import (
    at_least_float32,
    full_precision,
    weight_per_class,
)
from clef_mm.registry import LOSSES


@LOSSES.register_module()
class ExpressionLoss(nn.Module):
    r"""Cross-entropy, each image weighted by the class it belongs to.

    .. math::
        L_{IN} = -\frac{1}{B} \sum_i w_{y_i} \log \mathrm{softmax}(\mathrm{logits}_i)_{y_i}

    The sum is divided by the batch size B, not by the sum of the weights. In a
    distributed run B is that of all ranks: the average of their losses and gradients is
    that of one process with the whole batch, also if their shares of it differ.

    Args:
        class_weight: (C,) weights >= 0; None weighs all classes 1.
    """  # noqa: E501

    def __init__(self, class_weight: list[float] | Tensor | None = None) -> None:
        super().__init__()
        self.set_weight(class_weight)

    def set_weight(self, class_weight: list[float] | Tensor | None) -> None:
        """Replace the class weights, (C,)."""
        # Not persistent: weights belong to the training data, not to the model.
        self.register_buffer(
            'class_weight', weight_per_class(class_weight), persistent=False
        )

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            logits: (B, C) similarities with the class texts divided by the temperature.
            targets: (B,) class indices in [0, C).

        Returns:
            A scalar, at least float32.

        Raises:
            ValueError: If shapes do not fit together or, on the CPU, if a target is no
                class index (on a GPU the kernel itself asserts that).
        """
        if logits.ndim != 2 or targets.shape != logits.shape[:1] or not len(logits):
            raise ValueError(
                'logits must be (B, C) and targets (B,) with B > 0, '
                f'got {tuple(logits.shape)} and {tuple(targets.shape)}'
            )
        self._check_values(logits.shape[1], targets)
        with full_precision(logits):
            targets = targets.long()
            terms = F.cross_entropy(at_least_float32(logits), targets, reduction='none')
            if self.class_weight is not None:
                terms = self.class_weight[targets] * terms
            return terms.sum() / distributed.rows_per_rank(logits)

    def _check_values(self, classes: int, targets: Tensor) -> None:
        if self.class_weight is not None and len(self.class_weight) != classes:
            raise ValueError(
                f'{len(self.class_weight)} class weights for {classes} classes'
            )
        # Reading values back from a GPU would stall it at every step.
        if targets.device.type == 'cpu':
            index = targets.long()  # 1.5 and NaN are no indices either
            bad = targets[(index < 0) | (index >= classes) | (index != targets)]
            if len(bad):
                raise ValueError(
                    f'targets must be class indices in [0, {classes}), '
                    f'got {bad.unique().tolist()}'
                )
