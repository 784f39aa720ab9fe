"""Images inside ZIP archives, read without unpacking.

A path may go on inside an archive: ``2D+3D/F001.zip/F001/T1/0000.jpg``. All 140 of
BP4D+ stay open at once, so what is remembered of each is a few arrays, and reading
moves no position in a file that forked loader workers would share.
"""

from __future__ import annotations

import os
import posixpath
import re
import weakref
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np

from clef_mm.errors import UserError
from clef_mm.outside_files import parsing

_ARCHIVE = re.compile(r'\.zip(?=/|$)', re.IGNORECASE)
_IMAGE = re.compile(r'\.(jpe?g|png|bmp)$', re.IGNORECASE)
_ENCRYPTED = 1  # bit of an entry's flags
_LARGEST_IMAGE = 2**28  # bytes: what is larger was packed to fill the memory


class ArchiveError(UserError, OSError):
    """An archive, or an entry of one, that cannot be read; names the file."""


def split_archive_path(path: str | Path) -> tuple[str, str] | None:
    """Split a path that leads into an archive, or return None.

    Returns:
        The archive, and the path inside it (``''`` for the archive as a whole).
    """
    text = Path(path).as_posix()
    for suffix in _ARCHIVE.finditer(text):
        if os.path.isfile(text[: suffix.end()]):
            return text[: suffix.end()], text[suffix.end() + 1 :]
    return None


def open_archive(path: str | Path) -> ImageArchive:
    """Return an archive, which stays open for the next time.

    Raises:
        ArchiveError: If it is missing, damaged or no ZIP archive.
    """
    try:
        state = os.stat(path)
    except OSError as error:
        raise ArchiveError(f'{path} cannot be read: {error.strerror}') from error
    return _open(str(path), state.st_mtime_ns, state.st_size)


class ImageArchive:
    """The images in a ZIP archive.

    Args:
        path: The archive.

    Raises:
        ArchiveError: If it is damaged or no ZIP archive.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path
        cure = 'Was its download cut short?'
        with parsing(path, 'readable ZIP archive', ArchiveError, cure):
            with zipfile.ZipFile(path) as archive:
                # An entry that was written twice counts as it was written last.
                entries = {
                    _clean(entry.filename).encode(): entry
                    for entry in archive.infolist()
                    if _IMAGE.search(entry.filename)
                }
            names = sorted(entries)
            self._names = np.array(names, dtype=np.bytes_)
            self._rows_of = _rows_by_folder(names)
            self._entries = np.array(
                [
                    (
                        entries[name].header_offset,
                        entries[name].compress_size,
                        entries[name].CRC,
                        entries[name].compress_type,
                        entries[name].flag_bits,
                    )
                    for name in names
                ],
                dtype=np.int64,
            ).reshape(-1, 5)
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        # Closed when the last reader forgets the archive.
        weakref.finalize(self, os.close, self._descriptor)

    def folders(self) -> list[str]:
        """Return the folders that hold images."""
        return list(self._rows_of)

    def images(self, folder: str) -> list[str]:
        """Return the names of the images in a folder, sorted; none if there is none."""
        if folder not in self._rows_of:
            return []
        names = self._names[self._rows_of[folder]].tolist()
        return [name.decode().rpartition('/')[2] for name in names]

    def read(self, name: str) -> bytes:
        """Return the content of an image file.

        Args:
            name: Its path in the archive.

        Raises:
            ArchiveError: If it is not there, encrypted, packed in a way that is not
                read here, or damaged.
        """
        encoded = name.encode()
        row = int(np.searchsorted(self._names, np.bytes_(encoded)))
        if row == len(self._names) or self._names[row] != encoded:
            raise ArchiveError(f'{self.path} holds no {name}')
        offset, size, checksum, method, flags = self._entries[row].tolist()
        if flags & _ENCRYPTED:
            raise ArchiveError(f'{self.path}/{name} is encrypted: unpack the archive')
        header = self._read_at(offset, 30)
        if header[:4] != b'PK\x03\x04':
            raise ArchiveError(f'{self.path}/{name} is damaged: no entry starts there')
        # Behind the fixed part of its header stand a name and extra fields.
        behind = int.from_bytes(header[26:28], 'little')
        behind += int.from_bytes(header[28:30], 'little')
        data = self._read_at(offset + 30 + behind, size)
        try:
            data = _unpack(data, method)
        except (zlib.error, NotImplementedError) as error:
            raise ArchiveError(
                f'{self.path}/{name} cannot be unpacked: {error}'
            ) from error
        if zlib.crc32(data) != checksum:
            raise ArchiveError(f'{self.path}/{name} is damaged: its checksum is wrong')
        return data

    def _read_at(self, offset: int, size: int) -> bytes:
        parts = []
        size = min(size, os.fstat(self._descriptor).st_size)  # whatever it claims
        while size > 0 and (part := os.pread(self._descriptor, size, offset)):
            parts.append(part)
            offset += len(part)
            size -= len(part)
        return b''.join(parts)


def _rows_by_folder(names: list[bytes]) -> dict[str, np.ndarray]:
    """Return, by folder, which of the names lie in it."""
    rows: dict[bytes, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(name.rpartition(b'/')[0], []).append(row)
    return {name.decode(): np.array(found, np.int32) for name, found in rows.items()}


def _clean(name: str) -> str:
    """Return an entry's name as a path below the archive."""
    return posixpath.normpath(name.replace('\\', '/')).lstrip('/')


def _unpack(data: bytes, method: int) -> bytes:
    if method == zipfile.ZIP_STORED:
        return data
    if method == zipfile.ZIP_DEFLATED:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, _LARGEST_IMAGE)
    raise NotImplementedError(f'ZIP method {method}; unpack the archive')


@lru_cache(maxsize=256)
def _open(path: str, modified: int, size: int) -> ImageArchive:
    """Open an archive once for each state of the file, so a changed one is reread."""
    return ImageArchive(path)
