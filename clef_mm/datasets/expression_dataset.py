"""What the datasets of expressions share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from clef_mm.datasets.expressions import (
    NO_CLASS,
    describe_mapping,
    expression_classes,
    to_class_index,
)
from clef_mm.datasets.face_dataset import FaceDataset
from clef_mm.datasets.frame_table import FrameTable


class ExpressionDataset(FaceDataset):
    """Photographs of unknown people, one expression each, in official parts.

    A dataset names its codes (``CODES``) and calls :meth:`keep_classes` from its
    ``label_frames``; ``gt_expression`` then counts as ``metainfo['expressions']`` does,
    which is the same order for every dataset.

    Args:
        data_root: Folder of the dataset as released, or as prepared.
        classes: 8, or 7 to leave out contempt.
        lazy_init: Do not read the disk yet.
        common: The other arguments of :class:`FaceDataset`; ``split`` goes without
            ``fold``.

    Raises:
        ValueError: If ``classes`` is another number.
    """

    CODES: ClassVar[Mapping[int, str]]
    """The name of each label on disk."""

    def __init__(
        self,
        data_root: str | Path,
        classes: int,
        lazy_init: bool = False,
        **common: Any,
    ) -> None:
        self.classes = expression_classes(classes)
        super().__init__(data_root, lazy_init=True, **common)
        self._metainfo['expressions'] = self.classes
        if not lazy_init:
            self.full_init()

    def load_data_list(self) -> FrameTable:
        """Read and label the images; count those of each class in the report."""
        frames = super().load_data_list()
        counts = np.bincount(
            frames.columns['gt_expression'], minlength=len(self.classes)
        )
        for name, count in zip(self.classes, counts.tolist(), strict=True):
            self.report.found[name] = count
        return frames

    def keep_classes(self, frames: FrameTable, codes: np.ndarray) -> FrameTable:
        """Add ``gt_expression`` (int8) and take out the images of no class.

        Args:
            frames: The images.
            codes: (N,) integers, keys of ``CODES``.
        """
        self.report.remarks.append(
            f'labels: {describe_mapping(self.CODES, self.classes)}'
        )
        self.report.found['labelled images on disk'] = len(frames)
        labels = to_class_index(codes, self.CODES, self.classes)
        labeled = FrameTable({**frames.columns, 'gt_expression': labels})
        return labeled.take(labels != NO_CLASS)

    def part_is_wanted(self, part: str) -> bool:
        """Return whether an official part is used, so that others need not be read.

        Images that are held out come from the training part: then all parts are.
        """
        return bool(self.hold_out) or self._wanted(part)
