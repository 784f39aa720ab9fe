"""BP4D-Spontaneous, as its release lies on disk."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from clef_mm.datasets.face_dataset import DataRootError, FaceDataset
from clef_mm.datasets.frame_table import Categories, FrameTable, Paths
from clef_mm.datasets.image_reading import count_video_frames
from clef_mm.datasets.occurrence_csv import read_occurrence
from clef_mm.registry import DATASETS
from clef_mm.structures import UNKNOWN

TASKS = ('T1', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7', 'T8')
UNITS = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)

# Activity code in the name of a video: 2F01_03.avi is subject F001, task T2.
_VIDEO_TASKS = dict(
    zip(('01', '03', '07', '08', '09', '10', '11', '13'), TASKS, strict=True)
)
_VIDEO = re.compile(r'2([FM])(\d{2})_(\d{2})\.avi', re.IGNORECASE)
_SUBJECT = re.compile(r'[FM]\d{3}', re.IGNORECASE)
_LABELS = re.compile(r'([FM]\d{3})_(T\d+)\.csv', re.IGNORECASE)
_FRAME = re.compile(r'[0-9]{1,9}\.(jpe?g|png|bmp)', re.IGNORECASE)

_LAYOUT = """\
  {root}/
    Sequences(2D+3D)/F001/T1/2440.jpg ...   frames; or videos 2F01_01.avi ...
    AUCoding/AU_OCC/F001_T1.csv ...         AU occurrence; or AUCoding/F001_T1.csv
