"""Writes photographs of the synthetic world in the layouts of FERPlus.

Two forms exist. 'csv': `fer2013.csv` with the pixels and `fer2013new.csv` with the
votes, whose rows correspond. 'folders': what the official tool makes of them, PNG files
with a `label.csv` in each folder. Rows without a name, names that stand twice and
numbers that drift from the row they stand in are kept, for loaders stumble over them.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from clef_mm.datasets.synthetic.class_shares import allot, deal
from clef_mm.datasets.synthetic.face_crops import cut, square_crop
from clef_mm.datasets.synthetic.ferplus_layout import (
    FER_EMOTIONS,
    FER_SIDE,
    FERPLUS_COLUMNS,
    FERPLUS_COUNTS,
    FERPLUS_FOLDERS,
)
from clef_mm.datasets.synthetic.ferplus_votes import (
    N_VOTES,
    NOT_A_FACE,
    draw_doubt,
    draw_votes,
    vote_again,
)
from clef_mm.datasets.synthetic.frame_files import encode_image
from clef_mm.datasets.synthetic.job_pool import in_batches, run_jobs
from clef_mm.datasets.synthetic.photo import draw_photo
from clef_mm.datasets.synthetic.setting_checks import check_choice
from clef_mm.datasets.synthetic.tree import claim_tree, finish_tree
from clef_mm.datasets.synthetic.world import generator

FORMS = ('csv', 'folders')

_BATCH = 64  # photographs a job
_FACE_SIZE = 80  # pixels across a head before it is reduced to `FER_SIDE`
_MARGIN = 1.1  # of a crop about the landmarks
_NAMELESS_SHARE = 173 / 35887  # of all rows; at least one in each part
_SURE_IMAGES = 2  # of each class and part, which every labelling keeps
_OLD_LABEL_RIGHT = 0.65  # share of FER2013's own labels
_OTHER_VOTES_SHARE = 1602 / 35710  # of the votes in label.csv


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of both tables.

    Attributes:
        part: A key of `FERPLUS_FOLDERS`.
        index: Place in the tables, from 0.
        name: Of the image; '' for images that were sorted out.
        mixture: What the face shows; empty if the image shows none.
        votes: For each of `FERPLUS_COLUMNS`.
        emotion: Label 0 .. 6 of `fer2013.csv`.
    """

    part: str
    index: int
    name: str
    mixture: Mapping[str, float]
    votes: tuple[int, ...]
    emotion: int


@dataclass(frozen=True, slots=True)
class _Job:
    """Some consecutive rows."""

    first: int
    rows: list[_Row]
    seed: int


def write_ferplus(
    root: str | Path,
    *,
    form: str = 'csv',
    n_train: int = 800,
    n_val: int = 100,
    n_test: int = 100,
    seed: int = 0,
    workers: int = 2,
) -> int:
    """Write rendered stand-ins for FERPlus.

    What the faces show has the official shares of the majority labels, at least two
    clear faces of each class in each part; what the votes make of it differs a little.
    A few images without a face come on top. An image depends on the seed, its row and
    what it shows, not on the number of workers; both forms show the same images.

    Args:
        root: New or empty folder, or one that holds the same tree, finished or not.
        form: 'csv' (two tables) or 'folders' (PNG files, `label.csv`, and
            `fer2013new.csv`, whose votes differ here and there).
        n_train: Number of faces in the part Training, at least 16.
        n_val: Number of faces in the part PublicTest, at least 16.
        n_test: Number of faces in the part PrivateTest, at least 16.
        seed: Seed of the world.
        workers: Processes that render.

    Returns:
        Number of images written; 0 if the tree was complete already.

    Raises:
        SyntheticSettingError: A setting has no such value.
        SyntheticTreeError: The folder holds other data, or a tree of other settings.
    """
    check_choice('form', form, FORMS)
    totals = {'n_train': n_train, 'n_val': n_val, 'n_test': n_test}
    counts = {
        part: allot(
            setting,
            total,
            dict(zip(FERPLUS_COLUMNS, FERPLUS_COUNTS[part], strict=False)),
        )
        for part, (setting, total) in zip(FERPLUS_FOLDERS, totals.items(), strict=True)
    }
    root = Path(root)
    settings = {'form': form, 'seed': seed, **totals}
    if not claim_tree(root, 'FERPlus', settings):
        print(f'{root}: this synthetic FERPlus is complete already', file=sys.stderr)
        return 0
    rows = _draw_rows(seed, counts)
    # The official tool leaves out images without a name; of two images of one name
    # the later one stays.
    wanted = {row.name: row for row in rows if row.name}
    drawn = rows if form == 'csv' else list(wanted.values())
    jobs = [_Job(first, batch, seed) for first, batch in in_batches(drawn, _BATCH)]
    done = dict(run_jobs(_draw_batch, jobs, workers, 'synthetic FERPlus'))
    images = [image for first in sorted(done) for image in done[first]]
    _write_votes(root / 'fer2013new.csv', rows)
    if form == 'csv':
        _write_pixels(root / 'fer2013.csv', rows, images)
    else:
        _write_folders(root, drawn, images, seed)
    finish_tree(root, 'FERPlus', settings, len(images))
    print(f'{root}: {len(images)} rendered photographs, not FERPlus', file=sys.stderr)
    return len(images)


def _draw_rows(seed: int, counts: Mapping[str, Mapping[str, int]]) -> list[_Row]:
    """Draw what every row of the tables says."""
    rows: list[_Row] = []
    namer = _Namer()
    for part, wanted in counts.items():
        rng = generator(seed, part, 'FERPlus')
        n_nameless = max(1, round(_NAMELESS_SHARE * sum(wanted.values())))
        shown = deal(rng, {**wanted, '': n_nameless})
        sure = dict.fromkeys(wanted, _SURE_IMAGES)
        for expression in shown:
            if not expression:
                name = namer.skip()
                emotion = int(rng.integers(len(FER_EMOTIONS)))
                rows.append(_Row(part, len(rows), name, {}, NOT_A_FACE, emotion))
                continue
            clear = sure[expression] > 0
            sure[expression] -= 1
            mixture = draw_doubt(rng, expression, clear=clear)
            votes = draw_votes(rng, mixture)
            emotion = _old_label(rng, expression)
            rows.append(_Row(part, len(rows), namer.next(), mixture, votes, emotion))
    return _with_quirks(rows)
