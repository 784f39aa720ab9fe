"""Images that are text: the rows of ``fer2013.csv``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from clef_mm.datasets.reading.image_reading import BrokenImageError
from clef_mm.datasets.reading.label_rows import LabelFileError

SIDE = 48
"""Height and width of the images, pixels."""

_BUFFER = 1 << 20  # bytes; a line alone is larger than the usual buffer
_LONGEST = 4 * SIDE * SIDE  # bytes: three digits and a blank for each pixel


def read_pixel_row(path: str | Path, offset: int) -> np.ndarray:
    """Read one image.

    Args:
        path: File with 2304 grey values a row, separated by blanks.
        offset: Byte at which the first value of the image begins.

    Returns:
        (48, 48, 3) uint8, RGB.

    Raises:
        BrokenImageError: If the file cannot be read or has no image there.
    """
    try:
        with open(path, 'rb') as file:
            file.seek(offset)
            text = file.read(_LONGEST)
    except OSError as error:
        raise BrokenImageError(f'{path} cannot be read: {error.strerror}') from error
    for end in (b'\n', b',', b'"'):
        text = text.partition(end)[0]
    try:
        values = np.array([int(value) for value in text.split()], np.uint8)
        grey = values.reshape(SIDE, SIDE, 1)
    except (ValueError, OverflowError):
        raise BrokenImageError(
            f'{path} has no {SIDE * SIDE} grey values from 0 to 255 at byte {offset}'
        ) from None
    return np.repeat(grey, 3, axis=2)


def find_pixel_rows(path: str | Path) -> tuple[list[str], np.ndarray]:
    """Find the images of a file without parsing their pixels, 290 MB of text.

    Args:
        path: A csv file whose header names ``pixels`` and ``Usage``, in any order.

    Returns:
        The usage of each image, such as ``'Training'``; and (N,) int64, the byte at
        which its pixels begin.

    Raises:
        LabelFileError: If the header lacks a column, or a line a cell.
    """
    usages, offsets = [], []
    with open(path, 'rb', buffering=_BUFFER) as file:
        header = file.readline()
        names = header.decode('utf-8-sig', errors='replace').lower().split(',')
        names = [name.strip(' "\r\n') for name in names]
        missing = [name for name in ('pixels', 'usage') if name not in names]
        if missing:
            raise LabelFileError(
                f'{path} has no column {", ".join(missing)}; its header names '
                f'{", ".join(names)[:200]}'
            )
        pixels, usage = names.index('pixels'), names.index('usage')
        start = len(header)
        for line, row in enumerate(file, start=2):
            cells = row.split(b',')
            if len(cells) == len(names):
                usages.append(cells[usage].strip(b' "\r\n').decode(errors='replace'))
                quoted = cells[pixels].startswith(b'"')
                offsets.append(start + sum(map(len, cells[:pixels])) + pixels + quoted)
            elif row.strip():
                raise LabelFileError(
                    f'{path} line {line}: expected {len(names)} cells separated by '
                    f'commas, got {len(cells)}'
                )
            start += len(row)
    return usages, np.array(offsets, np.int64)
