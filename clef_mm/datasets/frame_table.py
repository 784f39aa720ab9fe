"""Records of a dataset as columns.

A record of BP4D as a dict takes about 2 kB and there are 368,000 of them; as columns it
takes some 40 bytes. Columns also survive forked loader workers: reading them touches no
reference count, so no page of memory is copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clef_mm.errors import UserError


class RecordError(UserError, ValueError):
    """Records that cannot be stored as columns; names the column."""


class Categories:
    """A column of strings of which few are distinct, stored as codes.

    Args:
        codes: (N,) integers into ``names``.
        names: The distinct strings.
    """

    def __init__(self, codes: np.ndarray, names: Sequence[str]) -> None:
        self.codes = np.asarray(codes, dtype=np.int32)
        self.names = tuple(names)

    @classmethod
    def of(cls, values: Sequence[str]) -> Categories:
        """Encode a list of strings."""
        names, codes = np.unique(np.asarray(values, dtype=str), return_inverse=True)
        return cls(codes, names.tolist())

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, index: int) -> str:
        return self.names[self.codes[index]]

    def take(self, indices: np.ndarray) -> Categories:
        """Return the rows ``indices`` as a new column."""
        return Categories(self.codes[indices], self.names)

    def isin(self, values: Sequence[str]) -> np.ndarray:
        """Return a mask (N,) of the rows whose string is among ``values``."""
        wanted = [code for code, name in enumerate(self.names) if name in set(values)]
        return np.isin(self.codes, wanted)


class Paths:
    """A column of file paths, stored as folder codes and file names.

    Args:
        folders: Folder of each row.
        files: (N,) file names, a numpy array of bytes (UTF-8) or str.
    """

    def __init__(self, folders: Categories, files: np.ndarray) -> None:
        files = np.asarray(files)
        self.folders = folders
        self.files = (
            np.char.encode(files, 'utf-8') if files.dtype.kind == 'U' else files
        )

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> str:
        return str(Path(self.folders[index], self.files[index].decode('utf-8')))

    def take(self, indices: np.ndarray) -> Paths:
        """Return the rows ``indices`` as a new column."""
        return Paths(self.folders.take(indices), self.files[indices])


Column = np.ndarray | Categories | Paths


class FrameTable(Sequence):
    """Columns of equal length, read as records.

    Args:
        columns: By name: an array whose first axis is the rows, Categories or Paths.

    Raises:
        ValueError: If the columns differ in length.
    """

    def __init__(self, columns: dict[str, Column]) -> None:
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f'columns of different lengths: {lengths}')
        self.columns = columns

    @classmethod
    def of(cls, records: Sequence[dict[str, Any]]) -> FrameTable:
        """Turn a list of records into columns; strings become Categories."""
        if not records:
            return cls({})
        columns: dict[str, Column] = {}
        for name in records[0]:
            values = [record[name] for record in records]
            if name == 'img_path':
                paths = [Path(value) for value in values]
                folders = Categories.of([str(path.parent) for path in paths])
                columns[name] = Paths(folders, np.array([path.name for path in paths]))
            elif isinstance(values[0], str):
                columns[name] = Categories.of(values)
            else:
                columns[name] = _as_array(name, values)
        return cls(columns)

    @classmethod
    def concatenate(cls, tables: Sequence[FrameTable]) -> FrameTable:
        """Stack tables that have the same columns."""
        tables = [table for table in tables if len(table)]
        if not tables:
            return cls({})
        return cls(
            {
                name: _stack([table.columns[name] for table in tables])
                for name in tables[0].columns
            }
        )

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, index: int) -> dict[str, Any]:
        if not -len(self) <= index < len(self):
            raise IndexError(f'record {index} of {len(self)}')
        return {name: _plain(column[index]) for name, column in self.columns.items()}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[index] for index in range(len(self)))

    def without(self, name: str) -> FrameTable:
        """Return the table without the column ``name``."""
        return FrameTable({key: c for key, c in self.columns.items() if key != name})

    def take(self, indices: np.ndarray) -> FrameTable:
        """Return the rows ``indices`` (integers or a mask) as a new table."""
        indices = np.asarray(indices)
        if indices.dtype == bool:
            indices = np.flatnonzero(indices)
        return FrameTable(
            {
                name: column[indices]
                if isinstance(column, np.ndarray)
                else column.take(indices)
                for name, column in self.columns.items()
            }
        )


def _as_array(name: str, values: Sequence[Any]) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError:  # of unequal lengths
        array = np.asarray(0, dtype=object)
    if array.dtype.kind not in 'biufSU' or name in ('subject', 'sequence'):
        kind = 'text' if name in ('subject', 'sequence') else 'numbers of one shape'
        raise RecordError(
            f"the column '{name}' must hold {kind} in every record, got such as "
            f'{values[0]!r} and {values[-1]!r}'
        )
    return array


def _plain(value: Any) -> Any:
    # A row of a 2-D column stays an array, copied so that no one writes into the table.
    if isinstance(value, np.ndarray):
        return value.copy()
    return value.item() if isinstance(value, np.generic) else value


def _stack(columns: Sequence[Column]) -> Column:
    first = columns[0]
    if isinstance(first, Paths):
        return Paths(
            _stack([column.folders for column in columns]),
            np.concatenate([column.files for column in columns]),
        )
    if isinstance(first, Categories):
        names = sorted({name for column in columns for name in column.names})
        code = {name: index for index, name in enumerate(names)}
        recoded = [
            np.array([code[name] for name in column.names], np.int32)[column.codes]
            for column in columns
        ]
        return Categories(np.concatenate(recoded), names)
    return np.concatenate(columns)
