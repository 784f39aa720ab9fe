"""Where a preparation keeps what it has finished, until the index is written."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from clef_mm.datasets.preparation.crop_job import PreparationError, cannot_write
from clef_mm.datasets.prepared_index import has_index, read_header
from clef_mm.outside_files import parsing
from clef_mm.whole_file import whole_file

_NAME = '.preparing'
_SETTINGS, _LOCK = 'settings.json', 'lock'


class WorkFolder:
    """The folder ``.preparing`` of a tree, held by one process at a time.

    The system lets go of the lock when the process ends, however it ends.

    Args:
        root: The tree that is being prepared.

    Raises:
        PreparationError: On entering, if another process holds it, or the tree holds
            something else or cannot be written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / _NAME
        self._lock: int | None = None

    def __enter__(self) -> WorkFolder:
        if has_index(self.root):
            return self
        begun = (self.folder / _SETTINGS).is_file()
        if not begun and self._holds_something():
            raise PreparationError(f'{self.root} is not empty: choose a new folder')
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PreparationError(
                f'{self.root} is being prepared by another process right now'
            ) from error
        except OSError as error:
            raise cannot_write(error, self.root) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._lock is not None:
            os.close(self._lock)

    def claim(self, settings: Mapping[str, Any]) -> bool:
        """Return whether there is work to do.

        Raises:
            PreparationError: If the tree was prepared, or begun, with other settings.
        """
        if has_index(self.root):
            self._check_same(read_header(self.root), settings)
            return False
        begun = self.folder / _SETTINGS
        if begun.is_file():
            cure = f'Delete {self.folder}'
            with parsing(begun, 'settings', PreparationError, cure):
                found = dict(json.loads(begun.read_text('utf-8')))
            self._check_same(found, settings)
            return True
        try:
            with whole_file(begun) as file:
                file.write(f'{json.dumps(settings, indent=2)}\n'.encode())
        except OSError as error:
            raise cannot_write(error, self.root) from error
        return True

    def shard(self, number: int) -> Path:
        """Return the file for the records of a finished piece."""
        return self.folder / f'{number:06d}.npz'

    def _holds_something(self) -> bool:
        """A run that was killed at its very start leaves no more than this folder."""
        if not self.root.exists():
            return False
        return not self.root.is_dir() or bool(set(os.listdir(self.root)) - {_NAME})

    def _check_same(
        self, found: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> None:
        differing = [
            f'  {key}: there {found.get(key)}, wanted {value}'
            for key, value in settings.items()
            if found.get(key) != value
        ]
        if differing:
            raise PreparationError(
                f'{self.root} was prepared, or begun, with other settings:\n'
                + '\n'.join(differing)
                + '\nChoose another folder, or delete this one first.'
            )
