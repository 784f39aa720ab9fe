"""AU_OCC label files of BP4D and BP4D+."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from clef_mm.errors import UserError
from clef_mm.structures import UNKNOWN

# What the files hold, and what it means: 9 is 'could not be coded', never a 0 or a 1.
_CODES = {0: 0, 1: 1, 9: UNKNOWN, 999: UNKNOWN}


class LabelFileError(UserError, ValueError):
    """A label file is not as documented; names file, line and column."""


def read_occurrence(
    path: str | Path, units: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Read one sequence.

    The file has a header of AU numbers behind a first cell for the frame column. BP4D
    codes AU k in column k and BP4D+ leaves numbers out, so columns are found by their
    header, never by position::

        0,1,2,4
        2440,0,1,9

    Args:
        path: ``AUCoding/AU_OCC/F001_T1.csv``.
        units: AU numbers to read.

    Returns:
        Frame numbers (N,) int32, ascending, and labels (N, len(units)) int8 of
        1 / 0 / -1.

    Raises:
        LabelFileError: If a unit has no column, a value is none of 0, 1, 9, a row is
            incomplete, or a frame stands twice.
    """
    # A file that is no text is reported below, as one without the columns.
    text = Path(path).read_text(encoding='utf-8-sig', errors='replace')
    header, _, body = text.partition('\n')
    columns = _find_columns(path, header, units)
    table = _parse(path, body, [0, *columns], header.count(',') + 1)
    frames, codes = table[:, 0], table[:, 1:]

    labels = np.full(codes.shape, -2, dtype=np.int8)
    for code, label in _CODES.items():
        labels[codes == code] = label
    if (labels == -2).any():
        row, column = np.argwhere(labels == -2)[0]
        raise LabelFileError(
            f'{path} line {row + 2}, AU{units[column]}: {codes[row, column]} is none '
            'of 0 (absent), 1 (present), 9 (unknown)'
        )
    repeated = np.flatnonzero(np.diff(frames) <= 0)
    if len(repeated):
        row = repeated[0] + 1
        raise LabelFileError(
            f'{path} line {row + 2}: frame {frames[row]} follows frame '
            f'{frames[row - 1]}; frames must ascend'
        )
    return frames, labels


def _find_columns(path: str | Path, header: str, units: Sequence[int]) -> list[int]:
    names = [name.strip() for name in header.split(',')]
    column = {name: index for index, name in enumerate(names) if index > 0}
    missing = [unit for unit in units if str(unit) not in column]
    if missing:
        raise LabelFileError(
            f'{path} has no column for AU {", ".join(map(str, missing))}; its header '
            f'names {", ".join(names[1:])}'
        )
    return [column[str(unit)] for unit in units]


def _parse(path: str | Path, body: str, columns: list[int], width: int) -> np.ndarray:
    """Parse the wanted columns of all rows, (N, len(columns)) int32."""
    rows = body.rstrip().splitlines()
    if not rows:
        raise LabelFileError(f'{path} has no label row')
    if all(row.count(',') == width - 1 for row in rows):
        try:
            return np.loadtxt(rows, np.int32, delimiter=',', usecols=columns, ndmin=2)
        except ValueError:
            pass  # the loop below finds the line
    for line, row in enumerate(rows, start=2):
        cells = row.split(',')
        integers = all(cell.strip().lstrip('-').isdigit() for cell in cells)
        if len(cells) != width or not integers:
            raise LabelFileError(
                f'{path} line {line}: expected {width} integers separated by commas, '
                f'got {row[:60]!r}'
            )
    raise LabelFileError(f'{path} is not a table of {width} columns of integers')
