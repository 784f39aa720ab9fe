"""Weighted binary cross-entropy over action units: Eq. 5 of CLEF."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clef_mm import distributed
from clef_mm.models.losses.precision import (
    at_least_float32,
    full_precision,
    weight_per_class,
)
from clef_mm.registry import LOSSES
from clef_mm.structures import UNKNOWN


@LOSSES.register_module()
class ActionUnitLoss(nn.Module):
    r"""Binary cross-entropy of each action unit, positives weighted per unit.

    With :math:`s = \sigma(\mathrm{logits})`:

    .. math::
        L_{IN} = -\frac{1}{B} \sum_i \sum_c
            [w_c y_{ic} \log s_{ic} + (1 - y_{ic}) \log(1 - s_{ic})]

    Unknown labels are left out of the sum; the divisor stays the batch size B. In a
    distributed run B is that of all ranks: the average of their losses and gradients is
    that of one process with the whole batch, also if their shares of it differ.

    Args:
        positive_weight: (C,) weights :math:`w_c` >= 0; None weighs all units 1.
    """

    def __init__(self, positive_weight: list[float] | Tensor | None = None) -> None:
        super().__init__()
        self.set_weight(positive_weight)

    def set_weight(self, positive_weight: list[float] | Tensor | None) -> None:
        """Replace the weights of the positive terms, (C,)."""
        # Not persistent: weights belong to the training data, not to the model.
        self.register_buffer(
            'positive_weight', weight_per_class(positive_weight), persistent=False
        )

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            logits: (B, C) similarities with the class texts divided by the temperature.
            targets: (B, C) of 1 (present), 0 (absent) and -1 (unknown).

        Returns:
            A scalar, at least float32; 0 if every label is unknown.

        Raises:
            ValueError: If shapes do not fit together or, on the CPU, if a target is
                none of 1, 0 and -1.
        """
        if logits.ndim != 2 or targets.shape != logits.shape or not len(logits):
            raise ValueError(
                'logits and targets must both be (B, C) with B > 0, '
                f'got {tuple(logits.shape)} and {tuple(targets.shape)}'
            )
        self._check_values(logits.shape[1], targets)
        with full_precision(logits):
            logits = at_least_float32(logits)
            terms = F.binary_cross_entropy_with_logits(
                logits,
                targets.clamp(min=0).to(logits.dtype),
                pos_weight=self.positive_weight,
                reduction='none',
            )
            known = torch.where(targets == UNKNOWN, 0.0, terms)
            return known.sum() / distributed.rows_per_rank(logits)

    def _check_values(self, units: int, targets: Tensor) -> None:
        if self.positive_weight is not None and len(self.positive_weight) != units:
            raise ValueError(
                f'{len(self.positive_weight)} positive weights for {units} units'
            )
        # Reading values back from a GPU would stall it at every step.
        if targets.device.type == 'cpu':
            bad = targets[(targets != 1) & (targets != 0) & (targets != UNKNOWN)]
            if len(bad):
                raise ValueError(
                    'targets must be 1 (present), 0 (absent) or -1 (unknown), '
                    f'got {bad.unique().tolist()}'
                )
