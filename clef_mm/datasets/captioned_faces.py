"""Pictures of faces with captions: what a generic image-text pair is trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from clef_mm.datasets.face_dataset import DataRootError, FaceDataset
from clef_mm.datasets.folds import Fold
from clef_mm.datasets.reading.csv_rows import read_csv_rows
from clef_mm.datasets.reading.label_rows import LabelFileError
from clef_mm.outside_files import lies_below
from clef_mm.registry import DATASETS

_COLUMNS = ['file', 'caption']


@DATASETS.register_module()
class CaptionedFaces(FaceDataset):
    """``captions.csv`` (columns file, caption) and the pictures in ``images/``.

    Nobody knows who is shown: the whole set stands for one part, ``'train'``.

    Args:
        data_root: Folder of the two.
        common: Arguments of :class:`FaceDataset`.

    Raises:
        DataRootError: If the table is missing or has other columns.
        LabelFileError: If a row is not a file and a caption.
    """

    METAINFO: ClassVar[dict[str, Any]] = {'dataset': 'captioned faces'}
    OFFICIAL_PARTS: ClassVar[Fold] = Fold(train=('train',), test=())

    @classmethod
    def expected_layout(cls, root: str | Path) -> str:
        """Return the tree."""
        return (
            f'  {root}/captions.csv       file,caption\n'
            f'  {root}/images/000001.jpg\n'
            'Rendered stand-ins: '
            f'python tools/dataset_tools/make_synthetic.py captioned_faces {root}'
        )

    def load_frames(self) -> list[dict[str, Any]]:
        """Read the table."""
        path = Path(self.data_root, 'captions.csv')
        if not path.is_file():
            raise DataRootError(
                f'{path} is missing. Expected\n{self.expected_layout(self.data_root)}'
            )
        lines, rows = read_csv_rows(path)
        if rows[:1] != [_COLUMNS]:
            raise DataRootError(
                f'{path} must have the columns file,caption, not '
                + (str(rows[0])[:200] if rows else 'nothing at all')
            )
        return [
            self._record(path, line, row)
            for line, row in zip(lines[1:], rows[1:], strict=True)
        ]

    def _record(self, path: Path, line: int, row: list[str]) -> dict[str, Any]:
        if len(row) != 2 or not all(row) or not lies_below(row[0]):
            raise LabelFileError(
                f'{path} line {line}: expected a file in images/ and a caption (in '
                f'quotes if it has a comma), found {str(row)[:200]}'
            )
        return {
            'img_path': str(Path(self.data_root, 'images', row[0])),
            'subject': 'train',
            'sequence': '',
            'frame': line - 1,
            'caption': row[1],
        }
