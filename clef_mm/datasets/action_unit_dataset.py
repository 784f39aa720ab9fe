"""What the datasets of action units share: which of them are used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from clef_mm.datasets.face_dataset import FaceDataset
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.label_choice import check_choice
from clef_mm.structures import UNKNOWN

_FACS = tuple(f'AU{number}' for number in range(1, 100))
"""The numbers that the Facial Action Coding System gives out, and room."""


class ActionUnitDataset(FaceDataset):
    """Faces with action unit codes.

    A dataset names the units that it codes (``CODED_AUS``), in the order of the columns
    of ``gt_aus`` that its :meth:`label_frames` makes; here they are brought to those
    asked for. ``METAINFO['au_names']`` are the usual ones.

    Args:
        data_root: Folder of the dataset as released, or as prepared.
        au_names: The action units to use, in this order: ``['AU1', 'AU2', 'AU4']``. The
            usual ones if None. So two datasets get the labels that they share.
        allow_uncoded: Let ``au_names`` have units that the dataset does not code. They
            are -1, unknown, in every frame: neither loss nor F1 counts them.
        lazy_init: Do not read the disk yet.
        common: The other arguments of :class:`FaceDataset`.

    Raises:
        LabelChoiceError: If a unit is not coded, naming it, or is no action unit.
    """

    CODED_AUS: ClassVar[tuple[str, ...]]
    """The units that are coded, in the order of the columns of ``gt_aus``."""

    def __init__(
        self,
        data_root: str | Path,
        au_names: Sequence[str] | None = None,
        allow_uncoded: bool = False,
        lazy_init: bool = False,
        **common: Any,
    ) -> None:
        name = self.METAINFO['dataset']
        self.au_names = check_choice(
            self.METAINFO['au_names'] if au_names is None else au_names,
            self.CODED_AUS,
            _FACS,
            allow_uncoded,
            f'au_names of {name}',
        )
        super().__init__(data_root, lazy_init=True, **common)
        self._metainfo['au_names'] = self.au_names
        if not lazy_init:
            self.full_init()

    def choose_labels(self, frames: FrameTable) -> FrameTable:
        """Bring the columns of ``gt_aus`` to those of ``au_names``."""
        if self.au_names == self.CODED_AUS:
            return frames
        coded = frames.columns['gt_aus']
        labels = np.full((len(frames), len(self.au_names)), UNKNOWN, np.int8)
        for place, name in enumerate(self.au_names):
            if name in self.CODED_AUS:
                labels[:, place] = coded[:, self.CODED_AUS.index(name)]
        uncoded = [name for name in self.au_names if name not in self.CODED_AUS]
        if uncoded:
            self.report.remarks.append(
                f'not coded, unknown in every frame: {", ".join(uncoded)}'
            )
        return FrameTable({**frames.columns, 'gt_aus': labels})
