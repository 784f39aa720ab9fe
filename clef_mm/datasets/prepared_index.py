"""The index of a prepared tree: one file with every record, its labels and its face.

``index.npz`` holds the columns of a :class:`FrameTable`, keyed by subject, sequence and
frame, and a header (JSON) that says how the crops were made. It is read without
unpickling, in milliseconds, and its paths are relative: the tree may be moved.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from clef_mm.array_archive import read_arrays
from clef_mm.datasets.frame_table import Categories, FrameTable, Paths
from clef_mm.errors import UserError
from clef_mm.outside_files import lies_below, parsing
from clef_mm.whole_file import whole_file

INDEX_FILE = 'index.npz'
_HEADER = 'header'
_COLUMN = 'column/'  # apart from the header and from numpy's own arguments
_NEEDED = {
    'img_path': Paths,
    'subject': Categories,
    'sequence': Categories,
    'frame': np.ndarray,
}


class IndexFileError(UserError, ValueError):
    """An index that is damaged, or is one of another dataset."""


def has_index(root: str | Path) -> bool:
    """Return whether a folder is a prepared tree."""
    return Path(root, INDEX_FILE).is_file()


def write_index(root: str | Path, frames: FrameTable, header: dict[str, Any]) -> Path:
    """Write ``root/index.npz``; it appears whole or not at all.

    Args:
        root: The prepared tree; every ``img_path`` lies below it.
        frames: The records.
        header: JSON values; ``dataset`` (name) is needed.

    Returns:
        The path of the file.
    """
    path = Path(root, INDEX_FILE)
    save_table(path, frames, header, Path(root))
    return path


def read_index(root: str | Path, dataset: str) -> FrameTable:
    """Read the records of a prepared tree.

    Args:
        root: The prepared tree.
        dataset: Name of the dataset that it must be of.

    Raises:
        IndexFileError: If the file is damaged or of another dataset.
    """
    table, header = load_table(Path(root, INDEX_FILE), Path(root))
    if header.get('dataset') != dataset:
        raise IndexFileError(
            f'{root} is a prepared {header.get("dataset")}, not a prepared {dataset}'
        )
    with _parsing(Path(root, INDEX_FILE)):
        _check_columns(table)
    return table


def read_header(root: str | Path) -> dict[str, Any]:
    """Return the header of a prepared tree, or ``{}`` if ``root`` is none.

    Raises:
        IndexFileError: If the file is damaged.
    """
    path = Path(root, INDEX_FILE)
    if not has_index(root):
        return {}
    with _parsing(path):
        return _header_of(read_arrays(path, only=_HEADER))


def save_table(
    path: Path, frames: FrameTable, header: dict[str, Any], root: Path
) -> None:
    """Write records and a header to a file, image paths relative to ``root``."""
    arrays = {_HEADER: np.frombuffer(json.dumps(header).encode(), np.uint8)}
    for name, column in frames.columns.items():
        arrays |= _encode(_COLUMN + name, column, root)
    with whole_file(path, durable=True) as file:
        np.savez(file, **arrays)


def hash_table(frames: FrameTable, root: Path) -> str:
    """Return 16 hexadecimal digits of everything in a table.

    Args:
        frames: The records.
        root: Image paths count relative to it, so a tree may be moved.
    """
    digest = hashlib.sha256()
    for name, column in frames.columns.items():
        for key, array in _encode(name, column, root).items():
            digest.update(f'{key} {array.dtype} {array.shape}'.encode())
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def load_table(path: Path, root: Path) -> tuple[FrameTable, dict[str, Any]]:
    """Read what :func:`save_table` wrote.

    Raises:
        IndexFileError: If the file is damaged.
    """
    with _parsing(path):
        arrays = read_arrays(path)
        header = _header_of(arrays)
        keys = dict.fromkeys(key.partition('.')[0] for key in arrays if key != _HEADER)
        columns = {
            key.removeprefix(_COLUMN): _decode(key, arrays, root) for key in keys
        }
        return FrameTable(columns), header


def _parsing(path: Path) -> AbstractContextManager[None]:
    cure = 'Delete it and prepare the data again: tools/dataset_tools/prepare.py'
    return parsing(path, 'index', IndexFileError, cure)


def _check_columns(table: FrameTable) -> None:
    for name, kind in _NEEDED.items():
        if not isinstance(table.columns.get(name), kind):
            raise ValueError(f'no column {name}')
    frame = table.columns['frame']
    if frame.dtype.kind != 'i' or frame.ndim != 1:
        raise ValueError('frames are no integers')


def _header_of(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    header = json.loads(arrays[_HEADER].tobytes())
    if not isinstance(header, dict):
        raise ValueError('its header is no mapping')
    return header


def _encode(name: str, column: Any, root: Path) -> dict[str, np.ndarray]:
    if isinstance(column, Paths):
        below = [os.path.relpath(folder, root) for folder in column.folders.names]
        folders = Categories(column.folders.codes, below)
        return {
            **_encode(f'{name}.folders', folders, root),
            f'{name}.files': column.files,
        }
    if isinstance(column, Categories):
        names = np.array(column.names, dtype=str)
        return {f'{name}.codes': column.codes, f'{name}.names': names}
    return {name: column}


def _decode(name: str, arrays: dict[str, np.ndarray], root: str | Path) -> Any:
    if f'{name}.files' in arrays:
        folders = _decode(f'{name}.folders', arrays, root)
        files = arrays[f'{name}.files']
        _check_files(name, files)
        if not all(map(lies_below, folders.names)):
            raise ValueError(f'{name} leads out of the folder')
        below = [str(Path(root, folder)) for folder in folders.names]
        return Paths(Categories(folders.codes, below), files)
    if f'{name}.codes' in arrays:
        names, codes = arrays[f'{name}.names'], arrays[f'{name}.codes']
        if names.dtype.kind != 'U' or names.ndim != 1:
            raise ValueError(f'{name} has names that are no texts')
        if codes.dtype.kind != 'i' or codes.ndim != 1:
            raise ValueError(f'{name} has codes that are no integers')
        if len(codes) and not 0 <= codes.min() <= codes.max() < len(names):
            raise ValueError(f'{name} has codes without a name')
        return Categories(codes, names.tolist())
    return arrays[name]


def _check_files(name: str, files: np.ndarray) -> None:
    """Check names of files: bytes in UTF-8 that lead to no other folder."""
    if files.dtype.kind != 'S' or files.ndim != 1:
        raise ValueError(f'{name} has names that are no texts')
    if '/' in b'\n'.join(files.tolist()).decode('utf-8'):
        raise ValueError(f'{name} has names that are paths')
