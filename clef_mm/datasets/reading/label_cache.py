"""Remember what took long to read from a dataset's folder.

The folder itself is never written to: the cache lies in ``$CLEF_MM_CACHE``, or else in
``~/.cache/clef_mm``, and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from clef_mm.array_archive import read_arrays
from clef_mm.whole_file import whole_file

_SIGNATURE = 'signature'
_PREFIX = 'array.'  # numpy.savez has arguments of its own


def cache_folder() -> Path:
    """Return the folder of the cache; it need not exist."""
    chosen = os.environ.get('CLEF_MM_CACHE')
    return Path(chosen) if chosen else Path('~/.cache/clef_mm').expanduser()


def folder_signature(folders: Sequence[Path]) -> str:
    """Return a text that changes when a file appears in or vanishes from a folder.

    It is made of path, time of change and size of each folder. A file that is rewritten
    under its name goes unnoticed: to look at a million files would take as long as to
    read them.
    """
    states = [(str(folder.resolve()), folder.stat()) for folder in folders]
    return json.dumps([[path, s.st_mtime_ns, s.st_size] for path, s in states])


def cache_file(kind: str, folder: Path) -> Path:
    """Return where the arrays read from a folder are kept."""
    digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()
    return cache_folder() / f'{kind}-{digest[:16]}.npz'


def read_cached(path: Path, signature: str) -> dict[str, np.ndarray] | None:
    """Return the arrays, or None if there are none of this signature."""
    try:
        arrays = read_arrays(path)
        if arrays.pop(_SIGNATURE).tobytes() != signature.encode():
            return None
    except Exception:  # missing, or damaged in one of many ways: it is made anew
        return None
    return {name.removeprefix(_PREFIX): array for name, array in arrays.items()}


def write_cached(path: Path, signature: str, arrays: dict[str, np.ndarray]) -> None:
    """Keep the arrays, whole or not at all; not where one may not write."""
    named = {_PREFIX + name: array for name, array in arrays.items()}
    named[_SIGNATURE] = np.frombuffer(signature.encode(), np.uint8)
    with suppress(OSError), whole_file(path) as file:
        np.savez(file, **named)
