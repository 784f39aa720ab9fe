"""Files that appear whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: str | Path, durable: bool = False) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its place when all of it is written.

    What was there before stays until then, and for good if writing fails; the folder is
    made if needed. Only a process that is killed leaves a half file, named ``*.tmp``.

    Args:
        path: Where the file is to be.
        durable: Wait until the disk has it, so that it outlives a power cut.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # One name per process, so that two runs cannot write into each other's half.
    half = path.with_name(f'{path.name}.{os.getpid()}.tmp')
    try:
        with half.open('wb') as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(half, path)
    finally:
        half.unlink(missing_ok=True)
    if durable:
        _keep_names(path.parent)


def _keep_names(folder: Path) -> None:
    """Wait until the disk has the names in a folder, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
