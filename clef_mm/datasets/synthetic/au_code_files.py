"""Tables of AU codes as BP4D and BP4D+ have them: occurrence and intensity."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from clef_mm.datasets.synthetic.action_units import AU_NUMBERS

UNKNOWN_CODE = 9
"""Stands for 'could not be coded' in both kinds of files."""

_UNKNOWN_SHARE = 0.03  # of all (sequence, AU) pairs have a stretch of unknown codes
_UNKNOWN_STRETCH = 0.12  # of the coded frames


def draw_unknown(
    rng: np.random.Generator, n_frames: int, units: Sequence[int]
) -> np.ndarray:
    """Choose the frames in which a coder could not tell.

    Args:
        rng: Source of all choices.
        n_frames: Number of coded frames.
        units: AUs that may be unknown; all others never are.

    Returns:
        Mask (n_frames, number of simulated AUs), columns in `AU_NUMBERS` order.
    """
    unknown = np.zeros((n_frames, len(AU_NUMBERS)), dtype=bool)
    stretch = max(1, round(_UNKNOWN_STRETCH * n_frames))
    for number in units:
        start = int(rng.integers(n_frames))
        if rng.random() < _UNKNOWN_SHARE:
            unknown[start : start + stretch, AU_NUMBERS.index(number)] = True
    return unknown


def write_occurrence(
    path: Path, frames: np.ndarray, codes: np.ndarray, units: Sequence[int]
) -> None:
    """Write an AU_OCC file: a header, then frame number and a code per AU.

    Args:
        path: Of the CSV file; its folder is made.
        frames: Frame numbers (N,).
        codes: Codes 0, 1 and 9, (N, number of simulated AUs), `AU_NUMBERS` order.
        units: AUs that have a column. Those that are not simulated are all 9.
    """
    table = np.full((len(frames), 1 + len(units)), UNKNOWN_CODE)
    table[:, 0] = frames
    for column, number in enumerate(units, 1):
        if number in AU_NUMBERS:
            table[:, column] = codes[:, AU_NUMBERS.index(number)]
    header = ','.join(map(str, (0, *units)))
    _write_table(path, table, header)


def write_intensity(path: Path, frames: np.ndarray, codes: np.ndarray) -> None:
    """Write an AU_INT file of one AU: frame number and code, no header.

    Args:
        path: Of the CSV file; its folder is made.
        frames: Frame numbers (N,).
        codes: Codes 0 .. 5 and 9, (N,).
    """
    _write_table(path, np.stack([frames, codes], axis=1))


def _write_table(path: Path, table: np.ndarray, header: str = '') -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, table, fmt='%d', delimiter=',', header=header, comments='')
