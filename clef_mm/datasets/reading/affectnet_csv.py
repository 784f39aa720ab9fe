"""The first release of AffectNet: images as found, with one csv file a part.

A line holds 68 landmarks as text and is about 1.5 kB long, the training file 600 MB. It
is read once from front to back; landmarks are left as text, and read from the lines of
the images that need them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.frame_table import Categories, FrameTable, Paths
from clef_mm.datasets.load_report import LoadReport
from clef_mm.datasets.reading.folder_search import find_nearby, nearby_folders
from clef_mm.datasets.reading.label_rows import LabelFileError

COLUMNS = (
    'subDirectory_filePath',
    'face_x',
    'face_y',
    'face_width',
    'face_height',
    'facial_landmarks',
    'expression',
    'valence',
    'arousal',
)
"""The columns in the order of the release; that of files without a header."""

_PATH, _LANDMARKS = 'subDirectory_filePath', 'facial_landmarks'
_NUMBERS = tuple(name for name in COLUMNS if name not in (_PATH, _LANDMARKS))
_BOX = ('face_x', 'face_y', 'face_width', 'face_height')
_PART_FILES = {'train': 'training.csv', 'val': 'validation.csv'}
_OF_OTHER_RELEASE = ('images', 'annotations')  # a million files
_BLOCK = 1 << 25  # bytes of lines parsed at a time
_POINTS = 68
_SAMPLE = 64  # rows by which the folder of the images is recognised


@dataclass(frozen=True)
class _Header:
    """Where the columns of a label file are.

    Attributes:
        place: Position of each of ``COLUMNS``.
        width: Cells a line.
        size: Bytes of the header; 0 if the file has none.
    """

    place: dict[str, int]
    width: int
    size: int


def find_csv_parts(root: Path) -> dict[str, Path]:
    """Return the label files of the parts ``'train'`` and ``'val'`` near a folder."""
    found = {
        part: find_nearby(root, 2, name, skip=_OF_OTHER_RELEASE)
        for part, name in _PART_FILES.items()
    }
    return {part: path for part, path in found.items() if path is not None}


def load_csv_part(
    name: str, path: Path, root: Path, report: LoadReport, codes: int
) -> FrameTable:
    """Return the images of a part.

    Its columns beyond those of every dataset: ``expression`` (int8); ``valence`` and
    ``arousal`` (float32, NaN where not annotated); ``box`` (N, 4) float32, the face as
    left, top, right, bottom in pixels, NaN where there is none; ``list_offset``
    (int64), where the image's line begins in the label file.

    Args:
        name: ``'train'`` or ``'val'``.
        path: The label file.
        root: Folder below which the images are.
        report: Takes rows that repeat an image or have none, and boxes that are no
            numbers.
        codes: Number of expression codes, counted from 0.

    Raises:
        LabelFileError: If a line is not as documented, naming it.
        DataRootError: If no image is found.
    """
    columns = _read_rows(path, codes)
    names = columns.pop('name')
    unboxed = names[columns.pop('unreadable_box')]
    report.note(
        'label rows whose face box is no four numbers, taken as not known',
        [f'{name}: {text.decode(errors="replace")}' for text in unboxed[:3]],
        len(unboxed),
    )
    first = np.zeros(len(names), bool)
    first[np.unique(names, return_index=True)[1]] = True
    report.note(
        'label rows that repeat an image',
        [f'{name}: {text.decode(errors="replace")}' for text in names[~first][:3]],
        int((~first).sum()),
    )
    rows = np.flatnonzero(first)
    paths, present = _find_images(path, names[rows], root)
    missing = names[rows][~present]
    report.note(
        'label rows without an image',
        [text.decode(errors='replace') for text in missing[:3]],
        len(missing),
    )
    count = len(rows)
    frames = FrameTable(
        {
            'img_path': paths,
            'subject': Categories(np.zeros(count), [name]),
            'sequence': Categories(np.zeros(count), ['']),
            'frame': rows.astype(np.int32),
            **{key: column[rows] for key, column in columns.items()},
        }
    )
    return frames if present.all() else frames.take(present)


def read_csv_landmarks(path: Path, offsets: np.ndarray) -> np.ndarray:
    """Return the landmarks of the lines that begin at ``offsets``.

    Returns:
        (N, 68, 2) float32, pixels of the image; NaN where a line has no 68 points.
    """
    points = np.full((len(offsets), _POINTS, 2), np.nan, np.float32)
    with path.open('rb') as file:
        place = _read_header(path, file.readline()).place[_LANDMARKS]
        for row, offset in enumerate(offsets.tolist()):
            file.seek(offset)
            cells = file.readline().split(b',')
            try:
                numbers = np.array(cells[place].strip(b' "').split(b';'), np.float32)
                points[row] = numbers.reshape(_POINTS, 2)
            except (ValueError, IndexError):
                continue
    return points


def _read_rows(path: Path, codes: int) -> dict[str, np.ndarray]:
    """Parse every column but the landmarks."""
    with path.open('rb') as file:
        header = _read_header(path, file.readline())
        offset, line = header.size, 2 if header.size else 1
        file.seek(offset)
        blocks = []
        while lines := file.readlines(_BLOCK):
            blocks.append(_parse_block(path, lines, offset, line, header, codes))
            offset += sum(map(len, lines))
            line += len(lines)
    if not sum(len(block['name']) for block in blocks):
        raise LabelFileError(f'{path} has no label row')
    return {key: np.concatenate([block[key] for block in blocks]) for key in blocks[0]}


def _parse_block(
    path: Path,
    lines: Sequence[bytes],
    offset: int,
    first_line: int,
    header: _Header,
    codes: int,
) -> dict[str, np.ndarray]:
    lengths = np.array([len(line) for line in lines])
    offsets = offset + np.cumsum(lengths) - lengths
    filled = np.flatnonzero([not line.isspace() for line in lines])
    rows = [lines[index].rstrip().split(b',') for index in filled]
    if any(len(row) != header.width for row in rows):
        raise _first_wrong(path, rows, first_line + filled, header, codes)
    try:
        numbers = {
            name: _parse_column(
                [row[header.place[name]] for row in rows], or_nan=name in _BOX
            )
            for name in _NUMBERS
        }
    except ValueError:
        raise _first_wrong(path, rows, first_line + filled, header, codes) from None
    expression = numbers['expression']
    if not np.isin(expression, np.arange(codes)).all():
        raise _first_wrong(path, rows, first_line + filled, header, codes)
    column = header.place[_PATH]
    names = [row[column].strip(b' "').replace(b'\\', b'/') for row in rows]
    box = np.stack([numbers[name] for name in _BOX], axis=1)
    return {
        'name': np.array(names, np.bytes_),
        'expression': expression.astype(np.int8),
        'valence': _annotated(numbers['valence']),
        'arousal': _annotated(numbers['arousal']),
        'box': _corners(box),
        'unreadable_box': ~np.isfinite(box).all(axis=1),
        'list_offset': offsets[filled].astype(np.int64),
    }


def _annotated(values: np.ndarray) -> np.ndarray:
    """Return valence or arousal with NaN for -2, 'not annotated'."""
    return np.where(values == -2, np.float32(np.nan), values)


def _parse_column(cells: Sequence[bytes], or_nan: bool) -> np.ndarray:
    """Return the numbers (N,) float32, which may be quoted.

    Args:
        cells: Their text.
        or_nan: Return NaN for text that is no number.

    Raises:
        ValueError: If one is no number.
    """
    try:
        return np.array(cells).astype(np.float32)
    except ValueError:  # one at a time takes ten times as long
        numbers = [_number(cell.decode(errors='replace')) for cell in cells]
    if None in numbers and not or_nan:
        raise ValueError('a cell is no number')
    return np.array(numbers, np.float32)  # None becomes NaN


def _corners(box: np.ndarray) -> np.ndarray:
    """Return left, top, right, bottom of left, top, width, height, (N, 4) each."""
    corners = np.concatenate([box[:, :2], box[:, :2] + box[:, 2:]], axis=1)
    known = np.isfinite(box).all(axis=1) & (box[:, 2:] > 0).all(axis=1)
    corners[~known] = np.nan
    return corners


def _first_wrong(
    path: Path,
    rows: Sequence[Sequence[bytes]],
    lines: np.ndarray,
    header: _Header,
    codes: int,
) -> LabelFileError:
    """Return the error that names the first line that is not as documented."""
    for line, cells in zip(lines.tolist(), rows, strict=True):
        if len(cells) != header.width:
            return LabelFileError(
                f'{path} line {line}: expected {header.width} cells separated by '
                f'commas, got {len(cells)}'
            )
        for name in _NUMBERS:
            text = cells[header.place[name]].decode(errors='replace')
            number = _number(text)
            if number is None and name not in _BOX:
                return LabelFileError(
                    f'{path} line {line}, {name}: {text[:40]!r} is not a number'
                )
            if name == 'expression' and number not in range(codes):
                return LabelFileError(
                    f'{path} line {line}, expression: {text} is none of 0 to '
                    f'{codes - 1}'
                )
    return LabelFileError(f'{path} is not as documented')


def _number(text: str) -> float | None:
    """Return the number that a cell holds, quoted or not; None if it holds none."""
    try:
        return float(text.strip(' "\r\n'))
    except ValueError:
        return None


def _read_header(path: Path, line: bytes) -> _Header:
    """Find the columns by a file's first line, which may hold data already."""
    if not line.strip():
        raise LabelFileError(f'{path} is empty')
    cells = _cells(line)
    if any(_number(cell) is not None for cell in cells[1:]):
        if len(cells) != len(COLUMNS):
            raise LabelFileError(
                f'{path} line 1: expected {len(COLUMNS)} cells, {", ".join(COLUMNS)}; '
                f'got {len(cells)}'
            )
        return _Header({n: index for index, n in enumerate(COLUMNS)}, len(cells), 0)
    place = {name.lower(): index for index, name in enumerate(cells)}
    missing = [name for name in COLUMNS if name.lower() not in place]
    if missing:
        raise LabelFileError(
            f'{path} has no column {", ".join(missing)}; its header names '
            f'{", ".join(cells)[:200]}'
        )
    return _Header({n: place[n.lower()] for n in COLUMNS}, len(cells), len(line))


