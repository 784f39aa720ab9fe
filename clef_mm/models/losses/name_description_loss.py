"""Contrast of label descriptions with label names: Eq. 3 of CLEF."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clef_mm.models.losses.precision import (
    check_paired_rows,
    full_precision,
    unit_rows,
)
from clef_mm.registry import LOSSES


@LOSSES.register_module()
class NameDescriptionLoss(nn.Module):
    r"""Match the description of each class with its own name among all names.

    .. math::
        L_{DN} = -\frac{1}{C} \sum_i \log
            \frac{\exp(z^D_i \cdot z^N_i / \tau)}{\sum_j \exp(z^D_i \cdot z^N_j / \tau)}

    The paper prints :math:`z^N_j` in the numerator, where only i can be meant.

    Args:
        symmetric: Also match names with descriptions and average the two directions.
    """

    def __init__(self, symmetric: bool = False) -> None:
        super().__init__()
        self.symmetric = symmetric

    def forward(
        self, descriptions: Tensor, names: Tensor, logit_scale: Tensor | float
    ) -> Tensor:
        r"""Compute the loss.

        Args:
            descriptions: (C, d) text features; row i describes class i.
            names: (C, d) text features; row i names class i.
            logit_scale: :math:`1 / \tau` > 0, a scalar.

        Returns:
            A scalar, at least float32.

        Raises:
            ValueError: If the shapes do not fit together.
        """
        check_paired_rows(descriptions, names, 'descriptions and names')
        with full_precision(descriptions):
            logits = logit_scale * unit_rows(descriptions) @ unit_rows(names).T
            classes = torch.arange(len(logits), device=logits.device)
            loss = F.cross_entropy(logits, classes)
            if self.symmetric:
                loss = (loss + F.cross_entropy(logits.T, classes)) / 2
            return loss
