"""Checks of a tree that ``tools/dataset_tools/prepare.py`` wrote."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from clef_mm.datasets.doctor.check import Check, Verdict, require
from clef_mm.datasets.doctor.tree import Tree

_NEEDED = ('dataset', 'crop', 'frames', 'lost')
LOST = 'frames lost when the tree was prepared'
"""What the report of the dataset says, and :func:`header` judges."""
_AGAIN = 'run tools/dataset_tools/prepare.py again into a new folder'


def lost_frames(tree: Tree) -> int:
    """Return how many frames of the source have no crop; 0 if that cannot be read."""
    return 0 if tree.loading_error else sum(tree.header.get('lost', {}).values())


def header(tree: Tree) -> Iterator[Check]:
    """The index says how the crops were made."""
    absent = [name for name in _NEEDED if name not in tree.header]
    crop = tree.header.get('crop', {})
    yield require(
        'header of the index',
        f'names {", ".join(_NEEDED)}',
        [f'no {name}' for name in absent],
        _AGAIN,
        found=f'crop {crop.get("name")}, {crop.get("hash")}',
    )
    count = tree.header.get('frames')
    rows = len(tree.frames)
    yield require(
        'rows of the index',
        f'{count} as its header says',
        [] if rows == count else [f'{rows:,} rows'],
        _AGAIN,
        found=f'{rows:,}',
    )
    lost = lost_frames(tree)
    yield require(
        'frames without a crop',
        'none',
        [f'{why}' for why in tree.header.get('lost', {})],
        'lost_frames.csv lists them with reasons; they are not trained or tested on',
        verdict=Verdict.ODD,
        count=lost,
        found='none',
    )


def source(tree: Tree) -> Iterator[Check]:
    """The crops, with the frames that have none, are all that is published."""
    fact = tree.facts.get('coded frames')
    if fact is None or tree.synthetic:
        return
    count = len(tree.dataset) + lost_frames(tree)
    yield require(
        'crops and frames without one',
        f'{fact.value:,} or more',
        [f'{count:,}'] if count < fact.value - fact.tolerance else [],
        'the source was not complete when it was prepared: examine it',
        fact,
        found=f'{count:,}',
    )


def label_columns(tree: Tree) -> Iterator[Check]:
    """The index holds labels."""
    labels = ('gt_aus', 'intensities', 'expression', 'votes', 'gt_expression')
    found = [name for name in labels if name in tree.frames.columns]
    yield require(
        'labels in the index',
        f'one of {", ".join(labels)}',
        [] if found else [f'only {", ".join(tree.frames.columns)}'],
        _AGAIN,
        found=', '.join(found),
    )


def indexed_images(tree: Tree) -> Iterator[Check]:
    """Every image of the index exists."""
    paths = tree.frames.columns['img_path']
    folders = paths.folders
    absent = []
    for code in np.unique(folders.codes):
        folder = folders.names[code]
        here = set(os.listdir(folder)) if os.path.isdir(folder) else set()
        wanted = paths.files[folders.codes == code].astype(str)
        absent += [f'{folder}/{name}' for name in wanted if name not in here]
    yield require(
        'images of the index',
        f'{len(paths):,} exist',
        absent,
        'copy the folder again, or prepare it again',
    )


STEPS = (header, source, label_columns, indexed_images)
