"""Landmarks that BP4D, BP4D+ and DISFA ship, as MATLAB files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.load_report import LoadReport
from clef_mm.errors import UserError
from clef_mm.faces.landmarks import FIRST_POINT, five_points
from clef_mm.outside_files import parsing

ReadPoints = Callable[[str, str, np.ndarray], np.ndarray | None]
"""(subject, sequence, frame numbers (n,)) -> (n, 5, 2), or None without a file."""


_HDF5 = b'\x89HDF\r\n\x1a\n'


class LandmarkFileError(UserError, ValueError):
    """A landmark file that is damaged or not as documented; names the file."""


def points_of_recordings(
    frames: FrameTable, read: ReadPoints, report: LoadReport
) -> np.ndarray:
    """Read the points of a table recording by recording.

    Args:
        frames: With the columns ``subject``, ``sequence`` and ``frame``.
        read: Reads some frames of one recording.
        report: Takes note of what has no landmarks.

    Returns:
        (N, 5, 2) float32; NaN where an image has none.
    """
    points = np.full((len(frames), 5, 2), np.nan, np.float32)
    for subject, sequence, rows in _recordings(frames):
        found = read(subject, sequence, frames.columns['frame'][rows])
        if found is None:
            report.note('recordings without landmarks', f'{subject}_{sequence}')
            continue
        points[rows] = found
        lost = int(np.isnan(found).any(axis=(1, 2)).sum())
        report.note('images without landmarks', f'{subject}_{sequence}', lost)
    return points


def read_tracked_points(path: Path, numbers: np.ndarray) -> np.ndarray:
    """Read frames of ``2DFeatures/F001_T1.mat``, the tracker's output for a recording.

    The structure ``fit`` holds ``pred``, one 49 x 2 array per frame, and in BP4D+ also
    ``frame``, its number. Either kind of MATLAB file will do, old or v7.3.

    Which image an entry belongs to is assumed here and nowhere else: entries are
    numbered by ``frame``, or else from 1, and number f is frame f of the labels. Both
    count from the first image of the recording, as do the labels.

    Args:
        path: The file.
        numbers: (n,) frame numbers as the labels count.

    Returns:
        (n, 5, 2) float32, pixels counted from 0; NaN for frames without an entry.

    Raises:
        LandmarkFileError: If the file is not like this.
    """
    points = np.full((len(numbers), 5, 2), np.nan, np.float32)
    damage = parsing(path, 'file of tracked landmarks', LandmarkFileError)
    with damage, _open_fit(path) as (given, read):
        entry_of = {int(number): entry for entry, number in enumerate(given)}
        for row, number in enumerate(numbers.tolist()):
            if number in entry_of:
                points[row] = _reduce(path, read(entry_of[number]))
    return points


def read_points(path: Path) -> np.ndarray:
    """Read ``pts`` of a MATLAB file of one image, as DISFA has them.

    Returns:
        (5, 2) float32, pixels counted from 0; NaN if no face was found.

    Raises:
        LandmarkFileError: If the file is not like this.
    """
    with parsing(path, 'file of landmarks', LandmarkFileError):
        content = _load_old(path)
        if 'pts' not in content:
            raise LandmarkFileError(f"{path} has no 'pts'")
        return _reduce(path, np.asarray(content['pts']))


def no_points() -> np.ndarray:
    """Return the points (5, 2) of an image that has none: NaN."""
    return np.full((5, 2), np.nan, np.float32)


def _recordings(frames: FrameTable) -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield subject, sequence and row numbers of each recording in the table."""
    subjects, sequences = frames.columns['subject'], frames.columns['sequence']
    pairs = subjects.codes.astype(np.int64) * len(sequences.names) + sequences.codes
    order = pairs.argsort(kind='stable')
    starts = np.flatnonzero(np.diff(pairs[order])) + 1
    for rows in np.split(order, starts) if len(order) else ():
        yield subjects[rows[0]], sequences[rows[0]], rows


