"""Pictures of faces with captions: what a generic image-text pair is trained on."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, ClassVar

from clef_mm.datasets.face_dataset import DataRootError, FaceDataset
from clef_mm.datasets.folds import Fold
from clef_mm.registry import DATASETS


@DATASETS.register_module()
class CaptionedFaces(FaceDataset):
    """``captions.csv`` (columns file, caption) and the pictures in ``images/``.

    Nobody knows who is shown: the whole set stands for one part, ``'train'``.

    Args:
        data_root: Folder of the two.
        common: Arguments of :class:`FaceDataset`.

    Raises:
        DataRootError: If the table is missing or has other columns.
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
        with open(path, encoding='utf-8', newline='') as file:
            rows = csv.DictReader(file)
            if rows.fieldnames != ['file', 'caption']:
                raise DataRootError(
                    f'{path} must have the columns file,caption, not {rows.fieldnames}'
                )
            return [
                {
                    'img_path': str(Path(self.data_root, 'images', row['file'])),
                    'subject': 'train',
                    'sequence': '',
                    'frame': number,
                    'caption': row['caption'],
                }
                for number, row in enumerate(rows, 1)
            ]
