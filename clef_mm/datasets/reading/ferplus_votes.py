"""The files that hold the votes of FERPlus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import numpy as np

from clef_mm.datasets.ferplus_labels import VOTES
from clef_mm.datasets.reading.csv_rows import read_csv_rows
from clef_mm.datasets.reading.label_rows import LabelFileError

PARTS = ('Training', 'PublicTest', 'PrivateTest')
_VOTES = tuple(name.lower() for name in VOTES)


@dataclass(frozen=True)
class VoteRows:
    """The rows of a file of votes.

    Attributes:
        parts: (N,) names of ``PARTS``.
        names: (N,) image names; empty for images that were sorted out.
        votes: (N, 10) int8, in the order of the file.
    """

    parts: list[str]
    names: list[str]
    votes: np.ndarray


def read_fer2013new(path: Path) -> VoteRows:
    """Read ``fer2013new.csv``: every image, in the order of ``fer2013.csv``.

    Raises:
        LabelFileError: If a column is missing, a part is unknown, or a vote is none of
            0 to 10.
    """
    lines, rows = read_csv_rows(path)
    if not rows:
        raise LabelFileError(f'{path} is empty')
    header = [name.strip().lower() for name in rows[0]]
    missing = [name for name in ('usage', 'image name', *_VOTES) if name not in header]
    if missing:
        raise LabelFileError(
            f'{path} has no column {", ".join(missing)}; its header names '
            f'{", ".join(rows[0])[:200]}'
        )
    lines, rows = lines[1:], rows[1:]
    _check_width(path, lines, rows, len(header))
    usage, name = header.index('usage'), header.index('image name')
    parts = [row[usage].strip() for row in rows]
    for line, part in zip(lines, parts, strict=True):
        if part not in PARTS:
            raise LabelFileError(
                f'{path} line {line}, Usage: {part[:40]!r} is none of '
                f'{", ".join(PARTS)}'
            )
    votes_of = itemgetter(*[header.index(vote) for vote in _VOTES])
    votes = [votes_of(row) for row in rows]
    return VoteRows(
        parts, [row[name].strip() for row in rows], _as_votes(path, lines, votes)
    )


def read_label_csv(path: Path, part: str) -> VoteRows:
    """Read the ``label.csv`` of one part: name, box and ten votes, without a header.

    Raises:
        LabelFileError: If a line is not like that.
    """
    lines, rows = read_csv_rows(path)
    if not rows:
        raise LabelFileError(f'{path} is empty')
    _check_width(path, lines, rows, 2 + len(_VOTES))
    votes = _as_votes(path, lines, [row[2:] for row in rows])
    return VoteRows([part] * len(rows), [row[0].strip() for row in rows], votes)


def _check_width(
    path: Path, lines: Sequence[int], rows: Sequence[Sequence[str]], width: int
) -> None:
    for line, row in zip(lines, rows, strict=True):
        if len(row) != width:
            raise LabelFileError(
                f'{path} line {line}: expected {width} cells separated by commas, got '
                f'{len(row)}'
            )


def _as_votes(
    path: Path, lines: Sequence[int], rows: Sequence[Sequence[str]]
) -> np.ndarray:
    allowed = {str(vote): vote for vote in range(11)}
    votes = [[allowed.get(cell.strip(), -1) for cell in row] for row in rows]
    array = np.array(votes, np.int8).reshape(-1, len(_VOTES))
    if (array < 0).any():
        row, column = np.argwhere(array < 0)[0]
        raise LabelFileError(
            f'{path} line {lines[row]}, {_VOTES[column]}: {rows[row][column][:40]!r} '
            'is no number of votes from 0 to 10'
        )
    return array
