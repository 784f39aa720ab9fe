"""Writes photographs of the synthetic world in the layouts of FERPlus.

Two forms exist. 'csv': `fer2013.csv` with the pixels and `fer2013new.csv` with the
votes, whose rows correspond. 'folders': what the official tool makes of them, PNG files
with a `label.csv` in each folder. Rows without a name, names that stand twice and
numbers that drift from the row they stand in are kept, for loaders stumble over them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from clef_mm.datasets.job_pool import in_batches, run_jobs
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
    NOT_A_FACE,
    draw_doubt,
    draw_votes,
    vote_again,
)
from clef_mm.datasets.synthetic.frame_files import encode_image
from clef_mm.datasets.synthetic.photo import draw_photo
from clef_mm.datasets.synthetic.setting_checks import check_choice
from clef_mm.datasets.synthetic.tree import claim_tree, finish_tree
from clef_mm.datasets.synthetic.world import generator

FORMS = ('csv', 'folders')

_BATCH = 64  # photographs a job
_FACE_SIZE = 80  # pixels across a head before it is reduced to `FER_SIDE`
_MARGIN = 1.1  # of a crop about the landmarks
_NAMELESS_SHARE = 173 / 35887  # of all rows; at least one in each part
_NOTHING = ''  # what an image without a face shows
_REPEATING = ('Training', 'PrivateTest')  # parts where a name stands twice
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
    return len(images)


def _draw_rows(seed: int, counts: Mapping[str, Mapping[str, int]]) -> list[_Row]:
    """Draw what every row of the tables says."""
    rows: list[_Row] = []
    sure: set[int] = set()
    for part, wanted in counts.items():
        rng = generator(seed, part, 'FERPlus')
        n_nameless = max(1, round(_NAMELESS_SHARE * sum(wanted.values())))
        missing = dict.fromkeys(wanted, _SURE_IMAGES)
        # One more shows no face and has a name all the same.
        n_named_without_face = 1
        for shown in deal(rng, {**wanted, _NOTHING: n_nameless + n_named_without_face}):
            index = len(rows)
            if shown == _NOTHING:
                emotion = int(rng.integers(len(FER_EMOTIONS)))
                name = 'named' if n_named_without_face else ''
                n_named_without_face = 0
                rows.append(_Row(part, index, name, {}, NOT_A_FACE, emotion))
                continue
            if missing[shown]:
                missing[shown] -= 1
                sure.add(index)
            mixture = draw_doubt(rng, shown, clear=index in sure)
            votes = draw_votes(rng, mixture)
            emotion = _old_label(rng, shown)
            rows.append(_Row(part, index, 'named', mixture, votes, emotion))
    _lose_a_vote(rows, sure)
    return _with_names(rows, sure)


def _old_label(rng: np.random.Generator, expression: str) -> int:
    """Label of `fer2013.csv`, often wrong; contempt is none of them."""
    if expression in FER_EMOTIONS and rng.random() < _OLD_LABEL_RIGHT:
        return FER_EMOTIONS.index(expression)
    return int(rng.integers(len(FER_EMOTIONS)))


def _lose_a_vote(rows: list[_Row], sure: set[int]) -> None:
    """Leave nine votes in the first row that nothing else depends on."""
    for row in rows:
        if row.mixture and row.index not in sure:
            votes = list(row.votes)
            votes[int(np.argmax(votes))] -= 1
            rows[row.index] = replace(row, votes=tuple(votes))
            return


def _with_names(rows: list[_Row], sure: set[int]) -> list[_Row]:
    """Number the named rows; every second nameless row uses up no number.

    In two parts one row has the name of the row before it.
    """
    repeating = {_first_pair(rows, sure, part) for part in _REPEATING}
    numbered, number, n_nameless = [], -1, 0
    for row in rows:
        if not row.name:
            n_nameless += 1
            number += n_nameless % 2
            numbered.append(row)
            continue
        number += row.index not in repeating
        numbered.append(replace(row, name=f'fer{number:07d}.png'))
    return numbered


def _first_pair(rows: list[_Row], sure: set[int], part: str) -> int:
    """Find the first row that can repeat the name of the one before; -1 if none can.

    The folders keep the later image alone, so the earlier one must not be needed.
    """
    for before, row in pairwise(rows):
        faces = before.mixture and row.mixture and before.part == row.part == part
        if faces and before.index not in sure:
            return row.index
    return -1


def _draw_batch(job: _Job) -> tuple[int, list[np.ndarray]]:
    """Draw the images of some rows: index of the first, and (48, 48) uint8 each."""
    return job.first, [_draw_image(job.seed, row) for row in job.rows]


def _draw_image(seed: int, row: _Row) -> np.ndarray:
    name = f'FERPlus {row.part} {row.index}'
    photo = draw_photo(seed, name, row.mixture, _FACE_SIZE)
    crop = square_crop(photo.landmarks(), FER_SIDE, margin=_MARGIN)
    image = cut(photo.render(person=bool(row.mixture)), crop, FER_SIDE)
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def _write_table(path: Path, lines: Iterable[Iterable[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open('w', encoding='utf-8', newline='') as file:
        csv.writer(file, lineterminator='\n').writerows(lines)


def _write_votes(path: Path, rows: list[_Row]) -> None:
    header = ('Usage', 'Image name', *FERPLUS_COLUMNS)
    _write_table(path, [header, *((r.part, r.name, *r.votes) for r in rows)])


def _write_pixels(path: Path, rows: list[_Row], images: list[np.ndarray]) -> None:
    lines = (
        (row.emotion, ' '.join(map(str, image.ravel().tolist())), row.part)
        for row, image in zip(rows, images, strict=True)
    )
    _write_table(path, [('emotion', 'pixels', 'Usage'), *lines])


def _write_folders(
    root: Path, rows: list[_Row], images: list[np.ndarray], seed: int
) -> None:
    """Write a PNG file of each image, and the table of each folder."""
    box = f'(0, 0, {FER_SIDE}, {FER_SIDE})'
    labels: dict[str, list[tuple[object, ...]]] = {part: [] for part in FERPLUS_FOLDERS}
    for row, image in zip(rows, images, strict=True):
        folder = root / FERPLUS_FOLDERS[row.part]
        folder.mkdir(exist_ok=True)
        (folder / row.name).write_bytes(encode_image(image, '.png'))
        rng = generator(seed, f'FERPlus {row.index}', 'label.csv')
        again = rng.random() < _OTHER_VOTES_SHARE
        votes = vote_again(rng, row.votes) if again else row.votes
        labels[row.part].append((row.name, box, *votes))
    for part, lines in labels.items():
        _write_table(root / FERPLUS_FOLDERS[part] / 'label.csv', lines)
