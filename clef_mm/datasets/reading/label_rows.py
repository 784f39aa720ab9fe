"""Rows of comma-separated integers, each about one frame: what label files hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from clef_mm.errors import UserError


class LabelFileError(UserError, ValueError):
    """A label file is not as documented; names file, line and column."""


def parse_rows(
    path: str | Path,
    text: str,
    width: int,
    columns: Sequence[int],
    first_line: int = 1,
) -> np.ndarray:
    """Parse some columns of all rows; column 0, the frame number, must ascend.

    Args:
        path: The file, for messages.
        text: The rows.
        width: Integers in a row.
        columns: The columns wanted, 0 the first of them.
        first_line: Line of the file that ``text`` starts with, for messages.

    Returns:
        (N, len(columns)) int32.

    Raises:
        LabelFileError: If there is no row, one is incomplete or holds something else
            than integers, or a frame does not follow the one before it.
    """
    rows = text.rstrip().splitlines()
    if not rows:
        raise LabelFileError(f'{path} has no label row')
    table = _read_table(rows, width, columns)
    if table is None:
        raise _first_wrong_row(path, rows, width, first_line)
    frames = table[:, 0]
    backwards = np.flatnonzero(np.diff(frames) <= 0)
    if len(backwards):
        row = backwards[0] + 1
        raise LabelFileError(
            f'{path} line {row + first_line}: frame {frames[row]} follows frame '
            f'{frames[row - 1]}; frames must ascend'
        )
    return table


def _read_table(
    rows: list[str], width: int, columns: Sequence[int]
) -> np.ndarray | None:
    """Return the columns, or None if the rows are not all of ``width`` integers."""
    everything = list(columns) == list(range(width))
    # Where columns are left out, the parser does not mind rows that are too long.
    if not everything and any(row.count(',') != width - 1 for row in rows):
        return None
    wanted = None if everything else columns
    try:
        table = np.loadtxt(
            rows, np.int32, comments=None, delimiter=',', usecols=wanted, ndmin=2
        )
    except ValueError:
        return None
    return table if table.shape == (len(rows), len(columns)) else None


def _first_wrong_row(
    path: str | Path, rows: list[str], width: int, first_line: int
) -> LabelFileError:
    for line, row in enumerate(rows, start=first_line):
        cells = row.split(',')
        integers = all(cell.strip().lstrip('-').isdecimal() for cell in cells)
        if len(cells) != width or not integers:
            return LabelFileError(
                f'{path} line {line}: expected {width} integers separated by commas, '
                f'got {row[:60]!r}'
            )
    return LabelFileError(f'{path} is not a table of {width} columns of integers')
