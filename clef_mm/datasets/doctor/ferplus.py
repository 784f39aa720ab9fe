"""What is checked of FERPlus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from clef_mm.datasets.doctor.check import (
    Check,
    Verdict,
    compare,
    compare_frames,
    not_checked,
    require,
)
from clef_mm.datasets.doctor.expression_tables import MORE_DATA
from clef_mm.datasets.doctor.plan import Plan
from clef_mm.datasets.doctor.tree import Tree
from clef_mm.datasets.ferplus_labels import VOTES, majority
from clef_mm.datasets.reading.ferplus_votes import PARTS, VoteRows, read_fer2013new
from clef_mm.datasets.reading.folder_search import find_nearby

_NEW = 'fer2013new.csv'
_NO_NAME = 'rows without an image name, which the authors sorted out'


def votes_used(tree: Tree) -> Iterator[Check]:
    """Say which of the two files of votes is used: their counts differ."""
    column = tree.frames.columns['votes_from']
    yield Check('votes', 'fer2013new.csv or label.csv', column[0], Verdict.OK)


def sums_of_votes(tree: Tree) -> Iterator[Check]:
    """Ten people voted on each image; on one of them nine."""
    columns = tree.frames.columns
    sums = columns['votes'].sum(axis=1)
    others = np.flatnonzero((sums != 10) & (sums != 9))
    yield require(
        'votes of an image',
        '10, or 9 once',
        [f'{columns["frame"][row]} has {sums[row]}' for row in others],
        'the columns of the votes are shifted, or the file is another one',
        tree.facts['votes of a row'],
    )


def rows_by_part(tree: Tree) -> Iterator[Check]:
    """The table of votes has the published number of rows in each part."""
    rows = _rows(tree)
    if rows is None:
        yield not_checked(f'rows of {_NEW}', 'as published', 'the file is not there')
        return
    yield compare(
        f'rows of {_NEW}', tree.facts['rows'], _count(rows.parts, PARTS), MORE_DATA
    )
    unnamed = [
        part for part, name in zip(rows.parts, rows.names, strict=True) if not name
    ]
    yield compare(
        'rows without a name',
        tree.facts['empty names'],
        _count(unnamed, PARTS),
        MORE_DATA,
    )
    sums = [f'{count} votes' for count in rows.votes.sum(axis=1).tolist()]
    yield compare('rows by votes', tree.facts['votes of a row'], Counter(sums))


def repeated_names(tree: Tree) -> Iterator[Check]:
    """The names that stand twice are the published ones."""
    rows = _rows(tree)
    fact = tree.facts['duplicated names']
    if rows is None:
        return
    counts = Counter(name.partition('.')[0] for name in rows.names if name)
    found = {name for name, count in counts.items() if count > 1}
    yield require(
        'names that stand twice',
        ', '.join(fact.value),
        sorted(found ^ set(fact.value)),
        MORE_DATA,
        fact,
    )


def rows_of_no_face(tree: Tree) -> Iterator[Check]:
    """Rows on which all saw no face have no name, but for a few."""
    rows = _rows(tree)
    if rows is None:
        return
    no_face = rows.votes[:, VOTES.index('NF')] == 10
    named = np.array([bool(name) for name in rows.names])
    fact = tree.facts['named rows of 10 NF votes']
    yield compare(
        'named rows of 10 NF votes', fact, int((no_face & named).sum()), MORE_DATA
    )
    others = np.flatnonzero(~named & ~no_face)
    yield require(
        'votes of rows without a name',
        '10 for no face (NF)',
        [f'row {row}' for row in others],
        MORE_DATA,
        fact,
        Verdict.ODD,
    )


def classes(tree: Tree) -> Iterator[Check]:
    """Each class has the published number of images by the official majority."""
    columns = tree.frames.columns
    source = columns['votes_from'][0]
    by_row = columns['sequence'][0] == 'fer2013'
    if source == _NEW and not by_row:
        yield not_checked(
            'classes by majority',
            'published for other pairings',
            f'folders of images with {_NEW}: names that stand twice are left out',
        )
        return
    kind = 'table' if source == _NEW else 'lists'
    codes, _ = majority(columns['votes'])
    for part in PARTS:
        here = codes[columns['subject'].isin([part])]
        counts = np.bincount(here[here >= 0], minlength=8).tolist()
        yield compare_frames(
            f'classes of {part}',
            tree.facts[f'{kind} {part}'],
            dict(zip(VOTES[:8], counts, strict=True)),
            MORE_DATA,
        )


def images_by_part(tree: Tree) -> Iterator[Check]:
    """The folders that the official tool writes have the published images."""
    columns = tree.frames.columns
    if columns['votes_from'][0] == _NEW:
        return
    counts = {part: int(columns['subject'].isin([part]).sum()) for part in PARTS}
    yield compare_frames('images', tree.facts['images by label.csv'], counts, MORE_DATA)


def _rows(tree: Tree) -> VoteRows | None:
    path = find_nearby(tree.root, 2, _NEW)
    return None if path is None else _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read(path: Path, _: int) -> VoteRows:
    return read_fer2013new(path)


def _count(items: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    counts = Counter(items)
    return {name: counts[name] for name in names}


PLAN = Plan(
    released=(),
    always=(votes_used, sums_of_votes),
    complete=(
        rows_by_part,
        repeated_names,
        rows_of_no_face,
        images_by_part,
        classes,
    ),
    never_reported={
        'votes without an image': MORE_DATA,
        'parts that are not there': MORE_DATA,
    },
    handled=(_NO_NAME,),
)
