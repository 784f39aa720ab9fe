"""AU intensity files of DISFA: ``ActionUnit_Labels/SN001/SN001_au1.txt``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from clef_mm.datasets.reading.label_rows import LabelFileError, parse_rows

HIGHEST = 5


def read_intensity(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the intensities of one action unit in one recording.

    A line is ``frame,intensity``; there is no header.

    Returns:
        Frame numbers (N,) int32, ascending, counted from 1; and intensities (N,) int8
        of 0 (absent) to 5 (strongest).

    Raises:
        LabelFileError: If a line is something else or a frame stands twice.
    """
    text = Path(path).read_text(encoding='utf-8-sig', errors='replace')
    table = parse_rows(path, text, width=2, columns=[0, 1])
    frames, intensities = table.T
    wrong = np.flatnonzero((intensities < 0) | (intensities > HIGHEST))
    if len(wrong):
        raise LabelFileError(
            f'{path} line {wrong[0] + 1}: intensity {intensities[wrong[0]]} is none of '
            f'0 to {HIGHEST}'
        )
    return frames, intensities.astype(np.int8)
