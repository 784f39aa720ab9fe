"""DISFA, as its release lies on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from clef_mm.datasets.action_unit_dataset import ActionUnitDataset
from clef_mm.datasets.disfa_layout import (
    CAMERAS,
    find_label_files,
    find_landmark_folders,
    find_sources,
    list_landmark_files,
)
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.intensity_levels import at_level, find_levels, level_names
from clef_mm.datasets.load_report import LoadReport
from clef_mm.datasets.reading.intensity_txt import HIGHEST, read_intensity
from clef_mm.datasets.reading.landmark_files import (
    no_points,
    points_of_recordings,
    read_points,
)
from clef_mm.datasets.reading.recordings import (
    index_recording,
    join_by_number,
    stack_recordings,
)
from clef_mm.registry import DATASETS
from clef_mm.structures import UNKNOWN

CODED_UNITS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
"""The action units that have label files, in the order of the column intensities."""
UNITS = (1, 2, 4, 6, 9, 12, 25, 26)
"""The action units that detectors are evaluated on."""

_BAD_LANDMARKS = Path(__file__).with_name('disfa_bad_landmarks.json')
"""Ranges of frames by subject, both ends included, counted from 1."""
_LAYOUT = """\
  {root}/
    Videos_LeftCamera/LeftVideoSN001_comp.avi ...   or frames, SN001/0.jpg ...
    Video_RightCamera/RightVideoSN001_Comp.avi ...
    ActionUnit_Labels/SN001/SN001_au1.txt ...       lines of frame,intensity
