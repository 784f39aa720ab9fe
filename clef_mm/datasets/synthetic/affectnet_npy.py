"""The release of AffectNet from 2021: cropped faces, and a file for every number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np

from clef_mm.datasets.job_pool import in_batches, run_jobs
from clef_mm.datasets.synthetic.affectnet_layout import (
    AFFECTNET_ID_DENSITY,
    AFFECTNET_LABELS,
)
from clef_mm.datasets.synthetic.face_crops import cut, move, square_crop
from clef_mm.datasets.synthetic.frame_files import encode_image
from clef_mm.datasets.synthetic.photo import draw_photo
from clef_mm.datasets.synthetic.world import generator

_BATCH = 32  # photographs a job
_MARGIN = 1.25  # of a crop about the landmarks


@dataclass(frozen=True, slots=True)
class _Job:
    """Some images of one part: their numbers and labels."""

    folder: Path
    part: str
    images: list[tuple[int, str]]
    size: int
    seed: int
    as_text: bool


def write_npy_release(
    root: Path,
    dealt: Mapping[str, list[str]],
    *,
    size: int,
    seed: int,
    val_folder: str,
    as_text: bool,
    workers: int,
) -> int:
    """Write images and annotations.

    Args:
        root: Where.
        dealt: Labels of the images of 'train' and 'val'.
        size: As for `write_affectnet`.
        seed: As for `write_affectnet`.
        val_folder: As for `write_affectnet`.
        as_text: Store single numbers as text.
        workers: As for `write_affectnet`.

    Returns:
        Number of images.
    """
    folders = {'train': root / 'train_set', 'val': root / val_folder}
    jobs = []
    for part, labels in dealt.items():
        for name in ('images', 'annotations'):
            (folders[part] / name).mkdir(parents=True, exist_ok=True)
        rng = generator(seed, part, 'AffectNet numbers')
        numbers = _sparse_numbers(rng, len(labels), AFFECTNET_ID_DENSITY[part])
        images = list(zip(numbers, labels, strict=True))
        jobs += [
            _Job(folders[part], part, batch, size, seed, as_text)
            for _, batch in in_batches(images, _BATCH)
        ]
    return sum(run_jobs(_write_batch, jobs, workers, 'synthetic AffectNet'))


def _sparse_numbers(rng: np.random.Generator, count: int, density: float) -> list[int]:
    """Choose increasing numbers from 0 on, of which the others are missing."""
    numbers = rng.choice(ceil(count / density), count, replace=False)
    return sorted(numbers.tolist())


def _write_batch(job: _Job) -> int:
    """Write images and annotations; returns how many images."""
    for number, label in job.images:
        name = f'AffectNet npy {job.part} {number}'
        photo = draw_photo(job.seed, name, {label: 1.0}, job.size)
        crop = square_crop(photo.landmarks(), job.size, margin=_MARGIN)
        image = cut(photo.render(), crop, job.size)
        content = encode_image(image, quality=photo.camera.jpeg_quality)
        (job.folder / 'images' / f'{number}.jpg').write_bytes(content)
        values = {
            'exp': AFFECTNET_LABELS.index(label),
            'val': round(photo.showing.valence, 6),
            'aro': round(photo.showing.arousal, 6),
        }
        annotations = job.folder / 'annotations'
        for field, value in values.items():
            stored = np.array(str(value) if job.as_text else value)
            np.save(annotations / f'{number}_{field}.npy', stored)
        landmarks = move(photo.landmarks(), crop).ravel()
        np.save(annotations / f'{number}_lnd.npy', landmarks)
    return len(job.images)
