"""What is checked of RAF-DB."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clef_mm.datasets.doctor.check import Check, compare_frames, require
from clef_mm.datasets.doctor.expression_tables import MORE_DATA, class_table
from clef_mm.datasets.doctor.plan import Plan
from clef_mm.datasets.doctor.tree import Tree

_PARTS = ('train', 'test')


def numbers(tree: Tree) -> Iterator[Check]:
    """Images are numbered 1, 2, 3, ... without gaps."""
    columns = tree.frames.columns
    for part in _PARTS:
        found = columns['frame'][columns['subject'].isin([part])]
        absent = np.setdiff1d(np.arange(1, found.max(initial=0) + 1), found)
        yield require(
            f'numbers of {part} images',
            '1, 2, 3, ... without gaps',
            [f'no {number}' for number in absent],
            MORE_DATA,
            tree.facts['numbers'],
            found=f'1 to {found.max(initial=0):,}',
            lacking=len(absent),
        )


def images_in_all(tree: Tree) -> Iterator[Check]:
    """Each part has the published number of images."""
    column = tree.frames.columns['subject']
    counts = {part: int(column.isin([part]).sum()) for part in _PARTS}
    yield compare_frames('images', tree.facts['images'], counts, MORE_DATA)


def classes(tree: Tree) -> Iterator[Check]:
    """Each class has the published number of images."""
    for part in _PARTS:
        yield class_table(tree, part, f'{part} classes')


PLAN = Plan(
    released=(),
    always=(numbers,),
    complete=(images_in_all, classes),
    never_reported={'label rows without an image': MORE_DATA},
)