Without the licensed data, a synthetic stand-in in this layout is made by
  python tools/dataset_tools/make_synthetic.py disfa {root}"""


@DATASETS.register_module()
class DISFA(ActionUnitDataset):
    """27 subjects, a video of 4845 frames each; intensities of 12 AUs for every frame.

    Read as released (Mavadati et al., 2013), nothing renamed::

        Videos_LeftCamera/LeftVideoSN001_comp.avi     frame f of the labels is the f-th
        ActionUnit_Labels/SN001/SN001_au1.txt         frame,intensity; from 1; 0 to 5
        Landmark_Points/SN001/tmp_frame_lm/*_lm.mat   66 landmarks, used if there

    also with frames that were extracted to folders: ``SN001/0.jpg``, at most two
    folders deep. Names match in any case. Records keep ``intensities``, (12,) int8 in
    the order of ``CODED_UNITS``, -1 where a subject lacks the file of a unit.

    Args:
        data_root: Folder that holds videos or frames, and ``ActionUnit_Labels``.
        camera: ``'left'`` or ``'right'``; ``sequence`` in the records. Extracted frames
            of which no folder names a camera are taken for this one, unless it has a
            video.
        threshold: An AU is present from this intensity on, 1 to 5.
        levels: Make a label of each level of intensity instead, ``'AU12 low'`` and
            ``'AU12 high'``: the intensity at which each begins, ``dict(low=2, high=3)``
            for 2 and for 3 to 5. ``threshold`` then decides nothing.
        drop_bad_landmarks: Leave out the 4670 frames whose landmarks, as supplied, are
            wrong, as JAA-Net does. Their labels are right.
        frame_offset: Number in the name of an extracted frame minus frame number in the
            labels: -1 where images are counted from 0 (JAA-Net, ME-GraphAU), 0 where
            from 1 (FG-Net). Videos need none.
        common: Arguments of :class:`ActionUnitDataset`. There are three folds; fold k
            tests part k. ``au_names`` may be any of the twelve.

    Raises:
        DataRootError: If the folder does not look like this, or if extracted frames
            begin and end with other numbers than ``frame_offset`` says.
        LabelFileError: If a label file is not as documented.
        ValueError: If an option has none of these values.
    """

    METAINFO: ClassVar[dict[str, Any]] = {
        'dataset': 'DISFA',
        'au_names': tuple(f'AU{unit}' for unit in UNITS),
    }
    CODED_AUS: ClassVar[tuple[str, ...]] = tuple(f'AU{unit}' for unit in CODED_UNITS)
    SOURCE_OPTIONS: ClassVar[tuple[str, ...]] = ('camera', 'frame_offset')
    IMAGE_OPTIONS: ClassVar[tuple[str, ...]] = ('camera',)

    def __init__(
        self,
        data_root: str | Path,
        camera: str = 'left',
        threshold: int = 2,
        levels: dict[str, int] | None = None,
        drop_bad_landmarks: bool = False,
        frame_offset: int = -1,
        lazy_init: bool = False,
        **common: Any,
    ) -> None:
        if camera not in CAMERAS:
            raise ValueError(f"camera must be 'left' or 'right', got {camera!r}")
        if threshold not in range(1, HIGHEST + 1):
            raise ValueError(f'threshold must be 1 to {HIGHEST}, got {threshold!r}')
        self.camera = camera
        self.threshold = threshold
        self.levels = find_levels(levels)
        self.drop_bad_landmarks = drop_bad_landmarks
        self.frame_offset = frame_offset
        self._landmarks: dict[str, dict[int, Path]] = {}  # of the latest subjects
        super().__init__(data_root, lazy_init=True, **common)
        if self.levels:
            self._metainfo['au_names'] = level_names(self.au_names, self.levels)
        if not lazy_init:
            self.full_init()

    @classmethod
    def expected_layout(cls, root: str | Path) -> str:
        """Return the tree of the release."""
        return _LAYOUT.format(root=root)

    def load_frames(self) -> FrameTable:
        """Index the images and join them with their intensities by number."""
        root = Path(self.data_root)
        label_files = self._of_wanted(find_label_files(root))
        sources = self._of_wanted(find_sources(root, self.camera, self.report))
        if not sources or not label_files:
            count = sum(map(len, label_files.values()))
            wanted = f' of {", ".join(self.subjects)}' if self.subjects else ''
            raise DataRootError(
                f'DISFA is not in {root}: found {count} label files and '
                f'{len(sources)} recordings of the {self.camera} camera{wanted}. '
                + ''.join(f'{line}. ' for line in self.report.lines())
                + f'Expected\n{self.expected_layout(root)}'
            )
        return stack_recordings(
            [
                self._load_recording(
                    subject, sources.get(subject), label_files.get(subject, {})
                )
                for subject in sorted(sources.keys() | label_files.keys())
            ]
        )

    def label_frames(self, frames: FrameTable) -> FrameTable:
        """Keep coded frames of the camera; an AU is present from the threshold on."""
        self.report.found['images on disk'] = len(frames)
        keep = frames.columns['sequence'].isin([self.camera])
        self.report.note(
            f'images of another camera than the {self.camera} one, left out',
            self.data_root,
            int((~keep).sum()),
        )
        coded = (frames.columns['intensities'] != UNKNOWN).any(axis=1)
        self._note_uncoded(frames.take(keep & ~coded))
        keep &= coded
        if self.drop_bad_landmarks:
            bad = keep & has_bad_landmarks(frames)
            self.report.found['images dropped for bad landmarks'] = int(bad.sum())
            keep &= ~bad
        frames = frames.take(keep)
        intensities = frames.columns['intensities']
        labels = (intensities >= self.threshold).astype(np.int8)
        labels[intensities == UNKNOWN] = UNKNOWN
        return FrameTable({**frames.columns, 'gt_aus': labels})

    def choose_labels(self, frames: FrameTable) -> FrameTable:
        """Bring ``gt_aus`` to the units asked for and, if asked for, their levels."""
        if not self.levels:
            return super().choose_labels(frames)
        coded = {**frames.columns, 'gt_aus': frames.columns['intensities']}
        chosen = super().choose_labels(FrameTable(coded)).columns['gt_aus']
        of_level = [at_level(chosen, level) for level in self.levels.values()]
        labels = np.stack(of_level, axis=2).reshape(len(frames), -1)
        return FrameTable({**frames.columns, 'gt_aus': labels})

    def own_points(self, frames: FrameTable) -> np.ndarray | None:
        """Return the points of ``Landmark_Points``, which belong to the left camera."""
        folders = find_landmark_folders(Path(self.data_root))
        if not folders or self.camera != 'left':
            return None
        subjects = frames.columns['subject']
        present = {subjects.names[code] for code in np.unique(subjects.codes)}
        self._landmarks = self._find_landmarks(
            {name: folders[name] for name in sorted(present & folders.keys())}
        )

        def read(subject: str, _: str, numbers: np.ndarray) -> np.ndarray | None:
            files = self._landmarks.get(subject)
            if files is None:
                return None
            return np.stack(
                [
                    read_points(files[number]) if number in files else no_points()
                    for number in numbers.tolist()
                ]
            )

        return points_of_recordings(frames, read, self.report)

    def _find_landmarks(self, folders: dict[str, Path]) -> dict[str, dict[int, Path]]:
        """Return the landmark files of each subject by frame number of the labels.

        Preparation asks for a few frames at a time: what is known from the time before
        is not listed again.
        """
        known = {name: self._landmarks.get(name) for name in folders}
        if None not in known.values():
            return known
        sources = find_sources(Path(self.data_root), self.camera, LoadReport())
        for name in [name for name, files in known.items() if files is None]:
            images = len(index_recording(sources[name], LoadReport()))
            files = list_landmark_files(folders[name])
            known[name] = self._number_landmarks(name, files, images)
        return known

    def _number_landmarks(
        self, subject: str, files: dict[int, Path], images: int
    ) -> dict[int, Path]:
        """Return the landmark files of a subject by frame number of the labels.

        Files are counted from 0 or from 1, as the subject may be. The first of them
        belongs to the first image; unless there is one file more than images, then the
        first belongs to none.
        """
        first = min(files)
        extra = len(files) == images + 1
        self.report.note(f'subjects whose landmark files count from {first}', subject)
        if extra:
            self.report.note(
                'subjects with one landmark file more than images, the first left out',
                subject,
            )
        elif len(files) != images:
            self.report.note(
                'subjects with other numbers of landmark files and of images',
                f'{subject}: {len(files):,} and {images:,}',
            )
        shift = first + extra - 1
        return {
            number - shift: path for number, path in files.items() if number > shift
        }

    def _of_wanted(self, found: dict[str, Any]) -> dict[str, Any]:
        return {name: item for name, item in found.items() if self._wanted(name)}

    def _load_recording(
        self, subject: str, source: Path | None, label_files: dict[int, Path]
    ) -> FrameTable:
        coded, intensities = self._read_labels(subject, label_files)
        if source is None:
            self.report.note('label rows without an image', subject, len(coded))
            return FrameTable({})
        recording = index_recording(source, self.report)
        frame = recording.numbers
        if recording.positions is None:
            self._check_numbering(recording.numbers, coded, source)
            frame = frame - self.frame_offset
        joined, _ = join_by_number(frame, coded, intensities, missing=UNKNOWN)
        absent = coded[~np.isin(coded, frame)]
        self.report.note(
            'label rows without an image', [f'{subject}/{number}' for number in absent]
        )
        return recording.table(subject, self.camera, frame, {'intensities': joined})

    def _read_labels(
        self, subject: str, label_files: dict[int, Path]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return frame numbers (M,) and intensities (M, 12), -1 where not coded."""
        read = {
            place: read_intensity(label_files[unit])
            for place, unit in enumerate(CODED_UNITS)
            if unit in label_files
        }
        self.report.note(
            'action units without a label file, unknown there',
            [f'{subject} AU{unit}' for unit in CODED_UNITS if unit not in label_files],
        )
        every = [frames for frames, _ in read.values()]
        coded = np.unique(np.concatenate(every)) if every else np.empty(0, np.int32)
        intensities = np.full((len(coded), len(CODED_UNITS)), UNKNOWN, np.int8)
        for place, (frames, values) in read.items():
            intensities[np.searchsorted(coded, frames), place] = values
            if len(frames) < len(coded):
                self.report.note(
                    'label files that lack frames of other units, unknown there',
                    f'{subject} AU{CODED_UNITS[place]}',
                )
        return coded, intensities

    def _check_numbering(
        self, images: np.ndarray, coded: np.ndarray, source: Path
    ) -> None:
        """Compare the first and the last image with the first and last label.

        Images are counted from 0 or from 1, so that an end which differs from the
        labels' by -1 or by 0 says from which; another may be that of a part.

        Raises:
            DataRootError: If both ends say that the offset is another one.
        """
        if not len(images) or not len(coded):
            return
        start, end = int(images[0]) - 1, int(images[-1] - coded[-1])
        likely = [
            offset
            for offset in (start, end)
            if offset in (-1, 0) and offset != self.frame_offset
        ]
        if likely == [start, end] and start == end:
            raise DataRootError(
                f'{source} holds images {images[0]} to {images[-1]}, and the last '
                f'label is of frame {coded[-1]}: they are counted from {start + 1}. '
                f'Set frame_offset={start}, not {self.frame_offset}'
            )
        for offset in likely:
            self.report.note(
                f'recordings whose first or last image does not fit frame_offset='
                f'{self.frame_offset} (is it {offset}?)',
                f'{source}: {images[0]} to {images[-1]}, labels to {coded[-1]}',
            )

    def _note_uncoded(self, frames: FrameTable) -> None:
        subjects = frames.columns['subject']
        for code, number in enumerate(np.bincount(subjects.codes).tolist()):
            self.report.note(
                'images without a label row, left out', subjects.names[code], number
            )


def has_bad_landmarks(frames: FrameTable) -> np.ndarray:
    """Return a mask (N,) of the frames whose supplied landmarks are wrong."""
    with _BAD_LANDMARKS.open(encoding='utf-8') as file:
        ranges = json.load(file)
    frame = frames.columns['frame']
    bad = np.zeros(len(frames), bool)
    for subject, spans in ranges.items():
        of_subject = frames.columns['subject'].isin([subject])
        for first, last in spans:
            bad |= of_subject & (frame >= first) & (frame <= last)
    return bad
