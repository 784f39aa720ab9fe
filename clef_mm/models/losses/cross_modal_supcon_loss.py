"""Cross-modal supervised contrastive loss: Eq. 1 and 2 of CLEF."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from clef_mm import distributed
from clef_mm.models.losses.precision import (
    check_paired_rows,
    full_precision,
    unit_rows,
)
from clef_mm.registry import LOSSES


@LOSSES.register_module()
class CrossModalSupConLoss(nn.Module):
    r"""Pull features of one label together, across two sets of features.

    With the contrast set :math:`K = [a; b]` of 2n rows, the anchors :math:`i` and
    :math:`P_i` the rows of K other than i that have the label of i:

    .. math::
        L = -\sum_i \frac{1}{M_i} \sum_{j \in P_i} \log
            \frac{\exp(z_i \cdot z_j / \epsilon)}
                 {\sum_{k \in K, k \neq i} \exp(z_i \cdot z_k / \epsilon)}

    In a distributed run the contrast set is that of all ranks, so that k processes of
    n/k images compute the loss and gradients of one process with n images.

    Args:
        temperature: :math:`\epsilon` > 0.
        normalizer: ``'paper'`` sets :math:`M_i = 2 N_i`, N_i being the rows of a with
            the label of i; ``'supcon'`` the number of positives, :math:`2 N_i - 1`.
        reduction: ``'mean'`` divides by the number of anchors; ``'sum'`` is the
            printed equation.
        anchors: ``'first'`` takes the n rows of a, as printed; ``'both'`` all 2n rows.

    References:
        CLEF, https://arxiv.org/abs/2304.00058; SupCon, https://arxiv.org/abs/2004.11362
    """

    def __init__(
        self,
        temperature: float = 0.25,
        normalizer: str = 'paper',
        reduction: str = 'mean',
        anchors: str = 'first',
    ) -> None:
        super().__init__()
        if not temperature > 0:
            raise ValueError(f'temperature must be > 0, got {temperature}')
        _check_choice('normalizer', normalizer, ('paper', 'supcon'))
        _check_choice('reduction', reduction, ('mean', 'sum'))
        _check_choice('anchors', anchors, ('first', 'both'))
        self.temperature = temperature
        self.normalizer = normalizer
        self.reduction = reduction
        self.anchors = anchors

    def forward(
        self, features: Tensor, other_features: Tensor, labels: Tensor
    ) -> Tensor:
        """Compute the loss.

        Args:
            features: (n, d), the set a; rows need not have length 1.
            other_features: (n, d), the set b: row i belongs to the label of row i.
            labels: (n,) integers.

        Returns:
            A scalar, at least float32. Averaged over ranks it is the loss of the global
            batch.

        Raises:
            ValueError: If the shapes do not fit together.
        """
        check_paired_rows(features, other_features, 'features and other_features')
        if labels.shape != features.shape[:1]:
            raise ValueError(
                f'labels must be ({len(features)},), got {tuple(labels.shape)}'
            )
        with full_precision(features):
            return self._loss(unit_rows(features), unit_rows(other_features), labels)

    def _loss(self, a: Tensor, b: Tensor, labels: Tensor) -> Tensor:
        sizes = distributed.gather_sizes(a)
        start, total = sum(sizes[: distributed.rank()]), sum(sizes)
        contrast = torch.cat(
            [distributed.gather_rows(a, sizes), distributed.gather_rows(b, sizes)]
        )  # (2 total, d)
        contrast_labels = distributed.gather_rows(labels, sizes).repeat(2)

        anchors, anchor_labels = a, labels
        own = torch.arange(start, start + len(a), device=a.device)  # place in contrast
        if self.anchors == 'both':
            anchors, anchor_labels = torch.cat([a, b]), labels.repeat(2)
            own = torch.cat([own, own + total])

        per_anchor = supcon_per_anchor(
            anchors @ contrast.T / self.temperature,
            anchor_labels[:, None] == contrast_labels,
            own,
            self.normalizer,
        )
        # DDP averages gradients over ranks: scale the local sum so that this average
        # is the loss of the global batch, whatever the share of this rank.
        loss = per_anchor.sum() * distributed.world_size()
        if self.reduction == 'mean':
            loss = loss / (2 * total if self.anchors == 'both' else total)
        return loss


def supcon_per_anchor(
    logits: Tensor, same_label: Tensor, own: Tensor, normalizer: str
) -> Tensor:
    """Compute the loss of each anchor.

    Args:
        logits: (A, K) similarities divided by the temperature.
        same_label: (A, K) bool, True where anchor and contrast row share the label,
            the anchor's own row included.
        own: (A,) index of the anchor's own row, which is neither positive nor negative.
        normalizer: ``'paper'`` or ``'supcon'``.

    Returns:
        (A,) values >= 0.
    """
    own = own[:, None]
    log_prob = logits.scatter(1, own, float('-inf')).log_softmax(dim=1)
    positive = same_label.scatter(1, own, False)
    # 2 N_i rows of the contrast set have the label of i, i itself among them.
    divisor = (same_label if normalizer == 'paper' else positive).sum(dim=1)
    return -torch.where(positive, log_prob, 0.0).sum(dim=1) / divisor


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f'{name} must be one of {choices}, got {value!r}')
