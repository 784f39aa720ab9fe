"""AffectNet, in either of its two releases."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from clef_mm.datasets.expression_dataset import ExpressionDataset
from clef_mm.datasets.expressions import EXPRESSIONS
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.folds import Fold
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.held_out_images import HELD_OUT
from clef_mm.datasets.reading.affectnet_csv import (
    find_csv_parts,
    load_csv_part,
    read_csv_landmarks,
)
from clef_mm.datasets.reading.affectnet_npy import (
    find_npy_parts,
    load_npy_part,
    read_npy_landmarks,
)
from clef_mm.registry import DATASETS

RELEASES = ('csv', 'npy')

_LAYOUT = """\
  {root}/   the release of 2021 ('npy'):
    train_set/images/0.jpg ...   train_set/annotations/0_exp.npy, 0_val.npy, 0_aro.npy
    val_set/...                  also called valid_set
  {root}/   or the first release ('csv'):
    Manually_Annotated_file_lists/training.csv, validation.csv
    Manually_Annotated_Images/689/737db248....jpg ...
Without the licensed data, a synthetic stand-in in this layout is made by
  python tools/dataset_tools/make_synthetic.py affectnet {root}"""


@DATASETS.register_module()
class AffectNet(ExpressionDataset):
    """Photographs from the web: 287,651 to train, 3,999 to test, eight expressions.

    There is no public test set: as everywhere in the literature, the published
    validation images are the test part here (``split='test'``). To choose an epoch on
    other images than these, ``hold_out=4000`` sets training images apart as
    ``split='val'``.

    The release of 2021 stores cropped faces and a file for each number; these are read
    once and then remembered in ``~/.cache/clef_mm`` (or ``$CLEF_MM_CACHE``). The first
    release stores photographs with face boxes and landmarks (column ``box``).
    Accuracies on the two do not compare: the crops differ. Valence and arousal stay
    with each record, NaN where not annotated.

    Args:
        data_root: Folder of the release; nothing in it is renamed or written.
        classes: 8, or 7 to leave out contempt. Images labelled none, uncertain or
            no-face are always left out.
        release: ``'csv'`` or ``'npy'``; whichever is there if None.
        common: Arguments of :class:`FaceDataset`.

    Raises:
        DataRootError: If the folder holds neither release, or both and none is chosen.
        LabelFileError: If a label file is not as documented.
    """

    METAINFO: ClassVar[dict[str, Any]] = {'dataset': 'AffectNet'}
    SOURCE_OPTIONS: ClassVar[tuple[str, ...]] = ('release',)
    IMAGE_OPTIONS: ClassVar[tuple[str, ...]] = ('release',)
    OFFICIAL_PARTS: ClassVar[Fold] = Fold(train=('train',), test=('val',))
    CODES: ClassVar[dict[int, str]] = {
        0: 'neutral',
        1: 'happiness',
        2: 'sadness',
        3: 'surprise',
        4: 'fear',
        5: 'disgust',
        6: 'anger',
        7: 'contempt',
        8: 'none',
        9: 'uncertain',
        10: 'no-face',
    }

    def __init__(
        self,
        data_root: str | Path,
        classes: int = 8,
        release: str | None = None,
        **common: Any,
    ) -> None:
        if release not in (None, *RELEASES):
            raise ValueError(f"release must be 'csv' or 'npy', got {release!r}")
        self.release = release
        super().__init__(data_root, classes=classes, **common)

    @classmethod
    def expected_layout(cls, root: str | Path) -> str:
        """Return the trees of both releases."""
        return _LAYOUT.format(root=root)

    def load_frames(self) -> FrameTable:
        """Read the parts that are used, of the release that is there."""
        root = Path(self.data_root)
        release, parts = self._find_release(root)
        self.report.remarks.append(f'release: {release}')
        codes = len(self.CODES)
        tables = []
        wanted = [name for name in ('train', 'val') if self.part_is_wanted(name)]
        self.report.note(
            'parts that are not there', [name for name in wanted if name not in parts]
        )
        for name in [name for name in wanted if name in parts]:
            if release == 'npy':
                table = load_npy_part(name, parts[name], self.report, codes)
            else:
                table = load_csv_part(name, parts[name], root, self.report, codes)
            tables.append(table)
        return FrameTable.concatenate(tables)

    def label_frames(self, frames: FrameTable) -> FrameTable:
        """Keep the images of the classes."""
        codes = frames.columns['expression']
        return self.keep_classes(frames.without('expression'), codes)

    def frames_to_prepare(self, frames: FrameTable) -> FrameTable:
        """Return the images of the eight classes."""
        return frames.take(frames.columns['expression'] < len(EXPRESSIONS))

    def own_points(self, frames: FrameTable) -> np.ndarray | None:
        """Return five of the released 68 landmarks, (N, 5, 2)."""
        from clef_mm.faces.landmarks import five_points

        release, parts = self._find_release(Path(self.data_root))
        points = np.full((len(frames), 68, 2), np.nan, np.float32)
        for name, part in parts.items():
            names = [name, HELD_OUT] if name == 'train' else [name]
            rows = np.flatnonzero(frames.columns['subject'].isin(names))
            if release == 'npy':
                numbers = frames.columns['frame'][rows]
                points[rows] = read_npy_landmarks(part, numbers)
            else:
                offsets = frames.columns['list_offset'][rows]
                points[rows] = read_csv_landmarks(part, offsets)
        return five_points(points)

    def _find_release(self, root: Path) -> tuple[str, dict[str, Any]]:
        found = {'csv': find_csv_parts(root), 'npy': find_npy_parts(root)}
        there = [name for name in RELEASES if found[name]]
        wanted = [self.release] if self.release else there
        if len(wanted) > 1:
            raise DataRootError(
                f"{root} holds both releases of AffectNet: choose release='csv' or "
                "release='npy'"
            )
        if not wanted or wanted[0] not in there:
            kind = f" in the release '{self.release}'" if self.release else ''
            other = f' (the release {there[0]!r} is there)' if there else ''
            raise DataRootError(
                f'AffectNet{kind} is not in {root}{other}. Expected\n'
                f'{self.expected_layout(root)}'
            )
        return wanted[0], found[wanted[0]]
