"""The base of all datasets of faces."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from mmengine.dataset import BaseDataset

from clef_mm.datasets.folds import Fold, SplitError, get_fold
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.image_reading import BrokenImageError
from clef_mm.datasets.load_report import LoadReport
from clef_mm.errors import UserError
from clef_mm.structures import UNKNOWN

SYNTHETIC_MARKER = 'SYNTHETIC.json'
"""A file of this name at the root of a tree says that its images are rendered."""


class DataRootError(UserError, FileNotFoundError):
    """The data is not where it was said to be; the message shows what is expected."""


class FaceDataset(BaseDataset):
    """Images of faces with subject, sequence, frame and labels.

    A dataset of your own implements :meth:`load_frames` and sets ``METAINFO``; the rest
    is done here.

    Args:
        data_root: Folder of the dataset.
        subjects: Use only these; every subject when None and no split is given.
        split: ``'train'``, ``'val'`` or ``'test'`` of a published ``fold``.
        fold: 1-based number of the fold.
        hold_out: Training subjects of the fold that are set apart as ``'val'``.
        every: Use every n-th frame of a sequence.
        pipeline: Transforms, as configs or callables.
        test_mode: An image that cannot be read is an error. In training the next
            readable image takes its place, and the run reports it.
        lazy_init: Do not read the disk yet.

    Raises:
        ValueError: If split, fold and subjects contradict each other.
    """

    METAINFO: ClassVar[dict[str, Any]] = {'dataset': 'faces'}

    def __init__(
        self,
        data_root: str | Path,
        subjects: Sequence[str] | None = None,
        split: str | None = None,
        fold: int | None = None,
        hold_out: int = 0,
        every: int = 1,
        pipeline: Sequence[dict[str, Any] | Callable] = (),
        test_mode: bool = False,
        lazy_init: bool = False,
    ) -> None:
        if (split is None) != (fold is None):
            raise ValueError(
                f'split and fold go together, got split={split!r} and fold={fold}'
            )
        if split is not None and subjects is not None:
            raise ValueError('give either subjects or split and fold, not both')
        if every < 1:
            raise ValueError(f'every must be at least 1, got {every}')
        self.fold = self._find_fold(fold, hold_out)
        if hold_out and fold is None:
            raise ValueError(
                f'hold_out={hold_out} needs the fold to take subjects from'
            )
        if split is not None:
            subjects = self.fold.subjects(split)
            if not subjects:
                raise SplitError(f"fold {fold} has no '{split}' subjects: set hold_out")
        self.subjects = None if subjects is None else tuple(subjects)
        self.every = every
        self.report = LoadReport()
        root = Path(data_root)
        super().__init__(
            data_root=str(root),
            pipeline=list(pipeline),
            test_mode=test_mode,
            lazy_init=True,
            serialize_data=False,  # columns are compact and fork-safe as they are
        )
        # Not as an argument: mmengine would read a file called 'train' as metainfo.
        self._metainfo.update(
            split=split or 'all',
            fold=fold,
            synthetic=(root / SYNTHETIC_MARKER).is_file(),
        )
        if not lazy_init:
            self.full_init()

    @classmethod
    def expected_layout(cls, root: str | Path) -> str:
        """Return what the folder should hold, and how to get it, for messages."""
        return f'  {root}/ as the docstring of {cls.__name__} describes'

    @abstractmethod
    def load_frames(self) -> FrameTable | list[dict[str, Any]]:
        """Return the frames, in order.

        Those of other subjects than ``self.subjects`` are taken out afterwards; a
        dataset that is large leaves them out itself.

        Each record needs ``img_path``, ``subject``, ``sequence``, ``frame``; and what
        is known of ``activity`` (index), ``gt_aus`` (1/0/-1) and ``gt_expression``.
        """

    def load_data_list(self) -> FrameTable:
        """Read the labels and index the images.

        Raises:
            DataRootError: If nothing is found.
        """
        frames = self.load_frames()
        if not isinstance(frames, FrameTable):
            frames = FrameTable.of(frames)
        if len(frames):
            present = frames.columns['subject']
            absent = [
                name for name in self.subjects or () if not present.isin([name]).any()
            ]
            self.report.note('subjects asked for but without a frame', absent)
            if self.subjects is not None:
                frames = frames.take(present.isin(self.subjects))
        if self.every > 1:
            frames = frames.take(_every_nth(frames, self.every))
        if not len(frames):
            raise DataRootError(
                f'{self.data_root} holds no usable image. '
                + ' '.join(self.report.lines())
            )
        return frames

    def column(self, name: str) -> Any:
        """Return one column of the records: an array, Categories or Paths.

        Raises:
            KeyError: If the dataset has no such column.
        """
        self.full_init()
        if name not in self.data_list.columns:
            raise KeyError(
                f"{type(self).__name__} has no '{name}', only "
                f'{", ".join(self.data_list.columns)}'
            )
        return self.data_list.columns[name]

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """Return record ``idx`` as a dict."""
        self.full_init()
        return self.data_list[idx]

    def label_weights(self) -> np.ndarray:
        """Return the class weights (C,) of these labels, normalised to mean 1.

        With rate_c the share of positives among the known labels of class c,
        w_c = (1 / rate_c) / mean_k(1 / rate_k); for expressions rate_c is the share of
        images of class c.

        Raises:
            ValueError: If a class is never present, naming it.
        """
        self.full_init()
        if 'gt_aus' in self.data_list.columns:
            labels = self.data_list.columns['gt_aus']
            names = self.metainfo['au_names']
            known = (labels != UNKNOWN).sum(axis=0)
            rates = (labels == 1).sum(axis=0) / np.maximum(known, 1)
        else:
            labels = self.column('gt_expression')
            names = self.metainfo['expressions']
            rates = np.bincount(labels[labels >= 0], minlength=len(names)) / len(labels)
        absent = [name for name, rate in zip(names, rates, strict=True) if rate == 0]
        if absent:
            raise ValueError(
                f'no image of {self.data_root} ({self.metainfo["split"]}) shows '
                f'{", ".join(absent)}: a weight of 1 / rate does not exist'
            )
        inverse = 1 / rates
        return inverse / inverse.mean()

    def __len__(self) -> int:
        self.full_init()
        return len(self.data_list)

    def __getitem__(self, idx: int) -> Any:
        """Return record ``idx`` after the pipeline.

        Raises:
            BrokenImageError: In test mode, or after ten broken images in a row.
            IndexError: If there is no such record.
        """
        first = range(len(self))[idx]
        broken = ''
        for step in range(1 if self.test_mode else 10):
            try:
                item = self.prepare_data((first + step) % len(self))
            except BrokenImageError as error:
                if self.test_mode:
                    raise
                broken = broken or str(error)
                continue
            if broken:
                item['data_samples'].broken_path = broken
            return item
        raise BrokenImageError(f'ten broken images in a row, the first: {broken}')

    def _get_unserialized_subset(self, indices: Sequence[int] | int) -> FrameTable:
        # mmengine's, behind get_subset, would slice a list.
        rows = np.arange(len(self))
        if isinstance(indices, int):
            chosen = rows[:indices] if indices >= 0 else rows[indices:]
        else:
            chosen = rows[np.asarray(indices, np.intp)]
        return self.data_list.take(chosen)

    def _find_fold(self, fold: int | None, hold_out: int) -> Fold | None:
        if fold is None:
            return None
        return get_fold(self.METAINFO['dataset'], fold, hold_out)

    def _wanted(self, subject: str) -> bool:
        return self.subjects is None or subject in self.subjects


def _every_nth(frames: FrameTable, every: int) -> np.ndarray:
    """Return a mask of every n-th row within each run of one subject and sequence."""
    keys = [frames.columns[name].codes for name in ('subject', 'sequence')]
    changes = np.ones(len(frames), dtype=bool)
    changes[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    starts = np.flatnonzero(changes)
    position = np.arange(len(frames)) - np.repeat(
        starts, np.diff(np.append(starts, len(frames)))
    )
    return position % every == 0
