"""What the datasets of expressions share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from clef_mm.datasets.expressions import (
    EXPRESSIONS,
    NO_CLASS,
    describe_mapping,
    expression_classes,
    to_class_index,
)
from clef_mm.datasets.face_dataset import FaceDataset
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.label_choice import check_choice


class ExpressionDataset(FaceDataset):
    """Photographs of unknown people, one expression each, in official parts.

    A dataset names its codes (``CODES``) and calls :meth:`keep_classes` from its
    ``label_frames``; ``gt_expression`` then counts as ``metainfo['expressions']`` does,
    which is the same order for every dataset.

    Args:
        data_root: Folder of the dataset as released, or as prepared.
        classes: 8, or 7 to leave out contempt.
        expressions: Those of the classes to use, in this order: ``['happiness',
            'anger']``; all if None. Images of others are left out and counted in the
            report.
        allow_uncoded: Let ``expressions`` have some that the dataset has no label for,
            as contempt in RAF-DB, so that its labels are those of another dataset.
        lazy_init: Do not read the disk yet.
        common: The other arguments of :class:`FaceDataset`; ``split`` goes without
            ``fold``.

    Raises:
        ValueError: If ``classes`` is another number.
        LabelChoiceError: If an expression is none of the classes, naming it.
    """

    CODES: ClassVar[Mapping[int, str]]
    """The name of each label on disk."""

    def __init__(
        self,
        data_root: str | Path,
        classes: int,
        expressions: Sequence[str] | None = None,
        allow_uncoded: bool = False,
        lazy_init: bool = False,
        **common: Any,
    ) -> None:
        self.classes = expression_classes(classes)
        self.expressions = check_choice(
            self.classes if expressions is None else expressions,
            self.classes,
            EXPRESSIONS,
            allow_uncoded,
            f'expressions of {self.METAINFO["dataset"]}',
        )
        super().__init__(data_root, lazy_init=True, **common)
        self._metainfo['expressions'] = self.expressions
        if not lazy_init:
            self.full_init()

    def load_data_list(self) -> FrameTable:
        """Read and label the images; count those of each class in the report."""
        frames = super().load_data_list()
        counts = np.bincount(
            frames.columns['gt_expression'], minlength=len(self.expressions)
        )
        for name, count in zip(self.expressions, counts.tolist(), strict=True):
            self.report.found[name] = count
        return frames

    def keep_classes(self, frames: FrameTable, codes: np.ndarray) -> FrameTable:
        """Add ``gt_expression`` (int8) and take out the images of no class.

        Args:
            frames: The images.
            codes: (N,) integers, keys of ``CODES``.
        """
        self.report.remarks.append(
            f'labels: {describe_mapping(self.CODES, self.expressions)}'
        )
        self.report.found['labelled images on disk'] = len(frames)
        labels = to_class_index(codes, self.CODES, self.classes)
        labeled = FrameTable({**frames.columns, 'gt_expression': labels})
        return labeled.take(labels != NO_CLASS)

    def choose_labels(self, frames: FrameTable) -> FrameTable:
        """Leave the images of ``expressions``, numbered in that order.

        Where people voted, ``gt_distribution`` is that among these expressions.
        """
        if self.expressions == self.classes:
            return frames
        before = frames.columns['gt_expression']
        labels = to_class_index(before, dict(enumerate(self.classes)), self.expressions)
        for name, count in zip(
            self.classes, np.bincount(before, minlength=len(self.classes)), strict=True
        ):
            if name not in self.expressions:
                self.report.note(
                    'images of expressions that were not asked for, left out',
                    [f'{count:,} of {name}'] if count else [],
                    int(count),
                )
        columns = {**frames.columns, 'gt_expression': labels}
        if 'gt_distribution' in columns:
            columns['gt_distribution'] = self._shares(columns['gt_distribution'])
        return FrameTable(columns).take(labels != NO_CLASS)

    def _shares(self, distribution: np.ndarray) -> np.ndarray:
        """Bring shares of the classes to shares of the expressions; they sum to 1."""
        shares = np.zeros((len(distribution), len(self.expressions)), np.float32)
        for place, name in enumerate(self.expressions):
            if name in self.classes:
                shares[:, place] = distribution[:, self.classes.index(name)]
        return shares / np.maximum(shares.sum(axis=1, keepdims=True), np.float32(1e-6))

    def part_is_wanted(self, part: str) -> bool:
        """Return whether an official part is used, so that others need not be read.

        Images that are held out come from the training part: then all parts are.
        """
        return bool(self.hold_out) or self._wanted(part)
