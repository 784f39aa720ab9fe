"""RAF-DB, its basic expressions, as the release lies on disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from clef_mm.datasets.expression_dataset import ExpressionDataset
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.folds import Fold
from clef_mm.datasets.frame_table import Categories, FrameTable, Paths
from clef_mm.datasets.reading.folder_search import (
    find_all_nearby,
    find_child,
    innermost_of_name,
    list_images,
)
from clef_mm.datasets.reading.label_rows import LabelFileError
from clef_mm.datasets.reading.rafdb_annotations import read_annotation
from clef_mm.registry import DATASETS

# The release misspells the name; copies exist that mend it.
_LABEL_FILES = ('list_patition_label.txt', 'list_partition_label.txt')
_NAME = re.compile(r'(train|test)_(\d{1,9})(?:_aligned)?', re.IGNORECASE)
_CODE = re.compile(r'\d{1,9}')
_ATTRIBUTES = ('gender', 'race', 'age')

_LAYOUT = """\
  {root}/                             or the folder around it
    EmoLabel/list_patition_label.txt    lines such as 'train_00001.jpg 5'
    Image/aligned/train_00001_aligned.jpg, test_0001_aligned.jpg ...
    Image/original/train_00001.jpg ...  for images='original'
    Annotation/manual/...               five points, gender, race, age; optional
Without the licensed data, a synthetic stand-in in this layout is made by
  python tools/dataset_tools/make_synthetic.py rafdb {root}"""

_Key = tuple[str, int]


@DATASETS.register_module()
class RAFDB(ExpressionDataset):
    """15,339 photographs with seven expressions: 12,271 to train, 3,068 to test.

    Read as released (Li et al., 2017), nothing renamed; ``data_root`` is the folder
    ``basic`` (also called ``raf-basic``) or the one that contains it; the compound
    expressions that may lie beside it are left alone. There is no validation part;
    ``hold_out=1000`` sets as many training images apart.

    Args:
        data_root: Folder of the release.
        images: ``'aligned'``: the released crops of 100 x 100 pixels. ``'original'``:
            the photographs, with landmarks of the eyes, nose and mouth.
        attributes: Read ``gender`` (0 male, 1 female, 2 unsure), ``race`` (0 Caucasian,
            1 African-American, 2 Asian) and ``age`` (0: 0-3, 1: 4-19, 2: 20-39,
            3: 40-69, 4: 70 and more) as columns, -1 where an image has none. This opens
            a file for each image.
        common: Arguments of :class:`FaceDataset`.

    Raises:
        DataRootError: If the folder does not look like this.
        LabelFileError: If the label file is not as documented.
    """

    METAINFO: ClassVar[dict[str, Any]] = {'dataset': 'RAF-DB'}
    SOURCE_OPTIONS: ClassVar[tuple[str, ...]] = ('images', 'attributes')
    IMAGE_OPTIONS: ClassVar[tuple[str, ...]] = ('images',)
    OFFICIAL_PARTS: ClassVar[Fold] = Fold(train=('train',), test=('test',))
    CODES: ClassVar[dict[int, str]] = {
        1: 'surprise',
        2: 'fear',
        3: 'disgust',
        4: 'happiness',
        5: 'sadness',
        6: 'anger',
        7: 'neutral',
    }

    def __init__(
        self,
        data_root: str | Path,
        images: str = 'aligned',
        attributes: bool = False,
        **common: Any,
    ) -> None:
        if images not in ('aligned', 'original'):
            raise ValueError(f"images must be 'aligned' or 'original', got {images!r}")
        self.images = images
        self.attributes = attributes
        super().__init__(data_root, classes=7, **common)

    @classmethod
    def expected_layout(cls, root: str | Path) -> str:
        """Return the tree of the release."""
        return _LAYOUT.format(root=root)

    def load_frames(self) -> FrameTable:
        """Join the images with the label file by part and number."""
        label_file = self._find_label_file(Path(self.data_root))
        folder = self._find_images(label_file)
        labels = self._read_labels(label_file)
        files = self._index(folder)

        keys = [key for key in labels if key in files]
        self.report.note(
            'label rows without an image',
            [
                f'{part}_{number}'
                for part, number in labels
                if (part, number) not in files
            ],
        )
        self.report.note(
            'images without a label', [files[key] for key in files if key not in labels]
        )
        frames = _as_table(folder, [(*key, files[key], labels[key]) for key in keys])
        return self._with_attributes(frames) if self.attributes else frames

    def label_frames(self, frames: FrameTable) -> FrameTable:
        """Turn the labels 1..7 of the release into the project's classes."""
        codes = frames.columns['expression']
        return self.keep_classes(frames.without('expression'), codes)

    def own_points(self, frames: FrameTable) -> np.ndarray | None:
        """Return the manual landmarks, (N, 5, 2); None for aligned images."""
        if self.images == 'aligned':
            return None
        points = np.full((len(frames), 5, 2), np.nan, np.float32)
        for row, annotation in self._annotations(frames):
            points[row] = annotation[0]
        return points

    def _find_label_file(self, root: Path) -> Path:
        """Return the label file of the basic expressions.

        That of the compound ones has the same name and lies beside them.
        """
        everywhere = list(find_all_nearby(root, 2, *_LABEL_FILES))
        found = [path for path in everywhere if not _is_below(root, path, 'compound')]
        found = [path for path in found if _is_below(root, path, 'basic')] or found
        found = list({path.resolve(): path for path in found}.values())  # of links
        if len(found) > 1:
            raise DataRootError(
                f'{found[0]} and {found[1]} both list the basic expressions: give the '
                'folder of one of them as data_root'
            )
        if not found:
            hint = ' but that of the compound expressions' if everywhere else ''
            raise DataRootError(
                f'RAF-DB is not in {root}: found no {_LABEL_FILES[0]}{hint}. '
                f'Expected\n{self.expected_layout(root)}'
            )
        return found[0]

    def _find_images(self, label_file: Path) -> Path:
        """Return the folder of images that lies beside or above the label file."""
        other = {'aligned': 'original', 'original': 'aligned'}[self.images]
        hint = ''
        for base in _folders_above(label_file, Path(self.data_root)):
            images = find_child(base, 'Image', 'Images', folder=True)
            if images is None:
                continue
            images = innermost_of_name(images)
            folder = find_child(images, self.images, folder=True)
            if folder is not None:
                return innermost_of_name(folder)
            if find_child(images, other, folder=True):
                hint = f"; images='{other}' is there"
        raise DataRootError(
            f'{base} has no Image/{self.images}{hint}. Expected\n'
            f'{self.expected_layout(base)}'
        )

    def _read_labels(self, path: Path) -> dict[_Key, int]:
        """Return the code of each (part, number), in the order of the file."""
        labels: dict[_Key, int] = {}
        text = path.read_text(encoding='utf-8-sig', errors='replace')
        for line, row in enumerate(text.splitlines(), start=1):
            if not row.strip():
                continue
            key, code = self._parse(path, line, row)
            if labels.setdefault(key, code) != code:
                raise LabelFileError(
                    f'{path} line {line}: {row.split()[0]} is a {self.CODES[code]} '
                    f'here and a {self.CODES[labels[key]]} above'
                )
        if not labels:
            raise LabelFileError(f'{path} has no label row')
        return labels

    def _parse(self, path: Path, line: int, row: str) -> tuple[_Key, int]:
        words = row.split()
        match = _NAME.fullmatch(words[0].rpartition('.')[0])
        if len(words) != 2 or match is None or not _CODE.fullmatch(words[1]):
            raise LabelFileError(
                f'{path} line {line}: expected a name and a label such as '
                f"'train_00001.jpg 5', got {row[:60]!r}"
            )
        if int(words[1]) not in self.CODES:
            raise LabelFileError(
                f'{path} line {line}: label {int(words[1])} is none of 1 to 7; the '
                'release counts from 1, surprise'
            )
        return (match[1].lower(), int(match[2])), int(words[1])

    def _index(self, folder: Path) -> dict[_Key, str]:
        """Return the file of each (part, number)."""
        files: dict[_Key, str] = {}
        for name in sorted(list_images(folder)):
            match = _NAME.fullmatch(name.rpartition('.')[0])
            if match is None:
                self.report.note('images without a label', name)
                continue
            key = match[1].lower(), int(match[2])
            if files.setdefault(key, name) != name:
                self.report.note('images that stand there under two names', name)
        return files

    def _annotations(
        self, frames: FrameTable
    ) -> Iterator[tuple[int, tuple[np.ndarray, np.ndarray]]]:
        """Yield row and annotation of each image that has one."""
        paths = frames.columns['img_path']
        found = [
            _find_annotations(Path(name), Path(self.data_root))
            for name in paths.folders.names
        ]
        for row, (code, path) in enumerate(
            zip(paths.folders.codes, paths, strict=True)
        ):
            if (folder := found[code]) is None:
                continue
            stem = re.sub('_aligned$', '', Path(path).stem, flags=re.IGNORECASE)
            annotation = read_annotation(folder / f'{stem}_manu_attri.txt')
            if annotation is not None:
                yield row, annotation

    def _with_attributes(self, frames: FrameTable) -> FrameTable:
        codes = np.full((len(frames), len(_ATTRIBUTES)), -1, np.int8)
        for row, annotation in self._annotations(frames):
            codes[row] = annotation[1]
        columns = dict(zip(_ATTRIBUTES, codes.T.copy(), strict=True))
        absent = int((codes[:, 0] < 0).sum())
        self.report.note('images without attributes', 'gender, race, age', absent)
        return FrameTable({**frames.columns, **columns})


