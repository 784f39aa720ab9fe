"""Writes captioned faces: a population of its own to pre-train a generic pair on.

The layout is this project's: pictures, and a table of their captions. Every picture
shows another person, none of whom is in any other synthetic dataset.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clef_mm.datasets.job_pool import run_jobs
from clef_mm.datasets.synthetic.captions import write_caption
from clef_mm.datasets.synthetic.conditions import draw_conditions
from clef_mm.datasets.synthetic.expressions import EXPRESSIONS, draw_showing
from clef_mm.datasets.synthetic.face_renderer import render
from clef_mm.datasets.synthetic.frame_files import encode_image
from clef_mm.datasets.synthetic.identity import Identity
from clef_mm.datasets.synthetic.setting_checks import SIZES, check_range
from clef_mm.datasets.synthetic.tree import claim_tree, finish_tree
from clef_mm.datasets.synthetic.world import generator

_BATCH = 64  # pictures a job
_NAME = 'captioned faces'
# People who are photographed smile, or do not; other expressions are rare.
_COMMON = {'neutral': 0.3, 'happiness': 0.3}
_STRENGTH = (0.3, 1.0)


@dataclass(frozen=True, slots=True)
class _Job:
    """Consecutive pictures, from number ``first`` on."""

    root: Path
    first: int
    count: int
    size: int
    seed: int


def write_captioned_faces(
    root: str | Path,
    *,
    n_images: int = 12_000,
    size: int = 64,
    seed: int = 0,
    workers: int = 2,
) -> int:
    """Write ``images/000001.jpg`` .. and ``captions.csv`` (columns file, caption).

    Args:
        root: New or empty folder, or one that holds the same tree.
        n_images: Number of pictures, each of another person.
        size: Side of a picture, pixels.
        seed: Seed of the world.
        workers: Processes that render.

    Returns:
        Number of pictures written; 0 if the tree was complete already.

    Raises:
        SyntheticSettingError: A setting has no such value.
        SyntheticTreeError: The folder holds other data, or a tree of other settings.
    """
    check_range('n_images', n_images, 1, 1_000_000)
    check_range('size', size, *SIZES, 'pixels')
    root = Path(root)
    settings = {'seed': seed, 'size': size, 'n_images': n_images}
    if not claim_tree(root, _NAME, settings):
        return 0
    (root / 'images').mkdir(exist_ok=True)
    jobs = [
        _Job(root, first, min(_BATCH, n_images - first + 1), size, seed)
        for first in range(1, n_images + 1, _BATCH)
    ]
    captions = [row for rows in run_jobs(_write, jobs, workers, _NAME) for row in rows]
    with open(root / 'captions.csv', 'w', encoding='utf-8', newline='') as file:
        table = csv.writer(file)
        table.writerow(['file', 'caption'])
        table.writerows(sorted(captions))
    finish_tree(root, _NAME, settings, n_images)
    return n_images


def _write(job: _Job) -> list[tuple[str, str]]:
    rows = []
    for number in range(job.first, job.first + job.count):
        name = f'{number:06d}.jpg'
        image, caption = _draw(generator(job.seed, _NAME, name), job.size)
        (job.root / 'images' / name).write_bytes(encode_image(image))
        rows.append((name, caption))
    return rows


def _draw(rng: np.random.Generator, size: int) -> tuple[np.ndarray, str]:
    """Draw a person, what the face shows, the picture and its caption."""
    identity = Identity.draw(rng, facial_hair=bool(rng.random() < 0.5))
    rest = (1 - sum(_COMMON.values())) / (len(EXPRESSIONS) - len(_COMMON))
    shares = [_COMMON.get(name, rest) for name in EXPRESSIONS]
    expression = str(rng.choice(list(EXPRESSIONS), p=shares))
    showing = draw_showing(rng, {expression: float(rng.uniform(*_STRENGTH))})
    conditions = draw_conditions(rng, 1)[0]
    image = render(identity, showing.right, conditions, size, left=showing.left)
    return image, write_caption(rng, identity, expression)
