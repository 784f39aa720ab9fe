"""Every expression equally often."""

from __future__ import annotations

import numpy as np

from clef_mm.datasets.face_records import FaceRecords
from clef_mm.datasets.samplers.group_sampler import GroupSampler
from clef_mm.datasets.samplers.label_columns import labels_of
from clef_mm.registry import SAMPLERS


@SAMPLERS.register_module()
class ClassBalancedSampler(GroupSampler):
    """Draw every expression class equally often.

    The usual way with AffectNet, whose training set has 36 happy faces for each
    contemptuous one while its validation set has as many of each class. With ``length``
    = classes * images of the smallest class, no image recurs within an epoch, and large
    classes show others of their images from epoch to epoch. Images without a class are
    not drawn. Class weights in the loss would correct for the same imbalance again.

    Args:
        dataset: Must have the column ``gt_expression`` and name ``expressions``.
        length: Images an epoch; as many as the dataset has if None.
        seed: Equal on all ranks.

    Raises:
        SamplerError: If the dataset has no expressions, or none of a class.
    """

    balances_labels = True

    def __init__(
        self, dataset: FaceRecords, length: int | None = None, seed: int | None = None
    ) -> None:
        labels, names = labels_of(dataset, 'gt_expression', 'expressions')
        groups = {
            name: np.flatnonzero(labels == index) for index, name in enumerate(names)
        }
        super().__init__(dataset, groups, length=length, seed=seed)

    def rule(self) -> str:
        """Return such as ``'class-balanced, 8 classes'``."""
        return f'class-balanced, {len(self.groups)} classes'
