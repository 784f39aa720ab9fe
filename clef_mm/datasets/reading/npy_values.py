"""Read very many very small ``.npy`` files.

AffectNet stores every number in a file of its own. ``numpy.load`` spends most of its
time on opening and on the header, so here files are read whole, each distinct header is
parsed once, and what follows it is converted for all files at a time.
"""

from __future__ import annotations

import ast
import os
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import prod
from pathlib import Path

import numpy as np

from clef_mm.errors import UserError

_MAGIC = b'\x93NUMPY'
_CHUNK = 4096  # files a thread reads at a time
_THREADS = 4  # more wait for the interpreter, not for the disk


class NpyFileError(UserError, ValueError):
    """A file that holds no number; names it."""


def read_values(folder: str | Path, names: Sequence[str], width: int = 1) -> np.ndarray:
    """Read ``width`` numbers from each of the files.

    Numbers may be stored as text (``'<U2'``); nothing is ever unpickled.

    Args:
        folder: Where the files lie.
        names: File names.
        width: Numbers in each file, in any shape.

    Returns:
        (N, width) float64; NaN where a file is missing, cut short, pickled or of
        another size.

    Raises:
        NpyFileError: If the text in a file is no number.
    """
    chunks = [names[start : start + _CHUNK] for start in range(0, len(names), _CHUNK)]
    if not chunks:
        return np.empty((0, width))
    read = partial(_read_chunk, str(folder), width=width)
    with ThreadPoolExecutor(_THREADS) as pool:
        return np.concatenate(list(pool.map(read, chunks)))


def _read_chunk(folder: str, names: Sequence[str], width: int) -> np.ndarray:
    rows_of: dict[bytes, list[int]] = defaultdict(list)
    bodies_of: dict[bytes, list[bytes]] = defaultdict(list)
    for row, name in enumerate(names):
        data = _read_file(f'{folder}/{name}')
        end = _header_end(data)
        rows_of[data[:end]].append(row)
        bodies_of[data[:end]].append(data[end:])
    values = np.full((len(names), width), np.nan)
    for header, rows in rows_of.items():
        dtype = _element_type(header, width)
        if dtype is None:
            continue
        whole = [len(body) == width * dtype.itemsize for body in bodies_of[header]]
        rows = np.array(rows)[whole]
        data = b''.join(
            b for b, kept in zip(bodies_of[header], whole, strict=True) if kept
        )
        elements = np.frombuffer(data, dtype).reshape(-1, width)
        try:
            values[rows] = elements.astype(np.float64)
        except ValueError:
            raise _no_number(folder, [names[row] for row in rows], elements) from None
    return values


def _read_file(path: str) -> bytes:
    """Return what a file holds, nothing if it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return b''
    try:
        data = b''
        while block := os.read(descriptor, 4096):
            data += block
            if len(block) < 4096:
                break
        return data
    except OSError:
        return b''
    finally:
        os.close(descriptor)


def _header_end(data: bytes) -> int:
    """Return where the numbers begin; 0 if this is no file of that format."""
    if data[:6] != _MAGIC or len(data) < 12:
        return 0
    if data[6] == 1:
        return 10 + int.from_bytes(data[8:10], 'little')
    return 12 + int.from_bytes(data[8:12], 'little')


def _element_type(header: bytes, width: int) -> np.dtype | None:
    """Return the type of a file's elements, None if it has not ``width`` of them."""
    if not header:
        return None
    try:
        fields = ast.literal_eval(header[header.index(b'{') :].decode('latin1').strip())
        dtype = np.dtype(fields['descr'])
        count = prod(fields['shape'])
        by_column = fields['fortran_order'] and len(fields['shape']) > 1
    except Exception:  # a header may be anything
        return None
    if dtype.kind not in 'biufSU' or not dtype.itemsize or count != width or by_column:
        return None
    return dtype


def _no_number(folder: str, names: Sequence[str], elements: np.ndarray) -> NpyFileError:
    for name, row in zip(names, elements, strict=True):
        try:
            row.astype(np.float64)
        except ValueError:
            return NpyFileError(f'{folder}/{name} holds {row[0]!s:.40}, not a number')
    return NpyFileError(f'{folder} holds files of text that is no number')
