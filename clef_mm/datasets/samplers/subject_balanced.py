"""Every person equally often."""

from __future__ import annotations

from clef_mm.datasets.face_records import FaceRecords
from clef_mm.datasets.samplers.epoch_sampler import SamplerError
from clef_mm.datasets.samplers.group_sampler import GroupSampler
from clef_mm.datasets.samplers.label_columns import column_of, group_by
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
        self, dataset: FaceRecords, length: int | None = None, seed: int | None = None
    ) -> None:
        groups = group_by(column_of(dataset, 'subject'))
        if len(groups) < 2:
            raise SamplerError(
                f'{dataset.data_root} ({dataset.metainfo["split"]}) has images of one '
                f"subject only, '{next(iter(groups))}': there is nothing to balance"
            )
        super().__init__(dataset, groups, length=length, seed=seed)

    def rule(self) -> str:
        """Return such as ``'subject-balanced, 27 subjects'``."""
        return f'subject-balanced, {len(self.groups)} subjects'
