"""Landmarks on disk: MATLAB files as the datasets ship them.

MATLAB counts pixels from 1, so 1 is added to every coordinate. Two formats exist: the
old one (v5), which SciPy writes, and v7.3, which is HDF5. Both writers leave out the
time of writing, so equal landmarks give equal files.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np

from clef_mm.errors import UserError

NO_FACE = np.empty((0, 0))
"""Stands for a frame without landmarks."""

_TEXT_BYTES = 116  # of a MATLAB file's header, before its version
_USER_BLOCK_BYTES = 512  # what MATLAB puts before the HDF5 part
_TEXT_V5 = b'MATLAB 5.0 MAT-file, rendered stand-in'
_TEXT_V73 = b'MATLAB 7.3 MAT-file, rendered stand-in, HDF5 schema 1.00 .'
_VERSION_V73 = b'\x00\x02IM'


class MissingPackageError(UserError, ImportError):
    """Writing landmarks needs a package that is not installed."""


def require_package(name: str) -> ModuleType:
    """Import the package that writes a kind of MATLAB file.

    Args:
        name: `scipy.io` for v5, `h5py` for v7.3.

    Raises:
        MissingPackageError: It is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingPackageError(
            f'landmarks are written with {name.partition(".")[0]}, which is not '
            "installed: pip install 'clef-mm[prepare]', or leave the landmarks out"
        ) from error


def write_points(path: Path, points: np.ndarray) -> None:
    """Write the landmarks of one frame as `pts` (v5).

    Args:
        path: Of the file; its folder is made.
        points: Pixels counted from 0, (P, 2).
    """
    _write_v5(path, {'pts': points + 1})


def write_fit_v5(path: Path, points: Sequence[np.ndarray], poses: np.ndarray) -> None:
    """Write a recording as a structure array `fit`, one element per frame (v5).

    Its fields are `frame` (from 1), `pred` (P, 2) and `pose` (1, 3).

    Args:
        path: Of the file; its folder is made.
        points: Pixels counted from 0, (P, 2) per frame.
        poses: Pitch, yaw and roll in radians, (N, 3).
    """
    fields = [('frame', object), ('pred', object), ('pose', object)]
    fit = np.empty((1, len(points)), dtype=fields)
    for index, (frame_points, pose) in enumerate(zip(points, poses, strict=True)):
        fit[0, index] = (float(index + 1), frame_points + 1, pose[None])
    _write_v5(path, {'fit': fit})


def write_fit_v73(
    path: Path, points: Sequence[np.ndarray], poses: Sequence[np.ndarray]
) -> None:
    """Write a recording as a structure `fit` of references, one per frame (v7.3).

    `fit/pred` and `fit/pose` have the shape (N, 1). The matrices they refer to are
    transposed as in every such file: (2, P) and (3, 1).

    Args:
        path: Of the file; its folder is made.
        points: Pixels counted from 0, (P, 2) per frame, or `NO_FACE`.
        poses: Pitch, yaw and roll in radians, (3,) per frame, or `NO_FACE`.
    """
    h5py = require_package('h5py')
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {
        'pred': [matrix + 1 for matrix in points],
        'pose': [np.atleast_2d(pose) for pose in poses],
    }
    with h5py.File(path, 'w', userblock_size=_USER_BLOCK_BYTES) as file:
        heap = file.create_group('#refs#')
        # MATLAB keeps the shape of an empty matrix in place of its values.
        empty = heap.create_dataset('empty', data=np.array(NO_FACE.shape, np.uint64))
        empty.attrs['MATLAB_class'] = np.bytes_('double')
        empty.attrs['MATLAB_empty'] = np.uint8(1)
        fit = file.create_group('fit')
        fit.attrs['MATLAB_class'] = np.bytes_('struct')
        for name, matrices in columns.items():
            cells = np.full((len(matrices), 1), empty.ref, h5py.ref_dtype)
            for index, matrix in enumerate(matrices):
                if matrix.size:
                    cell = heap.create_dataset(f'{name}_{index}', data=matrix.T)
                    cell.attrs['MATLAB_class'] = np.bytes_('double')
                    cells[index, 0] = cell.ref
            fit.create_dataset(name, data=cells, dtype=h5py.ref_dtype)
    with path.open('r+b') as stream:
        stream.write(_TEXT_V73.ljust(_TEXT_BYTES) + bytes(8) + _VERSION_V73)


def _write_v5(path: Path, content: dict[str, np.ndarray]) -> None:
    buffer = io.BytesIO()
    require_package('scipy.io').savemat(buffer, content)
    path.parent.mkdir(parents=True, exist_ok=True)
    # SciPy's text holds the date.
    path.write_bytes(_TEXT_V5.ljust(_TEXT_BYTES) + buffer.getvalue()[_TEXT_BYTES:])
