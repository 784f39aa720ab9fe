"""The first release of AffectNet: photographs as found, and a table of each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from clef_mm.datasets.job_pool import in_batches, run_jobs
from clef_mm.datasets.synthetic.affectnet_layout import (
    AFFECTNET_COLUMNS,
    AFFECTNET_LABELS,
)
from clef_mm.datasets.synthetic.expressions import EXPRESSIONS
from clef_mm.datasets.synthetic.face_crops import face_square
from clef_mm.datasets.synthetic.frame_files import encode_image
from clef_mm.datasets.synthetic.photo import Photo, draw_photo
from clef_mm.datasets.synthetic.world import generator

_IMAGES = 'Manually_Annotated/Manually_Annotated_Images'
_LISTS = 'Manually_Annotated_file_lists'
_LIST_FILES = {'train': 'training.csv', 'val': 'validation.csv'}
_BATCH = 32  # photographs a job
_NO_FACE = 'no-face'
_WITHOUT_MOOD = ('uncertain', _NO_FACE)  # no valence and arousal
_NOT_ANNOTATED = -2
_FOLDERS = 24  # numbered ones that the images are spread over
_NAME_BYTES = 28  # written as 56 hexadecimal digits
_BOX_MARGIN = 1.15
_LANDMARK_ERROR = 0.008  # of the side of a face
_KEPT_SHARE = 0.4  # of a truncated file
_FAINT, _HALF = (0.25, 0.45), (0.5, 0.7)
_MIXABLE = tuple(name for name in EXPRESSIONS if name != 'neutral')

_QUIRKS = ('negative width', 'empty file', 'truncated file', '.png', '.JPG')
"""What is odd about one training image each."""


@dataclass(frozen=True, slots=True)
class _Image:
    """One image of the release: its label, and a name of `_QUIRKS` or ''."""

    part: str
    number: int
    label: str
    quirk: str


@dataclass(frozen=True, slots=True)
class _Job:
    """Some consecutive images of one part."""

    root: Path
    first: int
    images: list[_Image]
    size: int
    seed: int


def write_csv_release(
    root: Path,
    dealt: Mapping[str, list[str]],
    *,
    size: int,
    seed: int,
    quirks: bool,
    validation_header: bool,
    workers: int,
) -> int:
    """Write images and tables.

    Args:
        root: Where.
        dealt: Labels of the images of 'train' and 'val'.
        size: As for `write_affectnet`.
        seed: As for `write_affectnet`.
        quirks: As for `write_affectnet`.
        validation_header: As for `write_affectnet`.
        workers: As for `write_affectnet`.

    Returns:
        Number of image files.
    """
    images = {
        part: [_Image(part, number, label, '') for number, label in enumerate(labels)]
        for part, labels in dealt.items()
    }
    # The first happy image of the official list stands there twice.
    repeated = dealt['train'].index('happiness')
    if quirks:
        images['train'] = _with_quirks(images['train'], repeated)
    jobs = [
        _Job(root, start, batch, size, seed)
        for part in images
        for start, batch in in_batches(images[part], _BATCH)
    ]
    rows: dict[str, dict[int, list[str]]] = {part: {} for part in images}
    for job_part, first, lines in run_jobs(
        _write_batch, jobs, workers, 'synthetic AffectNet'
    ):
        rows[job_part][first] = lines
    lists = root / _LISTS
    lists.mkdir(parents=True, exist_ok=True)
    for part, batches in rows.items():
        lines = [line for first in sorted(batches) for line in batches[first]]
        if part == 'train' and quirks:
            lines.append(lines[repeated])
        if part == 'train' or validation_header:
            lines.insert(0, ','.join(AFFECTNET_COLUMNS))
        text = ''.join(f'{line}\n' for line in lines)
        (lists / _LIST_FILES[part]).write_text(text, 'utf-8')
    return sum(map(len, images.values()))


def _with_quirks(images: list[_Image], repeated: int) -> list[_Image]:
    """Give the first few images of an expression something odd each."""
    remaining = list(_QUIRKS)
    changed = []
    for image in images:
        plain = image.label not in EXPRESSIONS or image.number == repeated
        quirk = '' if plain or not remaining else remaining.pop(0)
        changed.append(_Image(image.part, image.number, image.label, quirk))
    return changed


def _write_batch(job: _Job) -> tuple[str, int, list[str]]:
    """Write images; returns part, index of the first one and their table rows."""
    lines = [_write_image(job, image) for image in job.images]
    return job.images[0].part, job.first, lines


def _write_image(job: _Job, image: _Image) -> str:
    """Write one image; returns its table row."""
    name = f'AffectNet csv {image.part} {image.number}'
    rng = generator(job.seed, name, 'annotation')
    photo = draw_photo(job.seed, name, _draw_mixture(rng, image.label), job.size)
    suffix = image.quirk if image.quirk.startswith('.') else '.jpg'
    content = encode_image(
        photo.render(person=image.label != _NO_FACE),
        suffix.lower(),
        photo.camera.jpeg_quality,
    )
    kept = {'empty file': 0.0, 'truncated file': _KEPT_SHARE}.get(image.quirk, 1.0)
    digest = blake2b(f'{job.seed} {name}'.encode(), digest_size=_NAME_BYTES)
    folder = 1 + digest.digest()[0] % _FOLDERS
    relative = f'{folder}/{digest.hexdigest()}{suffix}'
    path = job.root / _IMAGES / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content[: round(kept * len(content))])
    return ','.join([relative, *_annotation(rng, photo, image)])


def _draw_mixture(rng: np.random.Generator, label: str) -> dict[str, float]:
    """Draw what a face of this label shows, see `draw_photo`.

    Faces that annotators found 'uncertain' show three expressions faintly, those that
    are 'none' of the eight show two at once. For an image without a face a person is
    drawn whom nobody sees: the false find of a detector.
    """
    if label in EXPRESSIONS:
        return {label: 1.0}
    count, weights = (3, _FAINT) if label == 'uncertain' else (2, _HALF)
    names = rng.choice(_MIXABLE, count, replace=False).tolist()
    return dict.fromkeys(names, float(rng.uniform(*weights)))


def _annotation(rng: np.random.Generator, photo: Photo, image: _Image) -> list[str]:
    """Box, landmarks, label, valence and arousal as they stand in a table."""
    error = rng.normal(0, _LANDMARK_ERROR * photo.face_side, size=(68, 2))
    points = photo.landmarks() + error
    left, top, width, height = _box(photo)
    if image.quirk == 'negative width':
        width = -width
    mood = (photo.showing.valence, photo.showing.arousal)
    if image.label in _WITHOUT_MOOD:
        mood = (_NOT_ANNOTATED, _NOT_ANNOTATED)
    return [
        *map(str, (left, top, width, height)),
        ';'.join(f'{value:.2f}' for value in points.ravel()),
        str(AFFECTNET_LABELS.index(image.label)),
        *(f'{value:.6g}' for value in mood),
    ]


def _box(photo: Photo) -> tuple[int, int, int, int]:
    """Left, top, width and height of the face, within the photograph."""
    left, top, side = face_square(photo.landmarks(), _BOX_MARGIN)
    x, y = max(0, round(left)), max(0, round(top))
    right = min(photo.width, round(left + side))
    bottom = min(photo.height, round(top + side))
    return x, y, right - x, bottom - y
