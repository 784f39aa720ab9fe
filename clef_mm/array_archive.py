"""Archives of arrays (``.npz``), read without unpickling."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from clef_mm.outside_files import check_unpacked_size

_MOST = 2**32  # bytes: a few kB of zeros, packed, would fill any memory


def read_arrays(path: str | Path, only: str | None = None) -> dict[str, np.ndarray]:
    """Read all arrays of an archive, or one.

    What numpy and zipfile raise on other, cut or changed bytes is of a dozen kinds:
    call it within :func:`clef_mm.outside_files.parsing`.

    Raises:
        ValueError: If an array is pickled, or all would unpack to more than 4 GiB.
    """
    check_unpacked_size(path, _MOST)  # also refuses a bare array, which is no archive
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in ([only] if only else file.files)}
