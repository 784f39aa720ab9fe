"""Rare action units more often."""

from __future__ import annotations

import numpy as np

from clef_mm.datasets.face_records import FaceRecords
from clef_mm.datasets.samplers.epoch_sampler import SamplerError
from clef_mm.datasets.samplers.group_sampler import GroupSampler
from clef_mm.datasets.samplers.label_columns import labels_of
from clef_mm.registry import SAMPLERS
from clef_mm.structures import UNKNOWN


@SAMPLERS.register_module()
class ActionUnitBalancedSampler(GroupSampler):
    """Draw an AU uniformly, then a frame on which it is present.

    A share s of the epoch are frames on which no AU is present. Of the rest, each of
    the C AUs chooses (1 - s) / C. As AUs occur together, the AUs do not become equally
    frequent; the rate of AU k among the drawn frames is ::

        rate_k = (1 - s) / C * sum_j P(k present | j present)

    that is at least (1 - s) / C, and more for one that accompanies others
    (:meth:`expected_rates` computes it, unknown labels left out). An unknown label is
    never taken for a positive one, and a frame of which no AU is known is not drawn.

    Weights of 1 / rate of the dataset in the loss (``LabelWeightHook``) would correct
    for the same imbalance again.

    Args:
        dataset: Must have the column ``gt_aus`` and name its ``au_names``.
        negative_share: s, in [0, 1); if None, the share that such frames have in the
            dataset.
        length: Images an epoch; as many as the dataset has if None.
        seed: Equal on all ranks.

    Raises:
        SamplerError: If the dataset has no AUs, or no positive frame of one, or no
            frame without any although ``negative_share`` is set.
    """

    balances_labels = True

    def __init__(
        self,
        dataset: FaceRecords,
        negative_share: float | None = None,
        length: int | None = None,
        seed: int | None = None,
    ) -> None:
        self.labels, self.au_names = labels_of(dataset, 'gt_aus', 'au_names')
        present = self.labels == 1
        coded = (self.labels != UNKNOWN).any(axis=1)
        negative = np.flatnonzero(coded & ~present.any(axis=1))
        if negative_share is None:
            negative_share = len(negative) / max(coded.sum(), 1)
        if not 0 <= negative_share < 1:
            raise SamplerError(
                f'negative_share must be in [0, 1), got {negative_share}'
            )
        self.negative_share = negative_share
        count = len(self.au_names)
        groups = {
            name: np.flatnonzero(present[:, index])
            for index, name in enumerate(self.au_names)
        }
        shares = [(1 - negative_share) / count] * count
        if negative_share:
            groups['none of the AUs'] = negative
            shares.append(negative_share)
        super().__init__(dataset, groups, shares, length, seed)

    def expected_rates(self) -> np.ndarray:
        """Return the rates of the AUs among the drawn frames, (C,) in (0, 1].

        Presence over known labels, as in ``FaceRecords.label_weights``.
        """
        present, known = np.zeros((2, len(self.au_names)))
        for share, frames in zip(self.shares, self.groups.values(), strict=True):
            labels = self.labels[frames]
            present += share * (labels == 1).mean(axis=0)
            known += share * (labels != UNKNOWN).mean(axis=0)
        return present / known

    def rule(self) -> str:
        """Return such as ``'AU-balanced, 12 AUs, 20 % of frames without any'``."""
        return (
            f'AU-balanced, {len(self.au_names)} AUs, '
            f'{100 * self.negative_share:.3g} % of frames without any'
        )
