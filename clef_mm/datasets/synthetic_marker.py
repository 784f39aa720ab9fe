"""The file that says of a tree that its images are rendered."""

from __future__ import annotations

import shutil
from pathlib import Path

MARKER = 'SYNTHETIC.json'
PARTIAL_MARKER = 'SYNTHETIC.partial.json'
"""In a tree that is not finished."""


def find_marker(root: str | Path) -> Path | None:
    """Return the marker of a tree, or None if its images are real.

    Some datasets may be named by a folder inside their tree, so two levels above the
    folder are looked at too.
    """
    root = Path(root).absolute()
    for folder in (root, *list(root.parents)[:2]):
        for name in (MARKER, PARTIAL_MARKER):
            if (folder / name).is_file():
                return folder / name
    return None


def copy_marker(source: str | Path, destination: Path) -> None:
    """Mark a tree that was made of a rendered one."""
    shutil.copyfile(find_marker(source), destination / MARKER)
