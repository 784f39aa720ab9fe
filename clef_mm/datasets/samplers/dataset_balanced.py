"""Every dataset equally often."""

from __future__ import annotations

from clef_mm.datasets.face_records import FaceRecords
from clef_mm.datasets.samplers.group_sampler import GroupSampler
from clef_mm.datasets.samplers.label_columns import column_of, group_by
from clef_mm.registry import SAMPLERS


@SAMPLERS.register_module()
class DatasetBalancedSampler(GroupSampler):
    """Draw as many images of each dataset of a joined one, however large it is.

    That holds of every batch too, but for an image or two.

    Args:
        dataset: A :class:`~clef_mm.datasets.joined_dataset.JoinedDataset`.
        length: Images an epoch; as many as the dataset has if None. With the parts'
            number times the images of the smallest, no image recurs within an epoch.
        seed: Equal on all ranks.

    Raises:
        SamplerError: If the dataset is not a joined one.
    """

    def __init__(
        self, dataset: FaceRecords, length: int | None = None, seed: int | None = None
    ) -> None:
        groups = group_by(column_of(dataset, 'dataset'))
        super().__init__(dataset, groups, length=length, seed=seed)

    def rule(self) -> str:
        """Return such as ``'dataset-balanced, BP4D and DISFA'``."""
        return f'dataset-balanced, {" and ".join(self.groups)}'
