"""AU_OCC label files of BP4D and BP4D+."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from clef_mm.datasets.reading.label_rows import LabelFileError, parse_rows
from clef_mm.structures import UNKNOWN

# What the files hold, and what it means: 9 is 'could not be coded', never a 0 or a 1.
_CODES = {0: 0, 1: 1, 9: UNKNOWN}


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
    width = header.count(',') + 1
    table = parse_rows(path, body, width, [0, *columns], first_line=2)
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
    return frames, labels


def _find_columns(path: str | Path, header: str, units: Sequence[int]) -> list[int]:
    names = [name.strip() for name in header.split(',')]
    column = {name: index for index, name in enumerate(names) if index > 0}
    missing = [unit for unit in units if str(unit) not in column]
    if missing:
        raise LabelFileError(
            f'{path} has no column for AU {", ".join(map(str, missing))}; its header '
            f'names {", ".join(names[1:])[:200]}'
        )
    return [column[str(unit)] for unit in units]
