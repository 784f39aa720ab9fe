"""The release of AffectNet from 2021: cropped faces, one ``.npy`` file a number."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.frame_table import Categories, FrameTable, Paths
from clef_mm.datasets.load_report import LoadReport
from clef_mm.datasets.reading.folder_search import (
    find_child,
    list_images,
    nearby_folders,
)
from clef_mm.datasets.reading.label_cache import (
    cache_file,
    folder_signature,
    read_cached,
    write_cached,
)
from clef_mm.datasets.reading.label_rows import LabelFileError
from clef_mm.datasets.reading.npy_values import read_values

_PART_FOLDERS = {'train': ('train_set',), 'val': ('val_set', 'valid_set')}
_POINTS = 68
_FIELDS = ('exp', 'val', 'aro')
_EXPRESSION = '_exp.npy'


@dataclass(frozen=True)
class NpyPart:
    """One part on disk: its images, and their annotations.

    Attributes:
        images: Folder of ``<n>.jpg``.
        annotations: Folder of ``<n>_exp.npy``, ``<n>_val.npy``, ``<n>_aro.npy`` and
            ``<n>_lnd.npy``.
    """

    images: Path
    annotations: Path


def find_npy_parts(root: Path) -> dict[str, NpyPart]:
    """Return the parts ``'train'`` and ``'val'`` that lie in or below a folder."""
    found: dict[str, NpyPart] = {}
    for folder in nearby_folders(root, 1):
        for part, names in _PART_FOLDERS.items():
            place = find_child(folder, *names, folder=True)
            if part in found or place is None:
                continue
            images = find_child(place, 'images', folder=True)
            annotations = find_child(place, 'annotations', folder=True)
            if images is not None and annotations is not None:
                found[part] = NpyPart(images, annotations)
    return found


def load_npy_part(
    name: str, part: NpyPart, report: LoadReport, codes: int
) -> FrameTable:
    """Return the images of a part with ``expression``, ``valence`` and ``arousal``.

    The first time every annotation is read; then the cache is. Nothing is cached while
    a file is there but cannot be read: the disk may be at fault, not the file.

    Args:
        name: ``'train'`` or ``'val'``.
        part: Where it lies.
        report: Takes what does not fit together.
        codes: Number of expression codes, counted from 0.

    Raises:
        DataRootError: If no image has a label.
        LabelFileError: If an expression is not one of the codes.
    """
    signature = folder_signature([part.images, part.annotations])
    cache = cache_file('affectnet', part.annotations)
    columns = read_cached(cache, signature)
    if columns is None or not _is_of_a_part(columns):
        columns, readable = _read_part(part)
        _check_codes(columns, part, codes)
        if readable:
            write_cached(cache, signature, columns)
    numbers, files, labels = columns['number'], columns['image'], columns['label']

    pictured, labeled = files != b'', ~np.isnan(labels[:, 0])
    no_valence, no_arousal = np.isnan(labels[:, 1:]).T
    for what, rows in (
        ('labels without an image', ~pictured & labeled),
        ('images without a readable expression', pictured & ~labeled),
        ('images without a readable valence', pictured & labeled & no_valence),
        ('images without a readable arousal', pictured & labeled & no_arousal),
    ):
        report.note(
            what, [f'{name}/{number}' for number in numbers[rows][:3]], int(rows.sum())
        )
    used = np.flatnonzero(pictured & labeled)
    if not len(used):
        raise DataRootError(
            f'no image in {part.images} has a label in {part.annotations}'
        )
    one = np.zeros(len(used), np.int32)
    values = labels[used].astype(np.float32)
    values[values == -2] = np.nan
    return FrameTable(
        {
            'img_path': Paths(Categories(one, [str(part.images)]), files[used]),
            'subject': Categories(one, [name]),
            'sequence': Categories(one, ['']),
            'frame': numbers[used],
            'expression': labels[used, 0].astype(np.int8),
            'valence': values[:, 1],
            'arousal': values[:, 2],
        }
    )


def read_npy_landmarks(part: NpyPart, numbers: np.ndarray) -> np.ndarray:
    """Return the landmarks (N, 68, 2) of the images ``numbers``; NaN where none."""
    names = [f'{number}_lnd.npy' for number in numbers.tolist()]
    return read_values(part.annotations, names, 2 * _POINTS).reshape(-1, _POINTS, 2)


def _read_part(part: NpyPart) -> tuple[dict[str, np.ndarray], bool]:
    """Read every annotation, NaN where there is none.

    Returns:
        number (N,), image (N,), b'' if there is none, and label (N, 3); and whether
        every file that is there could be read.
    """
    images = {
        int(stem): name
        for name in sorted(list_images(part.images), reverse=True)
        if (stem := name.partition('.')[0]).isdecimal() and len(stem) < 10
    }
    listed = set(os.listdir(part.annotations))
    labeled = {
        int(stem)
        for name in listed
        if name.endswith(_EXPRESSION)
        and (stem := name[: -len(_EXPRESSION)]).isdecimal()
        and len(stem) < 10
    }
    numbers = sorted(images.keys() | labeled)
    labels, readable = [], True
    for field in _FIELDS:
        names = [f'{number}_{field}.npy' for number in numbers]
        values = read_values(part.annotations, names)
        unread = np.flatnonzero(np.isnan(values[:, 0])).tolist()
        readable = readable and not any(names[row] in listed for row in unread)
        labels.append(values)
    columns = {
        'number': np.array(numbers, np.int32),
        'image': np.array([images.get(n, '').encode() for n in numbers], np.bytes_),
        'label': np.concatenate(labels, axis=1),
    }
    return columns, readable


def _is_of_a_part(columns: dict[str, np.ndarray]) -> bool:
    """Tell whether columns are such as :func:`_read_part` returns."""
    found = {key: (column.dtype.kind, column.shape) for key, column in columns.items()}
    count = len(columns.get('number', ()))
    wanted = {'number': ('i', (count,)), 'image': ('S', (count,))}
    return found == wanted | {'label': ('f', (count, len(_FIELDS)))}


def _check_codes(columns: dict[str, np.ndarray], part: NpyPart, codes: int) -> None:
    expressions = columns['label'][:, 0]
    known = ~np.isnan(expressions)
    wrong = known & ~np.isin(expressions, np.arange(codes))
    if wrong.any():
        row = np.flatnonzero(wrong)[0]
        raise LabelFileError(
            f'{part.annotations}/{columns["number"][row]}{_EXPRESSION} holds '
            f'{expressions[row]:g}, which is no expression: 0 to {codes - 1}'
        )
