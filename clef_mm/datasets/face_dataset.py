"""The base of all datasets of faces that lie on disk."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from clef_mm.datasets.face_records import FaceRecords
from clef_mm.datasets.fold_presets import SplitError, find_preset
from clef_mm.datasets.folds import Fold, get_fold
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.held_out_images import HELD_OUT, hold_out_images
from clef_mm.datasets.label_share import draw_share
from clef_mm.datasets.load_report import LoadReport, count_frames
from clef_mm.datasets.prepared_index import has_index, read_header, read_index
from clef_mm.datasets.synthetic_marker import find_marker
from clef_mm.errors import UserError


class DatasetOptionError(UserError, ValueError):
    """Arguments of a dataset contradict each other, or the tree it reads."""


class DataRootError(UserError, FileNotFoundError):
    """The data is not where it was said to be; the message shows what is expected."""


class FaceDataset(FaceRecords):
    """Images of faces with subject, sequence, frame and labels.

    A dataset of your own implements :meth:`load_frames` and sets ``METAINFO``; the rest
    is done here: splits, thinning, loading, and reading a tree that was prepared by
    ``tools/dataset_tools/prepare.py`` in place of the original one.

    Where people are known, a split is made of subjects: give ``split`` and ``fold``.
    Where they are not, as in photographs from the web, the official parts take the
    place of subjects (``OFFICIAL_PARTS``): give ``split`` alone.

    Args:
        data_root: Folder of the dataset as released, or as prepared.
        subjects: Use only these; every subject when None and no split is given.
        split: ``'train'``, ``'val'`` or ``'test'``.
        fold: 1-based number of the fold, where the dataset has folds.
        preset: Whose folds: a name that ``tools/dataset_tools/folds.py`` lists, or the
            path of a split file. Default: the dataset's usual ones.
        hold_out: What is set apart of the training part as ``'val'``: subjects, or
            images where people are unknown.
        every: Use every n-th frame of a sequence.
        share: Use only this share of the frames, as if no more were coded: see
            :func:`.label_share.draw_share`.
        share_seed: Of the draw.
        pipeline: Transforms, as configs or callables.
        test_mode: An image that cannot be read is an error. In training the next
            readable image takes its place, and the run reports it.
        lazy_init: Do not read the disk yet.

    Raises:
        DatasetOptionError: If split, fold and subjects contradict each other.
    """

    METAINFO: ClassVar[dict[str, Any]] = {'dataset': 'faces'}
    OFFICIAL_PARTS: ClassVar[Fold | None] = None
    """The official parts, where they and not people make the split."""
    SOURCE_OPTIONS: ClassVar[tuple[str, ...]] = ()
    """Attributes that decide which images are read and how they join with labels."""
    IMAGE_OPTIONS: ClassVar[tuple[str, ...]] = ()
    """Those of them that choose between pictures of one frame: a camera, a crop."""

    def __init__(
        self,
        data_root: str | Path,
        subjects: Sequence[str] | None = None,
        split: str | None = None,
        fold: int | None = None,
        preset: str | None = None,
        hold_out: int = 0,
        every: int = 1,
        share: float = 1.0,
        share_seed: int = 0,
        pipeline: Sequence[dict[str, Any] | Callable] = (),
        test_mode: bool = False,
        lazy_init: bool = False,
    ) -> None:
        if isinstance(subjects, str):
            raise DatasetOptionError(f"subjects is a list, got the text '{subjects}'")
        if split is not None and subjects is not None:
            raise DatasetOptionError('give either subjects or a split, not both')
        if every < 1:
            raise DatasetOptionError(f'every must be at least 1, got {every}')
        if not 0 < share <= 1:
            raise DatasetOptionError(f'share must be in (0, 1], got {share}')
        self.hold_out = hold_out
        self.fold = self._find_fold(split, fold, preset)
        if split is not None:
            subjects = self.fold.subjects(split)
            if not subjects:
                raise SplitError(
                    f"{self.METAINFO['dataset']} has no '{split}' part of its own: set "
                    'hold_out'
                )
        self.subjects = None if subjects is None else tuple(subjects)
        self.every = every
        self.share = share
        self.share_seed = share_seed
        self.report = LoadReport()
        root = Path(data_root)
        super().__init__(
            data_root=str(root),
            pipeline=list(pipeline),
            test_mode=test_mode,
            lazy_init=True,
            serialize_data=False,  # columns are compact and fork-safe as they are
        )
        header = read_header(root)
        # Not as an argument: mmengine would read a file called 'train' as metainfo.
        self._metainfo.update(
            split=split or 'all',
            fold=fold,
            **self._describe_preset(fold, preset),
            synthetic=find_marker(root) is not None or header.get('synthetic', False),
            crop=header.get('crop'),
        )
        if not lazy_init:
            self.full_init()

    @property
    def parts(self) -> tuple[FaceDataset, ...]:
        """The datasets that this one is joined of: itself alone."""
        return (self,)

    @property
    def people_of(self) -> str:
        """Whose ids the subjects are, such as ``'BP4D'`` or ``'synthetic BP4D'``.

        Rendered people are others than those whose ids they bear.
        """
        name = self.metainfo.get('people', self.metainfo['dataset'])
        return f'synthetic {name}' if self.metainfo['synthetic'] else name

    def people(self) -> set[str]:
        """Return whose faces these are, such as ``'BP4D/F001'``, to tell leaks by.

        Where people are unknown the official part stands for them; a part held out of
        the training part belongs to both, as far as a run that held out nothing is
        concerned.

        Known without reading the disk where a split was asked for.
        """
        names = self.subjects
        if names is None:
            column = self.column('subject')
            names = [column.names[code] for code in np.unique(column.codes)]
        if self.OFFICIAL_PARTS is not None and self.hold_out:
            less = f'{self.hold_out} held out'
            train = self.OFFICIAL_PARTS.train
            names = [f'{name} less {less}' if name in train else name for name in names]
            names += list(train) if HELD_OUT in names else []
        return {f'{self.people_of}/{name}' for name in names}

    @classmethod
    def expected_layout(cls, root: str | Path) -> str:
        """Return what the folder should hold, and how to get it, for messages."""
        return f'  {root}/ as the docstring of {cls.__name__} describes'

    @classmethod
    def synthetic_root(cls) -> str:
        """Return where the synthetic stand-in lies, when nothing else is said."""
        return f'data/synthetic/{cls.__module__.rpartition(".")[2]}'

    @abstractmethod
    def load_frames(self) -> FrameTable | list[dict[str, Any]]:
        """Return the images with what the disk says of them, in order.

        Those of other subjects than ``self.subjects`` are taken out afterwards; a
        dataset that is large leaves them out itself.

        Each record needs ``img_path``, ``subject``, ``sequence``, ``frame``; and what
        is known of ``activity`` (index), ``gt_aus`` (1/0/-1) and ``gt_expression``.
        """

    def label_frames(self, frames: FrameTable) -> FrameTable:
        """Turn what the disk says into labels, by the options of the dataset.

        Kept apart from :meth:`load_frames` because a prepared tree keeps what the disk
        said (intensities, votes, codes): options work on it as on the original.
        """
        return frames

    def choose_labels(self, frames: FrameTable) -> FrameTable:
        """Leave the labels that were asked for, of all that :meth:`label_frames` made.

        Apart from it because images are held out before: the same ones whatever labels
        are asked for.
        """
        return frames

    def frames_to_prepare(self, frames: FrameTable) -> FrameTable:
        """Return those of the source's frames whose faces are worth cutting out.

        All, unless a dataset knows better. What labelling options choose among stays:
        a prepared tree serves all of them.
        """
        return frames

    def own_points(self, frames: FrameTable) -> np.ndarray | None:
        """Return the landmarks that the dataset ships for these images.

        Returns:
            (N, 5, 2) float32, pixels of the image: eye centre on the image's left, on
            its right, nose tip, mouth corner on the left, on the right; NaN where an
            image has none. None if the dataset ships no landmarks at all.
        """
        return None

    def load_data_list(self) -> FrameTable:
        """Read the labels and index the images.

        Raises:
            DataRootError: If nothing is found.
        """
        frames = self.source_frames()
        if len(frames):
            frames = self.label_frames(frames)
        if len(frames):
            if self.OFFICIAL_PARTS is not None and self.hold_out:
                frames = hold_out_images(
                    frames, self.hold_out, self.OFFICIAL_PARTS.train
                )
            present = frames.columns['subject']
            absent = [
                name for name in self.subjects or () if not present.isin([name]).any()
            ]
            self.report.note('subjects asked for but without a frame', absent)
            if self.subjects is not None:
                frames = frames.take(present.isin(self.subjects))
        if len(frames):
            frames = self.choose_labels(frames)
        if len(frames) and self.every > 1:
            frames = frames.take(_every_nth(frames, self.every))
        if len(frames) and self.share < 1:
            of_people = self.OFFICIAL_PARTS is None
            frames = frames.take(
                draw_share(frames, self.share, self.share_seed, of_people)
            )
        if not len(frames):
            raise DataRootError(
                f'{self.data_root} holds no usable image. '
                + ' '.join(self.report.lines())
            )
        count_frames(self.report, frames, self.OFFICIAL_PARTS is None)
        return frames

    def source_frames(self) -> FrameTable:
        """Return the images with what the disk says of them, before any labelling.

        Raises:
            DataRootError: If a file or the folder is not there.
        """
        if has_index(self.data_root):
            return self._prepared_frames()
        try:
            frames = self.load_frames()
        except UserError:
            raise
        except FileNotFoundError as error:
            raise DataRootError(
                f'{self.METAINFO["dataset"]} is not in {self.data_root}: '
                f'{error.filename} is missing. Expected\n'
                f'{self.expected_layout(self.data_root)}'
            ) from error
        return frames if isinstance(frames, FrameTable) else FrameTable.of(frames)

    def source_options(self) -> dict[str, Any]:
        """Return the options that a prepared tree must have been made with."""
        return {name: getattr(self, name) for name in self.SOURCE_OPTIONS}

    def _prepared_frames(self) -> FrameTable:
        frames = read_index(self.data_root, self.METAINFO['dataset'])
        header = read_header(self.data_root)
        for name, wanted in self.source_options().items():
            made_with = header['source_options'].get(name)
            if made_with != wanted and not self.serves(name, made_with):
                raise DatasetOptionError(
                    f'{self.data_root} was prepared with {name}={made_with!r} and does '
                    f'not hold what {name}={wanted!r} asks for: prepare it again with '
                    f'--options {name}={wanted}'
                )
        for why, count in header['lost'].items():
            self.report.note('frames lost when the tree was prepared', why, count)
        return frames

    def serves(self, option: str, made_with: Any) -> bool:
        """Return whether a tree prepared with another option has what is asked for.

        Unless a dataset knows better: if nothing in particular is asked for, or nothing
        in particular was found when it was prepared.
        """
        return getattr(self, option) in (None, False) or made_with is None

    def _find_fold(
        self, split: str | None, fold: int | None, preset: str | None
    ) -> Fold | None:
        parts = self.OFFICIAL_PARTS
        if parts is not None:
            if fold is not None or preset is not None:
                raise DatasetOptionError(
                    f'{self.METAINFO["dataset"]} has official parts and no folds, got '
                    f'fold={fold} and preset={preset!r}'
                )
            return replace(parts, val=(HELD_OUT,)) if self.hold_out else parts
        if (split is None) != (fold is None):
            raise DatasetOptionError(
                f'split and fold go together, got split={split!r} and fold={fold}'
            )
        if fold is None:
            if self.hold_out or preset is not None:
                raise DatasetOptionError(
                    f'hold_out={self.hold_out} and preset={preset!r} need a fold'
                )
            return None
        return get_fold(self.METAINFO['dataset'], fold, self.hold_out, preset=preset)

    def _describe_preset(self, fold: int | None, preset: str | None) -> dict[str, Any]:
        """Return name and id of the parts, ``'fmae 7901901c'``, and their number."""
        if fold is None:
            return {'preset': None, 'num_folds': None}
        found = find_preset(self.METAINFO['dataset'], preset)
        return {'preset': f'{found.name} {found.id}', 'num_folds': found.num_folds}

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
