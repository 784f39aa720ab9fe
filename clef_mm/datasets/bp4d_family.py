"""What BP4D and BP4D+ have in common: tasks, AU codes for some frames, landmarks."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections import defaultdict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from clef_mm.datasets.action_unit_dataset import ActionUnitDataset
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.reading.folder_search import find_files, find_folder, subfolders
from clef_mm.datasets.reading.landmark_files import (
    points_of_recordings,
    read_tracked_points,
)
from clef_mm.datasets.reading.occurrence_csv import read_occurrence
from clef_mm.datasets.reading.recordings import (
    choose_source,
    index_recording,
    join_by_number,
    stack_recordings,
)
from clef_mm.structures import UNKNOWN

UNITS = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)
"""The action units that both are evaluated on."""

_SUBJECT = re.compile(r'[FM]\d{3}', re.IGNORECASE)
_TASK = re.compile(r'T\d+', re.IGNORECASE)
_LABELS = re.compile(r'([FM]\d{3})_(T\d+)\.csv', re.IGNORECASE)

# Folders of the releases that repeat the names of subjects and tasks, or hold millions
# of files, but no images.
_NOT_IMAGES = {
    'aucoding',
    '2dfeatures',
    '3dfeatures',
    'irfeatures',
    'physiology',
    'thermal',
}

Key = tuple[str, str]
"""Subject and task: what names a recording."""


class BP4DFamily(ActionUnitDataset):
    """Recordings of people in tasks, of which some frames have AU codes.

    A frame is known by subject, task and number; images and codes are joined by it.

    Args:
        data_root: Folder that holds images and ``AUCoding``.
        frames: ``'coded'``: frames with AU codes. ``'all'``: every image, the others
            with all AUs unknown; stage 1 needs no codes.
        frame_offset: Number in the image's name minus frame number in the labels.
        common: Arguments of :class:`ActionUnitDataset`.

    Raises:
        DataRootError: If the folder does not look like the release.
        LabelFileError: If a label file is not as documented.
    """

    SOURCE_OPTIONS: ClassVar[tuple[str, ...]] = ('frames', 'frame_offset')
    CODED_AUS: ClassVar[tuple[str, ...]] = tuple(f'AU{unit}' for unit in UNITS)
    TASKS: ClassVar[tuple[str, ...]]
    """Names of the tasks, in the order of activity indices."""
    CODED_TASKS: ClassVar[tuple[str, ...]]
    """The tasks that have AU codes."""

    def __init__(
        self, data_root: str | Path, frames: str, frame_offset: int, **common: Any
    ) -> None:
        if frames not in ('coded', 'all'):
            raise ValueError(f"frames must be 'coded' or 'all', got {frames!r}")
        self.frames = frames
        self.frame_offset = frame_offset
        super().__init__(data_root, **common)

    @abstractmethod
    def find_sources(self, root: Path) -> dict[Key, Path]:
        """Return where the images of each recording lie."""

    def load_frames(self) -> FrameTable:
        """Index the images and join them with their labels by number."""
        root = Path(self.data_root)
        label_files = self._find_label_files(root)
        sources = self.find_sources(root)
        if not sources or (self.frames == 'coded' and not label_files):
            wanted = f' of {", ".join(self.subjects)}' if self.subjects else ''
            raise DataRootError(
                f'{self.METAINFO["dataset"]} is not in {root}: found '
                f'{len(label_files)} label files and {len(sources)} sequences{wanted}. '
                f'Expected\n{self.expected_layout(root)}'
            )
        return stack_recordings(
            [
                self._load_recording(key, sources.get(key), label_files.get(key))
                for key in sorted(sources.keys() | label_files.keys(), key=self._place)
            ]
        )

    def label_frames(self, frames: FrameTable) -> FrameTable:
        """Keep the frames with AU codes, unless all were asked for."""
        self.report.found['images on disk'] = len(frames)
        return self._coded_or_all(frames).without('coded')

    def frames_to_prepare(self, frames: FrameTable) -> FrameTable:
        """Return the frames with AU codes, unless all were asked for."""
        return self._coded_or_all(frames)

    def serves(self, option: str, made_with: Any) -> bool:
        """Return whether a prepared tree has what is asked for: all frames have."""
        return option == 'frames' and made_with == 'all'

    def own_points(self, frames: FrameTable) -> np.ndarray | None:
        """Return the points of ``2DFeatures/F001_T1.mat``, where there are any."""
        folder = find_folder(Path(self.data_root), '2DFeatures')
        files = {path.name.upper(): path for path in find_files(folder)}
        if not files:
            return None

        def read(subject: str, task: str, numbers: np.ndarray) -> np.ndarray | None:
            path = files.get(f'{subject}_{task}.MAT')
            return None if path is None else read_tracked_points(path, numbers)

        return points_of_recordings(frames, read, self.report)

    def folders_of_images(self, root: Path) -> list[Path]:
        """Return the folders that subjects may lie in: the root and those below it."""
        below = [
            path for path in subfolders(root) if path.name.lower() not in _NOT_IMAGES
        ]
        return [root, *below] if root.is_dir() else []

    def find_task_folders(self, root: Path) -> dict[Key, Path]:
        """Return the folders ``F001/T1`` with images."""
        found = defaultdict(list)
        for place in self.folders_of_images(root):
            for person in subfolders(place):
                if _SUBJECT.fullmatch(person.name):
                    for task in subfolders(person):
                        if self.is_wanted(person.name, task.name):
                            key = person.name.upper(), task.name.upper()
                            found[key].append(task)
        return {key: choose_source(places) for key, places in found.items()}

    def is_wanted(self, subject: str, task: str) -> bool:
        """Return whether to load a recording; a task that should not be is noted."""
        if not _TASK.fullmatch(task) or not self._wanted(subject.upper()):
            return False
        if task.upper() not in self.TASKS:
            self.report.note(
                f'recordings of tasks that {self.METAINFO["dataset"]} does not have, '
                'left out',
                f'{subject}_{task}',
            )
            return False
        return True

    def _coded_or_all(self, frames: FrameTable) -> FrameTable:
        if self.frames == 'coded':
            return frames.take(frames.columns['coded'])
        return frames

    def _place(self, key: Key) -> tuple[str, int]:
        """Return what sorts recordings: T10 comes behind T9."""
        return key[0], self.TASKS.index(key[1])

    def _find_label_files(self, root: Path) -> dict[Key, Path]:
        coding = find_folder(root, 'AUCoding')
        if coding is None:
            return {}
        return {
            (match[1].upper(), match[2].upper()): path
            for path in find_files(find_folder(coding, 'AU_OCC') or coding)
            if (match := _LABELS.fullmatch(path.name))
            and self.is_wanted(match[1], match[2])
        }

    def _load_recording(
        self, key: Key, source: Path | None, label_file: Path | None
    ) -> FrameTable:
        subject, task = key
        name = f'{subject}_{task}'
        coded = np.empty(0, np.int32)
        codes = np.empty((0, len(UNITS)), np.int8)
        if label_file is not None:
            coded, codes = read_occurrence(label_file, UNITS)
        elif self.frames == 'coded' and task in self.CODED_TASKS:
            self.report.note('sequences without a label file', name)
        if source is None:
            self.report.note('label rows without an image', name, len(coded))
            return FrameTable({})

        recording = index_recording(source, self.report)
        if len(recording) and recording.numbers[0] == 0 and self.frame_offset == 0:
            self.report.note(
                'sequences that start with image 0, while frame_offset=0 takes labels '
                'and images to count alike (is it -1?)',
                str(source),
            )
        frame = recording.numbers - self.frame_offset
        labels, known = join_by_number(frame, coded, codes, missing=UNKNOWN)
        absent = coded[~np.isin(coded, frame)]
        self.report.note(
            'label rows without an image', [f'{name}/{number}' for number in absent]
        )
        activity = np.full(len(recording), self.TASKS.index(task), np.int8)
        columns = {'activity': activity, 'gt_aus': labels, 'coded': known}
        return recording.table(subject, task, frame, columns)
