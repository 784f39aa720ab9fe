"""How many frames each subject has, and how many of them show each AU."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from clef_mm.datasets.fold_presets import SplitError
from clef_mm.structures import UNKNOWN

if TYPE_CHECKING:
    from clef_mm.datasets.face_records import FaceRecords


@dataclass(frozen=True)
class SubjectCounts:
    """AU counts of S subjects and C AUs.

    Attributes:
        subjects: (S,) ids, each once.
        au_names: (C,) names.
        positives: (S, C) frames in which the AU is present.
        known: (S, C) frames in which it was coded at all.
        frames: (S,) frames.

    Raises:
        ValueError: If shapes disagree, a subject stands twice, or not
            0 <= positives <= known <= frames.
    """

    subjects: tuple[str, ...]
    au_names: tuple[str, ...]
    positives: np.ndarray
    known: np.ndarray
    frames: np.ndarray

    def __post_init__(self) -> None:
        shape = (len(self.subjects), len(self.au_names))
        for name, wanted in (
            ('positives', shape),
            ('known', shape),
            ('frames', shape[:1]),
        ):
            found = np.shape(getattr(self, name))
            if found != wanted:
                raise ValueError(f'{name} must have shape {wanted}, found {found}')
        if len(set(self.subjects)) != len(self.subjects):
            raise ValueError('a subject stands twice')
        rising = (0 * self.known, self.positives, self.known, self.frames[:, None])
        if any((less > more).any() for less, more in pairwise(rising)):
            raise ValueError('counts must obey 0 <= positives <= known <= frames')

    @classmethod
    def of(cls, dataset: FaceRecords) -> SubjectCounts:
        """Count the frames of a dataset that has AU labels.

        Raises:
            SplitError: If it has none.
        """
        if 'au_names' not in dataset.metainfo:
            raise SplitError(
                f'{dataset.metainfo["dataset"]} has no AUs to count or to balance'
            )
        column = dataset.column('subject')
        labels = dataset.column('gt_aus')
        present, codes = np.unique(column.codes, return_inverse=True)
        shape = (len(present), labels.shape[1])
        positives, known = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        np.add.at(positives, codes, labels == 1)
        np.add.at(known, codes, labels != UNKNOWN)
        return cls(
            tuple(column.names[code] for code in present),
            tuple(dataset.metainfo['au_names']),
            positives,
            known,
            np.bincount(codes),
        )

    def take(self, subjects: Iterable[str]) -> SubjectCounts:
        """Return the counts of these subjects, in this order; absent ones left out."""
        row = {name: index for index, name in enumerate(self.subjects)}
        rows = [row[name] for name in subjects if name in row]
        return SubjectCounts(
            tuple(self.subjects[index] for index in rows),
            self.au_names,
            self.positives[rows],
            self.known[rows],
            self.frames[rows],
        )

    def rates(self) -> np.ndarray:
        """Return the share (C,) of known frames that show each AU; NaN if none is."""
        known = self.known.sum(axis=0)
        rates = np.full(len(self.au_names), np.nan)
        return np.divide(self.positives.sum(axis=0), known, out=rates, where=known > 0)
