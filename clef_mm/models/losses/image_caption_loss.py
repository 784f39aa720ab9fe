"""Contrast of images with the captions of a batch: the loss of CLIP."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clef_mm import distributed
from clef_mm.models.losses.precision import (
    check_paired_rows,
    full_precision,
    unit_rows,
)
from clef_mm.registry import LOSSES


@LOSSES.register_module()
class ImageCaptionLoss(nn.Module):
    r"""Match each image with its caption among all, and each caption with its image.

    .. math::
        L = -\frac{1}{2B} \sum_i \left[
            \log \mathrm{softmax}_j(z^I_i \cdot z^T_j / \tau)_i +
            \log \mathrm{softmax}_j(z^T_i \cdot z^I_j / \tau)_i \right]

    In a distributed run images and captions of all ranks are contrasted, so that k
    processes of B/k images compute the loss and gradients of one process with B images,
    also if their shares differ.

    References:
        CLIP, https://arxiv.org/abs/2103.00020
    """

    def forward(
        self, images: Tensor, captions: Tensor, logit_scale: Tensor | float
    ) -> Tensor:
        r"""Compute the loss.

        Args:
            images: (B, d) features; rows need not have length 1.
            captions: (B, d) features; row i belongs to image i.
            logit_scale: :math:`1 / \tau` > 0, a scalar.

        Returns:
            A scalar, at least float32. Averaged over ranks it is the loss of the global
            batch.

        Raises:
            ValueError: If the shapes do not fit together.
        """
        check_paired_rows(images, captions, 'images and captions')
        with full_precision(images):
            images, captions = unit_rows(images), unit_rows(captions)
            sizes = distributed.gather_sizes(images)
            start = sum(sizes[: distributed.rank()])
            own = torch.arange(start, start + len(images), device=images.device)
            total = sum(
                F.cross_entropy(
                    logit_scale * rows @ distributed.gather_rows(others, sizes).T,
                    own,
                    reduction='sum',
                )
                for rows, others in ((images, captions), (captions, images))
            )
            # The average over ranks, which DDP takes, is the mean of the global batch.
            return total / 2 / (sum(sizes) / len(sizes))
