"""BP4D+ (also MMSE), as its release lies on disk."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from clef_mm.datasets.activity_sample import sample_activities
from clef_mm.datasets.bp4d_family import BP4DFamily, Key
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.reading.folder_search import find_files
from clef_mm.datasets.reading.image_archives import open_archive
from clef_mm.datasets.reading.recordings import (
    choose_source,
    is_frame,
    number_of_frames,
)
from clef_mm.registry import DATASETS

TASKS = tuple(f'T{number}' for number in range(1, 11))
CODED_TASKS = ('T1', 'T6', 'T7', 'T8')

_ARCHIVE = re.compile(r'([FM]\d{3})\.zip', re.IGNORECASE)

_LAYOUT = """\
  {root}/
    2D+3D/F001/T1/0000.jpg ...        frames; or archives 2D+3D/F001.zip ...
    AUCoding/AU_OCC/F001_T1.csv ...   AU occurrence in T1, T6, T7 and T8
Without the licensed data, a synthetic stand-in in this layout is made by
  python tools/dataset_tools/make_synthetic.py bp4d_plus {root}"""


@DATASETS.register_module()
class BP4DPlus(BP4DFamily):
    """140 subjects, 10 tasks; the same 12 AUs as BP4D, coded in four of the tasks.

    Read as released (Zhang et al., 2016), nothing renamed or unpacked::

        2D+3D/F001.zip                  <top>/T1/0000.jpg; or unpacked 2D+3D/F001/T1/...
        AUCoding/AU_OCC/F001_T1.csv     header 0,1,2,4,...; codes 0, 1, 9 = unknown
        2DFeatures/F001_T1.mat          49 landmarks of each frame, used if there

    Images are counted from 0 and frames in the labels from 1. Tasks are other ones than
    those of BP4D: pain is T6 there and T8 here.

    Of F041_T7 the AU codes and the images differ in length: frames are joined by
    number, and what has no counterpart is reported. A task T11, of which F042 has a
    trace, is left out and reported.

    Where a recording is both unpacked and archived, the one of more frames is used.

    Args:
        data_root: Folder that holds ``2D+3D`` and ``AUCoding``.
        frames: ``'coded'``: frames with AU codes, as for stage 2. ``'all'``: every
            image, the others with all AUs unknown, as for stage 1.
        per_activity: Use this many frames of each activity, spread evenly over the
            recordings of the people asked for; 48,000 gives the 480,000 of ten
            activities. None: all. A tree prepared with it holds the sample of all 140
            people, of which a part of them has its share.
        frame_offset: Number in the image's name minus frame number in the labels.
        common: Arguments of :class:`ActionUnitDataset`.

    Raises:
        DataRootError: If the folder does not look like this.
        LabelFileError: If a label file is not as documented.
    """

    METAINFO: ClassVar[dict[str, Any]] = {
        'dataset': 'BP4DPlus',
        'au_names': BP4DFamily.CODED_AUS,
        'activities': TASKS,
    }
    SOURCE_OPTIONS: ClassVar[tuple[str, ...]] = (
        *BP4DFamily.SOURCE_OPTIONS,
        'per_activity',
    )
    TASKS = TASKS
    CODED_TASKS = CODED_TASKS

    def __init__(
        self,
        data_root: str | Path,
        frames: str = 'coded',
        per_activity: int | None = None,
        frame_offset: int = -1,
        **common: Any,
    ) -> None:
        if per_activity is not None and per_activity < 1:
            raise ValueError(f'per_activity must be at least 1, got {per_activity}')
        self.per_activity = per_activity
        super().__init__(data_root, frames, frame_offset, **common)

    @classmethod
    def expected_layout(cls, root: str | Path) -> str:
        """Return the tree of the release."""
        return _LAYOUT.format(root=root)

    def find_sources(self, root: Path) -> dict[Key, Path]:
        """Return the folders of frames, on disk or inside an archive."""
        unpacked, archived = self.find_task_folders(root), self._find_archived(root)
        twice = unpacked.keys() & archived.keys()
        return {
            **unpacked,
            **archived,
            **{key: self._fuller(unpacked[key], archived[key]) for key in twice},
        }

    def label_frames(self, frames: FrameTable) -> FrameTable:
        """Keep coded frames or all, and of these as many per activity as asked for."""
        frames = super().label_frames(frames)
        if self.per_activity is None or not len(frames):
            return frames
        if self.subjects is not None:  # so that a part gives as many as the whole
            frames = frames.take(frames.columns['subject'].isin(self.subjects))
        numbers = np.bincount(frames.columns['activity'], minlength=len(TASKS))
        self.report.note(
            f'activities with fewer than {self.per_activity:,} frames, all used',
            [
                f'{task}: {number:,}'
                for task, number in zip(TASKS, numbers.tolist(), strict=True)
                if number < self.per_activity
            ],
        )
        return frames.take(sample_activities(frames, self.per_activity))

    def serves(self, option: str, made_with: Any) -> bool:
        """Return whether a prepared tree has what is asked for: larger samples have."""
        if option != 'per_activity':
            return super().serves(option, made_with)
        if made_with is None:
            return True
        return self.per_activity is not None and self.per_activity <= made_with

    def frames_to_prepare(self, frames: FrameTable) -> FrameTable:
        """Return coded frames or all; of these as many per activity as asked for."""
        frames = super().frames_to_prepare(frames)
        if self.per_activity is None:
            return frames
        return frames.take(sample_activities(frames, self.per_activity))

    def _fuller(self, unpacked: Path, archived: Path) -> Path:
        """Return the folder of more frames, of equal ones that on disk."""
        count, in_archive = number_of_frames(unpacked), number_of_frames(archived)
        if count:
            self.report.note(
                'recordings both unpacked and archived, the fuller one used',
                f'{unpacked}: {count:,} frames, {archived}: {in_archive:,}',
            )
        return unpacked if count >= in_archive else archived

    def _find_archived(self, root: Path) -> dict[Key, Path]:
        found = defaultdict(list)
        for place in self.folders_of_images(root):
            for path in find_files(place):
                match = _ARCHIVE.fullmatch(path.name)
                if match and self._wanted(match[1].upper()):
                    archive = open_archive(path)
                    for folder in archive.folders():
                        task = folder.rpartition('/')[2]
                        if self.is_wanted(match[1], task) and any(
                            map(is_frame, archive.images(folder))
                        ):
                            key = match[1].upper(), task.upper()
                            found[key].append(path / folder)
        return {key: choose_source(folders) for key, folders in found.items()}
