"""Every person equally often."""

from __future__ import annotations

import numpy as np

from clef_mm.datasets.face_dataset import FaceDataset
from clef_mm.datasets.samplers.epoch_sampler import SamplerError
from clef_mm.datasets.samplers.group_sampler import GroupSampler
from clef_mm.datasets.samplers.label_columns import column_of
from clef_mm.registry import SAMPLERS


@SAMPLERS.register_module()
class SubjectBalancedSampler(GroupSampler):
    """Draw every subject equally often, however long the recordings of each are.

    Args:
        dataset: Must have the column ``subject``.
        length: Images an epoch; as many as the dataset has if None.
        seed: Equal on all ranks.

    Raises:
        SamplerError: If there is one subject only.
    """

    def __init__(
        self, dataset: FaceDataset, length: int | None = None, seed: int | None = None
    ) -> None:
        subjects = column_of(dataset, 'subject')
        order = subjects.codes.argsort(kind='stable')
        present, starts = np.unique(subjects.codes[order], return_index=True)
        names = [subjects.names[code] for code in present]
        if len(names) < 2:
            raise SamplerError(
                f'{dataset.data_root} ({dataset.metainfo["split"]}) has images of one '
                f"subject only, '{names[0]}': there is nothing to balance"
            )
        groups = dict(zip(names, np.split(order, starts[1:]), strict=True))
        super().__init__(dataset, groups, length=length, seed=seed)

    def rule(self) -> str:
        """Return such as ``'subject-balanced, 27 subjects'``."""
        return f'subject-balanced, {len(self.groups)} subjects'