def _cells(line: bytes) -> list[str]:
    text = line.decode('utf-8-sig', errors='replace')
    return [cell.strip(' "\r\n') for cell in text.split(',')]


def _find_images(path: Path, names: np.ndarray, root: Path) -> tuple[Paths, np.ndarray]:
    """Return the path of each image, and a mask of those that exist."""
    parts = [name.rpartition(b'/') for name in names.tolist()]
    code_of: dict[bytes, int] = {}
    codes = [code_of.setdefault(folder, len(code_of)) for folder, _, _ in parts]
    folders = Categories(np.array(codes), [os.fsdecode(folder) for folder in code_of])
    files = np.array([file for _, _, file in parts], np.bytes_)
    base = _image_root(path, folders, files, root)
    places = [str(base / folder) for folder in folders.names]
    present = np.zeros(len(names), bool)
    order = np.argsort(folders.codes, kind='stable')
    starts = np.searchsorted(folders.codes[order], np.arange(len(places) + 1))
    for code, place in enumerate(places):
        rows = order[starts[code] : starts[code + 1]]
        files[rows], present[rows] = _matching(place, files[rows])
    return Paths(Categories(folders.codes, places), files), present


def _image_root(path: Path, folders: Categories, files: np.ndarray, root: Path) -> Path:
    """Return the folder that the paths of a label file start from.

    Copies call it differently, and other trees have numbered folders too: it is the one
    in which most of a sample of the images are.
    """
    sample = np.linspace(0, len(files) - 1, min(len(files), _SAMPLE)).astype(int)
    some = [os.path.join(folders[row], os.fsdecode(files[row])) for row in sample]
    wanted = set(folders.names)
    best, most = root, (0, 0)
    for candidate in nearby_folders(root, 3):
        images = sum(os.path.isfile(candidate / name) for name in some)
        subfolders = len(wanted.intersection(os.listdir(candidate)))
        if (images, subfolders) > most:
            best, most = candidate, (images, subfolders)
    if most == (0, 0):
        raise DataRootError(
            f'no image that {path} lists was found in or below {root}, such as '
            f'{some[0]}; unpack the images there, their numbered folders in one folder'
        )
    return best


def _matching(folder: str, names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the names as they are on disk, and a mask of those that are."""
    try:
        on_disk = set(os.listdir(os.fsencode(folder)))
    except (OSError, ValueError):  # not there, or what no folder can be called
        return names, np.zeros(len(names), bool)
    present = np.array([name in on_disk for name in names.tolist()], bool)
    if not present.all():
        by_lower = {name.lower(): name for name in on_disk}
        actual = [by_lower.get(name.lower(), name) for name in names.tolist()]
        names = np.array(actual, names.dtype)
        present = np.array([name in on_disk for name in actual], bool)
    return names, present
