"""Writes photographs of the synthetic world in RAF-DB's official layout.

Each photograph comes twice, as taken and aligned by eyes and mouth. Its annotations are
a line of the label file and two small files, by hand and by machine. The official names
are kept with their oddities: 'patition', numbers of five digits in one part and of four
in the other, labels that count from 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clef_mm.datasets.job_pool import in_batches, run_jobs
from clef_mm.datasets.synthetic.class_shares import allot, deal
from clef_mm.datasets.synthetic.face_crops import aligned_crop, cut
from clef_mm.datasets.synthetic.frame_files import encode_image
from clef_mm.datasets.synthetic.identity import Identity
from clef_mm.datasets.synthetic.landmarks import five_points
from clef_mm.datasets.synthetic.photo import Photo, draw_photo
from clef_mm.datasets.synthetic.rafdb_layout import (
    RAFDB_ALIGNED_SIZE,
    RAFDB_COUNTS,
    RAFDB_DIGITS,
    RAFDB_LABELS,
)
from clef_mm.datasets.synthetic.setting_checks import SIZES, check_range
from clef_mm.datasets.synthetic.tree import claim_tree, finish_tree
from clef_mm.datasets.synthetic.world import generator

_BATCH = 32  # photographs a job
_ORIGINAL, _ALIGNED = 'Image/original', 'Image/aligned'
_MANUAL, _AUTO = 'Annotation/manual', 'Annotation/auto'
# The machine's 37 points: brows, eyes, a few of the nose, most of the mouth.
_AUTO_POINTS = (
    *range(17, 27),
    *(27, 30, 31, 33, 35),
    *range(36, 48),
    *(48, 50, 51, 52, 54, 56, 57, 58, 62, 66),
)
_HAND_ERROR = 0.006  # of the side of a face; people click beside the point
_MACHINE_ERROR = 0.01
_GENDERS = (0.45, 0.5, 0.05)  # shares of male, female, unsure
_RACES = (0.77, 0.08, 0.15)
_AGES = (0.05, 0.16, 0.57, 0.18, 0.04)


@dataclass(frozen=True, slots=True)
class _Job:
    """Some consecutive photographs of one part."""

    base: Path
    part: str
    first: int
    expressions: list[str]
    size: int
    seed: int


def write_rafdb(
    root: str | Path,
    *,
    n_train: int = 1200,
    n_test: int = 300,
    size: int = 96,
    seed: int = 0,
    workers: int = 2,
) -> int:
    """Write rendered stand-ins for the basic part of RAF-DB.

    Classes have their official shares, at least two images each. An image depends on
    the seed, its name and its expression, not on the number of workers. Race and age
    are drawn without regard to the picture: rendered faces have neither.

    Args:
        root: New or empty folder, or one that holds the same tree; `basic` goes there.
        n_train: Number of training images, at least 14.
        n_test: Number of test images, at least 14.
        size: Pixels across a head in the original photographs, on average.
        seed: Seed of the world.
        workers: Processes that render.

    Returns:
        Number of photographs written; 0 if the tree was complete already.

    Raises:
        SyntheticSettingError: A setting has no such value.
        SyntheticTreeError: The folder holds other data, or a tree of other settings.
    """
    check_range('size', size, *SIZES, 'pixels')
    totals = {'train': n_train, 'test': n_test}
    counts = {
        part: allot(f'n_{part}', total, RAFDB_COUNTS[part])
        for part, total in totals.items()
    }
    root = Path(root)
    settings = {'seed': seed, 'size': size, 'n_train': n_train, 'n_test': n_test}
    if not claim_tree(root, 'RAF-DB', settings):
        return 0
    base = root / 'basic'
    for folder in (_ORIGINAL, _ALIGNED, _MANUAL, _AUTO, 'EmoLabel'):
        (base / folder).mkdir(parents=True, exist_ok=True)
    dealt = {
        part: deal(generator(seed, part, 'RAF-DB'), counts[part]) for part in totals
    }
    _write_labels(base, dealt)
    jobs = [
        _Job(base, part, start + 1, batch, size, seed)
        for part, expressions in dealt.items()
        for start, batch in in_batches(expressions, _BATCH)
    ]
    n_images = sum(run_jobs(_write_batch, jobs, workers, 'synthetic RAF-DB'))
    finish_tree(root, 'RAF-DB', settings, n_images)
    return n_images


def _stem(part: str, number: int) -> str:
    return f'{part}_{number:0{RAFDB_DIGITS[part]}d}'


def _write_labels(base: Path, dealt: dict[str, list[str]]) -> None:
    lines = [
        f'{_stem(part, number)}.jpg {RAFDB_LABELS[expression]}\n'
        for part, expressions in dealt.items()
        for number, expression in enumerate(expressions, 1)
    ]
    path = base / 'EmoLabel' / 'list_patition_label.txt'
    path.write_text(''.join(lines), 'utf-8')


def _write_batch(job: _Job) -> int:
    """Write images and annotations; returns how many photographs."""
    for number, expression in enumerate(job.expressions, job.first):
        stem = _stem(job.part, number)
        photo = draw_photo(job.seed, f'RAF-DB {stem}', {expression: 1.0}, job.size)
        _write_images(job.base, stem, photo)
        _write_annotations(
            job.base, stem, photo, generator(job.seed, stem, 'RAF-DB annotation')
        )
    return len(job.expressions)


def _write_images(base: Path, stem: str, photo: Photo) -> None:
    image, quality = photo.render(), photo.camera.jpeg_quality
    crop = aligned_crop(photo.landmarks(), RAFDB_ALIGNED_SIZE)
    aligned = cut(image, crop, RAFDB_ALIGNED_SIZE)
    for folder, name, content in (
        (_ORIGINAL, f'{stem}.jpg', image),
        (_ALIGNED, f'{stem}_aligned.jpg', aligned),
    ):
        (base / folder / name).write_bytes(encode_image(content, quality=quality))


def _write_annotations(
    base: Path, stem: str, photo: Photo, rng: np.random.Generator
) -> None:
    """Write five points and the person's codes by hand, 37 points by machine."""
    points = photo.landmarks()
    five = five_points(points) + _errors(rng, 5, _HAND_ERROR, photo)
    codes = _draw_codes(rng, photo.identity)
    lines = [f'{x:.0f}\t{y:.0f}\n' for x, y in five] + [f'{code}\n' for code in codes]
    path = base / _MANUAL / f'{stem}_manu_attri.txt'
    path.write_text(''.join(lines), 'utf-8')

    chosen = points[list(_AUTO_POINTS)]
    chosen = chosen + _errors(rng, len(chosen), _MACHINE_ERROR, photo)
    path = base / _AUTO / f'{stem}_auto_attri.txt'
    path.write_text(''.join(f'{x:.3f}\t{y:.3f}\n' for x, y in chosen), 'utf-8')


def _errors(
    rng: np.random.Generator, count: int, share: float, photo: Photo
) -> np.ndarray:
    return rng.normal(0, share * photo.face_side, size=(count, 2))


def _draw_codes(rng: np.random.Generator, identity: Identity) -> tuple[int, int, int]:
    """Gender, race and age; only men have beards."""
    gender, race, age = (
        int(rng.choice(len(shares), p=shares)) for shares in (_GENDERS, _RACES, _AGES)
    )
    bearded = identity.hair.facial_hair != 'none'
    return 0 if bearded else gender, race, age
