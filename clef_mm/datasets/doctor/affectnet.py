"""What is checked of AffectNet, in either release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from clef_mm.datasets.doctor.check import (
    Check,
    Verdict,
    compare,
    not_checked,
    require,
)
from clef_mm.datasets.doctor.expression_tables import (
    MORE_DATA,
    class_table,
    count_classes,
)
from clef_mm.datasets.doctor.plan import Plan
from clef_mm.datasets.doctor.prepared import lost_frames
from clef_mm.datasets.doctor.tree import Tree
from clef_mm.datasets.reading.affectnet_npy import find_npy_parts
from clef_mm.datasets.reading.label_cache import cache_file
from clef_mm.errors import UserError

_REPEATED = 'label rows that repeat an image'
_NO_IMAGE = 'label rows without an image'
_EMOTIONS = 8
_FIELDS = ('valence', 'arousal')


def release(tree: Tree) -> Iterator[Check]:
    """Say which release this is: accuracies on the two do not compare."""
    found = 'the first (csv)' if _is_first(tree) else 'of 2021 (npy)'
    yield Check('release', 'one of the two', found, Verdict.OK)


def ranges(tree: Tree) -> Iterator[Check]:
    """Valence and arousal lie in [-1, 1] where they were annotated."""
    columns = tree.frames.columns
    fact = tree.facts['valence and arousal']
    low, high = fact.value
    faces = columns['expression'] < _EMOTIONS
    for field in _FIELDS:
        values = columns[field]
        outside = np.flatnonzero((values < low) | (values > high))
        yield require(
            f'{field}',
            f'{low} to {high}, or -2 for not annotated',
            [f'{_name(tree, row)} {values[row]:g}' for row in outside],
            MORE_DATA,
            fact,
        )
        unknown = np.flatnonzero(np.isnan(values) & faces)
        yield require(
            f'{field} not annotated',
            'no image of the eight expressions',
            [_name(tree, row) for row in unknown],
            'nothing, unless you learn valence and arousal: they are NaN there',
            verdict=Verdict.ODD,
            found='none',
        )


def face_boxes(tree: Tree) -> Iterator[Check]:
    """Every image of an expression has a face box."""
    name, expected = 'face boxes', 'width and height above 0'
    columns = tree.frames.columns
    if not _is_first(tree):
        yield not_checked(name, expected, 'the release of 2021 has none')
        return
    bad = np.isnan(columns['box']).any(axis=1) & (columns['expression'] < _EMOTIONS)
    yield require(
        name,
        expected,
        [_name(tree, row) for row in np.flatnonzero(bad)],
        'these images cannot be cropped by their box: crop with a detector',
        verdict=Verdict.ODD,
    )


def broken_images(tree: Tree) -> Iterator[Check]:
    """Images that are known to be broken in the release are there."""
    fact = tree.facts['known broken images']
    known = {name.encode() for name in fact.value}
    files = tree.frames.columns['img_path'].files
    rows = [row for row, name in enumerate(files.tolist()) if name in known]
    yield require(
        'images known to be broken',
        'none is used',
        [_name(tree, row) for row in rows],
        'training passes over them; delete them before a test run. --deep looks for '
        'others',
        fact,
        Verdict.ODD,
        found='none',
    )


def classes(tree: Tree) -> Iterator[Check]:
    """Each class has the published number of images."""
    yield class_table(tree, 'train', 'train classes')
    if not _is_first(tree):
        yield class_table(tree, 'val', 'new val classes')
        return
    yield class_table(tree, 'val', 'old val classes')
    if tree.prepared:  # which has the eight expressions only
        return
    counts = count_classes(tree, 'train')
    rest = {
        'none': counts['none'],
        'uncertain and no-face': counts['uncertain'] + counts['no-face'],
    }
    name = 'other labels of train'
    yield compare(name, tree.facts['old train rest'], rest, MORE_DATA)
    fact = tree.facts['old train rest by class']
    yield compare(f'{name}, apart', fact, {key: counts[key] for key in fact.value})


def rows_in_all(tree: Tree) -> Iterator[Check]:
    """The label files of the first release have the published number of rows."""
    name, fact = 'label rows', tree.facts['old rows']
    if not _is_first(tree) or tree.prepared:
        yield not_checked(name, 'of the first release', 'not that release')
        return
    oddities = tree.dataset.report.oddities
    rows = len(tree.frames) + oddities[_REPEATED] + oddities[_NO_IMAGE]
    yield compare(name, fact, rows, MORE_DATA)
    yield compare(
        'images that stand twice', tree.facts['duplicates'], oddities[_REPEATED]
    )


def range_of_val(tree: Tree) -> Iterator[Check]:
    """The validation images of 2021 have the published extremes."""
    name, fact = 'extremes of val', tree.facts['new val valence and arousal']
    columns = tree.frames.columns
    here = columns['subject'].isin(['val'])
    if _is_first(tree) or not here.any():
        yield not_checked(name, 'of the release of 2021', 'not that release')
        return
    found = {
        f'{field} {end}': float(extreme(columns[field][here]))
        for field in _FIELDS
        for end, extreme in (('min', np.nanmin), ('max', np.nanmax))
    }
    check = compare(name, fact, found, MORE_DATA)
    if check.verdict is Verdict.WRONG and lost_frames(tree):
        why = 'frames without a crop may have held them'
        check = not_checked(name, check.expected, f'{check.found}; {why}')
    yield check


def forget_labels(root: Path) -> None:
    """Delete the remembered labels: a file rewritten in place goes unnoticed there.

    Raises:
        UserError: If they cannot be deleted.
    """
    for part in find_npy_parts(root).values():
        remembered = cache_file('affectnet', part.annotations)
        try:
            remembered.unlink(missing_ok=True)
        except OSError as error:
            raise UserError(
                f'{remembered} keeps labels of {part.annotations} and cannot be '
                f'deleted ({error.strerror}): set CLEF_MM_CACHE to another folder'
            ) from error


def _is_first(tree: Tree) -> bool:
    return 'list_offset' in tree.frames.columns


def _name(tree: Tree, row: int) -> str:
    return tree.frames.columns['img_path'][row].rpartition('/')[2]


PLAN = Plan(
    released=(),
    always=(release, ranges, face_boxes, broken_images),
    complete=(rows_in_all, classes, range_of_val),
    never_reported={'labels without an image': MORE_DATA, _NO_IMAGE: MORE_DATA},
    handled=(_REPEATED,),
    forget=forget_labels,
)