@contextmanager
def _open_fit(
    path: Path,
) -> Iterator[tuple[Sequence[int], Callable[[int], np.ndarray]]]:
    """Open a tracker's output: the frame numbers, and what reads entry i of them."""
    if _is_hdf5(path):
        with _needed('h5py', path).File(path) as file:
            yield _hdf5_fit(path, file)
    else:
        yield _old_fit(path, _load_old(path))


def _hdf5_fit(
    path: Path, file: Any
) -> tuple[Sequence[int], Callable[[int], np.ndarray]]:
    if 'fit' not in file or 'pred' not in file['fit']:
        raise LandmarkFileError(f"{path} has no 'fit/pred'")
    fit = file['fit']
    entries = fit['pred'][()].ravel()
    if entries.dtype != object:
        raise LandmarkFileError(f"{path}: 'fit/pred' is not one array for each frame")

    def read(entry: int) -> np.ndarray:
        array = file[entries[entry]]
        if 'MATLAB_empty' in array.attrs:  # it then holds the shape, such as 0 x 0
            return np.empty(0)
        return array[()].T  # MATLAB stores columns first

    numbers = range(1, len(entries) + 1)
    if 'frame' in fit:
        given = fit['frame'][()].ravel()
        if given.dtype == object:
            given = [file[number][()].item() for number in given]
        numbers = _checked(path, given, len(entries))
    return numbers, read


def _old_fit(
    path: Path, content: dict[str, Any]
) -> tuple[Sequence[int], Callable[[int], np.ndarray]]:
    fit = content.get('fit')
    # One structure of lists, or a list of structures.
    if isinstance(fit, dict):
        columns = fit
    else:
        fit = [entry for entry in np.atleast_1d(fit) if isinstance(entry, dict)]
        names = set.intersection(*map(set, fit)) if fit else set()
        columns = {name: [entry[name] for entry in fit] for name in names}
    if 'pred' not in columns:
        raise LandmarkFileError(f"{path} has no 'fit' with 'pred'")
    entries = columns['pred']
    if isinstance(entries, np.ndarray) and entries.dtype != object:
        entries = [entries]  # of a recording of one frame
    numbers = range(1, len(entries) + 1)
    if 'frame' in columns:
        numbers = _checked(path, columns['frame'], len(entries))
    return numbers, lambda entry: np.asarray(entries[entry])


def _checked(path: Path, numbers: Any, count: int) -> np.ndarray:
    numbers = np.atleast_1d(np.asarray(numbers, np.int64))
    if len(numbers) != count:
        raise LandmarkFileError(
            f"{path} has {count} entries in 'pred' and {len(numbers)} in 'frame'"
        )
    return numbers


def _reduce(path: Path, points: np.ndarray) -> np.ndarray:
    """Return the five points (5, 2) of all points (K, 2) counted from 1."""
    if points.size == 0 or not np.any(points):
        return no_points()
    if points.ndim == 2 and points.shape[1] != 2:
        points = points.T
    if points.ndim != 2 or points.shape[1] != 2 or len(points) not in FIRST_POINT:
        raise LandmarkFileError(
            f'{path} holds landmarks of shape {points.shape}; expected '
            f'{" or ".join(map(str, FIRST_POINT))} points of x and y'
        )
    return five_points(points.astype(np.float32) - 1)


def _load_old(path: Path) -> dict[str, Any]:
    """Load a MATLAB file of a version before 7.3."""
    return _needed('scipy.io', path).loadmat(str(path), simplify_cells=True)


def _is_hdf5(path: Path) -> bool:
    with path.open('rb') as file:
        start = file.read(512 + len(_HDF5))
    return start.startswith(_HDF5) or start[512:] == _HDF5


def _needed(module: str, path: Path) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        raise UserError(
            f'{path} is read with {module.partition(".")[0]}, which is not installed: '
            "pip install 'clef-mm[prepare]'"
        ) from error
