"""BP4D-Spontaneous, as its release lies on disk."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any, ClassVar

from clef_mm.datasets.bp4d_family import BP4DFamily, Key
from clef_mm.datasets.reading.folder_search import find_files
from clef_mm.datasets.reading.recordings import choose_source, holds_frames
from clef_mm.registry import DATASETS

TASKS = ('T1', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7', 'T8')

# Activity code in the name of a video: 2F01_03.avi is subject F001, task T2.
_VIDEO_TASKS = dict(
    zip(('01', '03', '07', '08', '09', '10', '11', '13'), TASKS, strict=True)
)
_VIDEO = re.compile(r'2([FM])(\d{2})_(\d{2})\.avi', re.IGNORECASE)

_LAYOUT = """\
  {root}/
    Sequences(2D+3D)/F001/T1/2440.jpg ...   frames; or videos 2F01_01.avi ...
    AUCoding/AU_OCC/F001_T1.csv ...         AU occurrence; or AUCoding/F001_T1.csv
Without the licensed data, a synthetic stand-in in this layout is made by
  python tools/dataset_tools/make_synthetic.py bp4d {root}"""


@DATASETS.register_module()
class BP4D(BP4DFamily):
    """41 subjects, 8 tasks, 328 sequences; 12 AUs coded for about 450 frames of each.

    Read as released (Zhang et al., 2014), nothing renamed::

        Sequences(2D+3D)/F001/T1/2440.jpg    zero padding differs between sequences
        AUCoding/AU_OCC/F001_T1.csv          header 0,1,...,99; codes 0, 1, 9 = unknown
        2DFeatures/F001_T1.mat               49 landmarks of each frame, used if there

    also with ``AUCoding/F001_T1.csv`` (FERA 2015) and with videos (``2F01_01.avi``,
    frame f of the labels is the f-th decoded frame). Folder names match in any case. A
    recording is read from its video unless its folder holds frames.

    Args:
        data_root: Folder that holds images and ``AUCoding``.
        frames: ``'coded'``: frames with AU codes. ``'all'``: every image, the others
            with all AUs unknown; stage 1 needs no codes.
        frame_offset: Number in the image's name minus frame number in the labels.
        common: Arguments of :class:`ActionUnitDataset`. There are three folds; fold k
            tests part k.

    Raises:
        DataRootError: If the folder does not look like this.
        LabelFileError: If a label file is not as documented.
    """

    METAINFO: ClassVar[dict[str, Any]] = {
        'dataset': 'BP4D',
        'au_names': BP4DFamily.CODED_AUS,
        'activities': TASKS,
    }
    TASKS = TASKS
    CODED_TASKS = TASKS

    def __init__(
        self,
        data_root: str | Path,
        frames: str = 'coded',
        frame_offset: int = 0,
        **common: Any,
    ) -> None:
        super().__init__(data_root, frames, frame_offset, **common)

    @classmethod
    def expected_layout(cls, root: str | Path) -> str:
        """Return the tree of the release and the command for a synthetic one."""
        return _LAYOUT.format(root=root)

    def find_sources(self, root: Path) -> dict[Key, Path]:
        """Return the folder of frames of each recording, or else its video."""
        folders, videos = self.find_task_folders(root), self._find_videos(root)
        twice = sorted(folders.keys() & videos.keys())
        filled = [key for key in twice if holds_frames(folders[key])]
        self.report.note(
            'videos passed over for the extracted frames of the recording',
            [f'{videos[key]} for {folders[key]}' for key in filled],
        )
        return {**folders, **videos, **{key: folders[key] for key in filled}}

    def _find_videos(self, root: Path) -> dict[Key, Path]:
        found = defaultdict(list)
        for place in self.folders_of_images(root):
            for path in find_files(place):
                match = _VIDEO.fullmatch(path.name)
                # Codes in between belong to activities that were not released.
                if match and (task := _VIDEO_TASKS.get(match[3])):
                    subject = f'{match[1].upper()}0{match[2]}'
                    if self.is_wanted(subject, task):
                        found[subject, task].append(path)
        return {key: choose_source(paths) for key, paths in found.items()}