Without the licensed data, a synthetic stand-in in this layout is made by
  python tools/dataset_tools/make_synthetic.py bp4d {root}"""


@dataclass(frozen=True)
class _Sequence:
    """The images of one recording.

    Attributes:
        folder: Where the image files lie, or the video file itself.
        numbers: (N,) frame numbers as the labels count them, ascending.
        files: (N,) file names, bytes; empty for a video.
        positions: (N,) 0-based positions in the video; empty for files.
    """

    folder: Path
    numbers: np.ndarray
    files: np.ndarray
    positions: np.ndarray


@DATASETS.register_module()
class BP4D(FaceDataset):
    """41 subjects, 8 tasks, 328 sequences; 12 AUs coded for about 500 frames of each.

    Read as released (Zhang et al., 2014), nothing renamed::

        Sequences(2D+3D)/F001/T1/2440.jpg    zero padding differs between sequences
        AUCoding/AU_OCC/F001_T1.csv          header 0,1,...,99; codes 0, 1, 9 = unknown

    also with ``AUCoding/F001_T1.csv`` (FERA 2015) and with videos (``2F01_01.avi``,
    frame f of the labels is the f-th decoded frame). Folder names match in any case.

    Args:
        data_root: Folder that holds images and ``AUCoding``.
        frames: ``'coded'``: frames with AU codes. ``'all'``: every image, the others
            with all AUs unknown; stage 1 needs no codes.
        frame_offset: Number in the image's name minus frame number in the labels.
        subjects: Use only these.
        split: ``'train'``, ``'val'`` or ``'test'`` of ``fold``.
        fold: 1, 2 or 3; fold k tests part k.
        hold_out: Training subjects set apart as ``'val'``.
        every: Use every n-th frame of a sequence.
        pipeline: Transforms.
        test_mode: Refuse images that cannot be read.
        lazy_init: Do not read the disk yet.

    Raises:
        DataRootError: If the folder does not look like this.
        LabelFileError: If a label file is not as documented.
    """

    METAINFO: ClassVar[dict[str, Any]] = {
        'dataset': 'BP4D',
        'au_names': tuple(f'AU{unit}' for unit in UNITS),
        'activities': TASKS,
    }

    def __init__(
        self,
        data_root: str | Path,
        frames: str = 'coded',
        frame_offset: int = 0,
        subjects: Sequence[str] | None = None,
        split: str | None = None,
        fold: int | None = None,
        hold_out: int = 0,
        every: int = 1,
        pipeline: Sequence[Any] = (),
        test_mode: bool = False,
        lazy_init: bool = False,
    ) -> None:
        if frames not in ('coded', 'all'):
            raise ValueError(f"frames must be 'coded' or 'all', got {frames!r}")
        self.frames = frames
        self.frame_offset = frame_offset
        super().__init__(
            data_root,
            subjects,
            split,
            fold,
            hold_out,
            every,
            pipeline,
            test_mode,
            lazy_init,
        )

    @classmethod
    def expected_layout(cls, root: str | Path) -> str:
        """Return the tree of the release and the command for a synthetic one."""
        return _LAYOUT.format(root=root)

    def load_frames(self) -> FrameTable:
        """Index the images and join them with their labels by number."""
        root = Path(self.data_root)
        label_files = self._find_label_files(root)
        sequences = self._find_sequences(root)
        if not sequences or (self.frames == 'coded' and not label_files):
            wanted = f' of {", ".join(self.subjects)}' if self.subjects else ''
            raise DataRootError(
                f'BP4D is not in {root}: found {len(label_files)} label files and '
                f'{len(sequences)} sequences{wanted}. Expected\n'
                f'{self.expected_layout(root)}'
            )
        self._images = 0
        tables = []
        for subject, task in sorted(sequences.keys() | label_files.keys()):
            tables.append(
                self._load_sequence(
                    subject,
                    task,
                    sequences.get((subject, task)),
                    label_files.get((subject, task)),
                )
            )
        frames = FrameTable.concatenate(tables)
        self._count(frames)
        return frames

    def _load_sequence(
        self, subject: str, task: str, source: Path | None, label_file: Path | None
    ) -> FrameTable:
        name = f'{subject}_{task}'
        coded = np.empty(0, np.int32)
        codes = np.empty((0, len(UNITS)), np.int8)
        if label_file is not None:
            coded, codes = read_occurrence(label_file, UNITS)
        elif self.frames == 'coded':
            self.report.note('sequences without a label file', name)
        if source is None:
            self.report.note('label rows without an image', name, len(coded))
            return FrameTable({})

        sequence = self._index(source)
        self._images += len(sequence.numbers)
        labels, known = _labels_of(sequence.numbers, coded, codes)
        absent = coded[~np.isin(coded, sequence.numbers)]
        self.report.note(
            'label rows without an image', [f'{name}/{frame}' for frame in absent]
        )
        keep = known if self.frames == 'coded' else np.ones_like(known)
        return _as_table(sequence, subject, task, labels, keep)

    def _index(self, source: Path) -> _Sequence:
        if source.is_dir():
            return self._index_files(source)
        count = count_video_frames(source)
        positions = np.arange(count, dtype=np.int32)
        numbers = positions + 1 - self.frame_offset
        return _Sequence(source, numbers, np.full(count, b''), positions)

    def _index_files(self, folder: Path) -> _Sequence:
        """Index a folder by the number in each name: the zero padding varies."""
        everything = os.listdir(folder)
        names = [name for name in everything if _FRAME.fullmatch(name)]
        if len(names) < len(everything):
            stray = sorted(set(everything) - set(names))
            self.report.note(
                'files that are no frames', [f'{folder}/{n}' for n in stray]
            )
        numbers = np.array([int(name.partition('.')[0]) for name in names], np.int32)
        order = numbers.argsort()
        numbers = numbers[order]
        files = np.array(names, dtype=np.bytes_)[order]
        twice = np.flatnonzero(np.diff(numbers) == 0)
        if len(twice):
            first, second = files[twice[0] : twice[0] + 2].astype(str)
            raise DataRootError(
                f'{folder} holds frame {numbers[twice[0]]} under two names: remove '
                f'{first} or {second}'
            )
        if len(numbers) and numbers[0] == 0 and self.frame_offset == 0:
            self.report.note(
                'sequences that start with image 0, while frame_offset=0 takes labels '
                'and images to count alike (is it -1?)',
                str(folder),
            )
        return _Sequence(folder, numbers - self.frame_offset, files, np.empty(0))

    def _find_label_files(self, root: Path) -> dict[tuple[str, str], Path]:
        coding = _child(root, 'AUCoding')
        if coding is None:
            return {}
        return {
            (match[1].upper(), match[2].upper()): path
            for path in (_child(coding, 'AU_OCC') or coding).iterdir()
            if (match := _LABELS.fullmatch(path.name))
            and self._wanted(match[1].upper())
        }

    def _find_sequences(self, root: Path) -> dict[tuple[str, str], Path]:
        """Map (subject, task) to a folder of frames, or else to a video."""
        folders, videos = defaultdict(list), defaultdict(list)
        if not root.is_dir():
            return {}
        for place in (root, *_folders(root)):
            if not os.access(place, os.R_OK | os.X_OK):
                continue  # such as lost+found, where a disk is mounted
            for entry in place.iterdir():
                if _SUBJECT.fullmatch(entry.name) and entry.is_dir():
                    for task in _folders(entry):
                        key = (entry.name.upper(), task.name.upper())
                        if key[1] in TASKS and self._wanted(key[0]):
                            folders[key].append(task)
                elif match := _VIDEO.fullmatch(entry.name):
                    key = f'{match[1].upper()}0{match[2]}', _VIDEO_TASKS.get(match[3])
                    if key[1] and self._wanted(key[0]):
                        videos[key].append(entry)
        return {key: _only(found) for key, found in (folders or videos).items()}

    def _count(self, frames: FrameTable) -> None:
        if not len(frames):
            return
        labels = frames.columns['gt_aus']
        found = self.report.found
        subjects = frames.columns['subject'].codes
        tasks = frames.columns['sequence'].codes
        found['subjects'] = len(np.unique(subjects))
        found['sequences'] = len(np.unique(subjects * len(TASKS) + tasks))
        found['frames'] = len(frames)
        found['images on disk'] = self._images
        found['frames without AU codes'] = int((labels == UNKNOWN).all(axis=1).sum())
        found['unknown AU codes in coded frames'] = int(
            (labels[(labels != UNKNOWN).any(axis=1)] == UNKNOWN).sum()
        )


def _labels_of(
    numbers: np.ndarray, coded: np.ndarray, codes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return labels (N, C) of the images, unknown if uncoded, and a mask of coded."""
    labels = np.full((len(numbers), codes.shape[1]), UNKNOWN, np.int8)
    _, image, row = np.intersect1d(
        numbers, coded, assume_unique=True, return_indices=True
    )
    labels[image] = codes[row]
    known = np.zeros(len(numbers), bool)
    known[image] = True
    return labels, known