def _as_table(folder: Path, rows: list[tuple[str, int, str, int]]) -> FrameTable:
    """Return the table of (part, number, file, code)."""
    if not rows:
        return FrameTable({})
    parts, numbers, files, codes = zip(*rows, strict=True)
    one = np.zeros(len(rows), np.int32)
    return FrameTable(
        {
            'img_path': Paths(Categories(one, [str(folder)]), np.array(files)),
            'subject': Categories.of(parts),
            'sequence': Categories(one, ['']),
            'frame': np.array(numbers, np.int32),
            'expression': np.array(codes, np.int8),
        }
    )


def _is_below(root: Path, path: Path, word: str) -> bool:
    """Return whether a folder between root and file has the word in its name."""
    return word in path.parent.relative_to(root).as_posix().lower()


def _folders_above(path: Path, root: Path) -> list[Path]:
    """Return the folders that a file lies in, from its own to the root."""
    return [folder for folder in path.parents if folder.is_relative_to(root)]


def _find_annotations(images: Path, root: Path) -> Path | None:
    """Return the folder of manual annotations that belongs to a folder of images."""
    for base in _folders_above(images, root):
        above = find_child(base, 'Annotation', folder=True)
        manual = find_child(above, 'manual', folder=True) if above else None
        if manual is not None:
            return innermost_of_name(manual)
    return None
