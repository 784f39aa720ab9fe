"""Find the parts of a release, however its copy is packed.

Copies of one dataset differ in the case of names, in a folder more or less around
everything, and in what else lies beside it. Nothing here reads a file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.tif', '.tiff', '.webp', '.gif')


def find_child(parent: Path, *names: str, folder: bool = False) -> Path | None:
    """Return the first of ``names`` that lies in ``parent``, in any case, or None.

    Args:
        parent: Where to look.
        names: In the order of preference.
        folder: Look for a folder, and not for a file: unpacking on Windows makes the
            folder ``fer2013.csv`` around the file of this name.
    """
    if not parent.is_dir():
        return None
    wanted = [name.lower() for name in names]
    found = [child for child in os.listdir(parent) if child.lower() in wanted]
    found.sort(key=lambda child: (wanted.index(child.lower()), child))
    is_wanted = Path.is_dir if folder else Path.is_file
    return next((parent / child for child in found if is_wanted(parent / child)), None)


def find_nearby(
    root: Path,
    depth: int,
    *names: str,
    skip: Sequence[str] = (),
    folder: bool = False,
) -> Path | None:
    """Return the file, or folder, of one of these names that lies highest, or None.

    Args:
        root: Where to begin.
        depth: Levels below it to look at.
        names: In any case.
        skip: Names, in lower case, of folders that are too large to be listed.
        folder: Look for a folder, and not for a file.
    """
    return next(find_all_nearby(root, depth, *names, skip=skip, folder=folder), None)


def find_all_nearby(
    root: Path,
    depth: int,
    *names: str,
    skip: Sequence[str] = (),
    folder: bool = False,
) -> Iterator[Path]:
    """Yield what :func:`find_nearby` chooses among, highest first, one a folder."""
    for place in nearby_folders(root, depth, skip):
        found = find_child(place, *names, folder=folder)
        if found is not None:
            yield found


def innermost_of_name(folder: Path) -> Path:
    """Return the folder of the same name inside a folder, or the folder itself.

    An archive that is unpacked into a folder of its name leaves ``aligned/aligned``.
    """
    return find_child(folder, folder.name, folder=True) or folder


def nearby_folders(root: Path, depth: int, skip: Sequence[str] = ()) -> Iterator[Path]:
    """Yield a folder, those in it, and so on ``depth`` levels down, in order.

    Folders to ``skip``, those named by a number, which hold images by the thousand, and
    hidden ones are not entered; folders that may not be read are passed over.
    """
    level = [root] if root.is_dir() else []
    for remaining in range(depth, -1, -1):
        level = [folder for folder in level if os.access(folder, os.R_OK | os.X_OK)]
        yield from level
        if remaining:
            level = [
                child for folder in level for child in _named_folders(folder, skip)
            ]


def subfolders(parent: Path | None) -> list[Path]:
    """Return the folders in ``parent``, sorted; none if there is no such folder."""
    return [Path(entry.path) for entry in _entries(parent) if entry.is_dir()]


def find_folder(parent: Path | None, name: str) -> Path | None:
    """Return the folder ``name`` of ``parent``, in any case, or None."""
    matches = [path for path in subfolders(parent) if path.name.lower() == name.lower()]
    return matches[0] if matches else None


def find_files(parent: Path | None) -> list[Path]:
    """Return the files in ``parent``, sorted; none if there is no such folder."""
    return [Path(entry.path) for entry in _entries(parent) if entry.is_file()]


def list_images(folder: Path) -> list[str]:
    """Return the names of the images in a folder, in any order."""
    return [
        name
        for name in os.listdir(folder)
        if name.lower().endswith(IMAGE_SUFFIXES) and not name.startswith('.')
    ]


def _named_folders(folder: Path, skip: Sequence[str]) -> list[Path]:
    with os.scandir(folder) as entries:
        names = [
            entry.name
            for entry in entries
            if not entry.name.isdigit()
            and not entry.name.startswith(('.', '__'))
            and entry.name.lower() not in skip
            and entry.is_dir()
        ]
    return [folder / name for name in sorted(names)]


def _entries(parent: Path | None) -> list[os.DirEntry]:
    """List a folder, unless it may not be read: ``lost+found`` of a mounted disk."""
    if parent is None or not parent.is_dir():
        return []
    if not os.access(parent, os.R_OK | os.X_OK):
        return []
    with os.scandir(parent) as entries:
        return sorted(entries, key=lambda entry: entry.name)