def _as_table(
    sequence: _Sequence, subject: str, task: str, labels: np.ndarray, keep: np.ndarray
) -> FrameTable:
    count = int(keep.sum())
    one = np.zeros(count, np.int32)
    is_video = len(sequence.positions) > 0
    parent = sequence.folder.parent if is_video else sequence.folder
    files = (
        np.full(count, sequence.folder.name.encode())
        if is_video
        else sequence.files[keep]
    )
    columns = {
        'img_path': Paths(Categories(one, [str(parent)]), files),
        'subject': Categories(one, [subject]),
        'sequence': Categories(one, [task]),
        'frame': sequence.numbers[keep].astype(np.int32),
        'activity': np.full(count, TASKS.index(task), np.int8),
        'gt_aus': labels[keep],
    }
    if is_video:
        columns['video_frame'] = sequence.positions[keep]
    return FrameTable(columns)


def _only(sources: list[Path]) -> Path:
    """Return the source of a recording that holds frames.

    Other trees may repeat the names: ``__MACOSX`` of an archive, or crops.
    """
    if len(sources) == 1:
        return sources[0]
    filled = [source for source in sources if source.is_file() or _holds_frames(source)]
    if len(filled) > 1:
        raise DataRootError(
            f'{filled[0]} and {filled[1]} both hold the frames of one recording: leave '
            'only one of them in the folder'
        )
    return (filled or sources)[0]


def _holds_frames(folder: Path) -> bool:
    return any(_FRAME.fullmatch(name) for name in os.listdir(folder))


def _folders(parent: Path) -> list[Path]:
    return sorted(path for path in parent.iterdir() if path.is_dir())


def _child(parent: Path, name: str) -> Path | None:
    """Return the folder ``name`` of ``parent``, in any case, or None."""
    if not parent.is_dir():
        return None
    matches = [path for path in _folders(parent) if path.name.lower() == name.lower()]
    return matches[0] if matches else None
