"""Writes the synthetic world in BP4D's official layout.

Two packagings of the frames exist: a JPG per frame under `Sequences(2D+3D)`, whose
numbers start late and are padded to a width that varies from sequence to sequence,
and one video per sequence. Two packagings of the AU codes exist: with and without
the folder `AU_OCC`. In all of them, only a segment of each recording is coded.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from clef_mm.datasets.synthetic.action_units import AU_NUMBERS
from clef_mm.datasets.synthetic.bp4d_layout import (
    BP4D_ACTIVITY_CODES,
    BP4D_AUS,
    BP4D_SUBJECTS,
    BP4D_TASK_EMOTIONS,
    frame_digits,
)
from clef_mm.datasets.synthetic.job_pool import run_jobs
from clef_mm.datasets.synthetic.tree import claim_tree, finish_tree
from clef_mm.datasets.synthetic.world import (
    SyntheticSequence,
    generator,
    simulate_sequence,
)
from clef_mm.errors import UserError

PACKAGINGS = ('frames', 'avi')
AU_CODINGS = ('AU_OCC', 'flat')

_FRAMES_FOLDER = 'Sequences(2D+3D)'
_VIDEOS_FOLDER = 'BP4D-Spontaneous'
_FRAMES_PER_SECOND = 25
_JPEG_QUALITY = 92
_LAST_COLUMN = 99
_UNKNOWN = 9
_UNKNOWN_SHARE = 0.03  # of all (sequence, AU) pairs have a stretch of unknown codes
_UNKNOWN_STRETCH = 0.12  # of the coded frames
_LENGTH_SPREAD = 0.15  # sequences differ in length by this much either way
_UNCODED_FRAMES = (2, 6)  # before and after the coded segment, both included
_EARLY_SHARE = 0.15  # of the 4-digit sequences start below frame 1000


class SyntheticSettingError(UserError, ValueError):
    """A setting of a synthetic dataset has a value that it cannot have."""


@dataclass(frozen=True, slots=True)
class _Job:
    """One sequence to write."""

    root: Path
    subject: str
    task: str
    frames_per_sequence: int
    size: int
    seed: int
    packaging: str
    au_coding: str


@dataclass(frozen=True, slots=True)
class _Numbering:
    """Frame numbers of a recording: frames outside the coded segment come with it."""

    first: int
    first_coded: int
    last_coded: int
    last: int


def write_bp4d(
    root: str | Path,
    *,
    subjects: Sequence[str] = BP4D_SUBJECTS,
    frames_per_sequence: int = 48,
    size: int = 96,
    seed: int = 0,
    packaging: str = 'frames',
    au_coding: str = 'AU_OCC',
    workers: int = 2,
) -> int:
    """Write rendered stand-ins for BP4D, eight sequences per subject.

    Pixels and labels of a sequence depend on the seed, subject and task only (and on
    the settings below), not on the number of workers or the other subjects.

    Args:
        root: New or empty folder, or one that holds the same tree, finished or not.
        subjects: Official ids, `F001` .. `F023`, `M001` .. `M018`.
        frames_per_sequence: Mean number of coded frames; a sequence has up to 15 %
            more or less, and fewer where the official numbers leave less room.
        size: Side of a frame in pixels.
        seed: Seed of the world.
        packaging: 'frames' (JPG files) or 'avi' (one video per sequence).
        au_coding: 'AU_OCC' (`AUCoding/AU_OCC/F001_T1.csv`) or 'flat'
            (`AUCoding/F001_T1.csv`).
        workers: Processes that render.

    Returns:
        Number of frames written; 0 if the tree was complete already.

    Raises:
        SyntheticSettingError: A setting has no such value.
        SyntheticTreeError: The folder holds other data, or a tree of other settings.
    """
    _check_settings(subjects, frames_per_sequence, size, packaging, au_coding)
    root = Path(root)
    settings = {
        'seed': seed,
        'size': size,
        'subjects': list(subjects),
        'frames_per_sequence': frames_per_sequence,
        'packaging': packaging,
        'au_coding': au_coding,
    }
    if not claim_tree(root, 'BP4D', settings):
        print(f'{root}: this synthetic BP4D is complete already', file=sys.stderr)
        return 0
    jobs = [
        _Job(root, subject, task, frames_per_sequence, size, seed, packaging, au_coding)
        for subject in subjects
        for task in BP4D_TASK_EMOTIONS
    ]
    n_images = sum(run_jobs(_write_sequence, jobs, workers, 'synthetic BP4D'))
    finish_tree(root, 'BP4D', settings, n_images)
    print(f'{root}: {n_images} rendered frames, not BP4D itself', file=sys.stderr)
    return n_images


def _check_settings(
    subjects: Sequence[str],
    frames_per_sequence: int,
    size: int,
    packaging: str,
    au_coding: str,
) -> None:
    unknown = [subject for subject in subjects if subject not in BP4D_SUBJECTS]
    if unknown or not subjects or len(set(subjects)) != len(subjects):
        raise SyntheticSettingError(
            f'subjects: {", ".join(unknown) or "none given, or one given twice"}; '
            'BP4D has F001 .. F023 and M001 .. M018'
        )
    if not 1 <= frames_per_sequence <= 800:
        raise SyntheticSettingError(
            f'frames_per_sequence: {frames_per_sequence} not in 1 .. 800'
        )
    if not 16 <= size <= 2048:
        raise SyntheticSettingError(f'size: {size} not in 16 .. 2048 pixels')
    for name, value, known in (
        ('packaging', packaging, PACKAGINGS),
        ('au_coding', au_coding, AU_CODINGS),
    ):
        if value not in known:
            raise SyntheticSettingError(
                f'{name}: {value!r} is none of {", ".join(known)}'
            )


def _write_sequence(job: _Job) -> int:
    """Write the frames and AU codes of one sequence; returns the number of frames."""
    rng = generator(job.seed, job.subject, job.task, 'BP4D')
    numbering = _draw_numbering(rng, job)
    emotion = BP4D_TASK_EMOTIONS[job.task]
    n_frames = numbering.last - numbering.first + 1
    sequence = simulate_sequence(job.seed, job.subject, job.task, emotion, n_frames)
    _write_codes(job, numbering, sequence, rng)
    if job.packaging == 'frames':
        _write_jpegs(job, numbering, sequence.frames(job.size))
    else:
        _write_video(job, sequence.frames(job.size))
    return n_frames


def _draw_numbering(rng: np.random.Generator, job: _Job) -> _Numbering:
    """Choose the length and the frame numbers of a sequence."""
    spread = rng.uniform(1 - _LENGTH_SPREAD, 1 + _LENGTH_SPREAD)
    n_coded = max(1, round(job.frames_per_sequence * spread))
    before, after = rng.integers(*_UNCODED_FRAMES, size=2, endpoint=True).tolist()
    if job.packaging == 'avi':
        # A video's first frame has number 1, so a late start would only be padding.
        return _Numbering(1, before + 1, before + n_coded, before + n_coded + after)
    digits = frame_digits(job.subject, job.task)
    highest = 10**digits - 1
    n_coded = min(n_coded, highest - before - after)
    room = highest - (before + n_coded + after)
    if digits == 4 and rng.random() >= _EARLY_SHARE:
        first = int(rng.integers(1000, min(3000, room), endpoint=True))
    else:
        first = int(rng.integers(1, min(700, room + 1), endpoint=True))
    first_coded = first + before
    last_coded = first_coded + n_coded - 1
    return _Numbering(first, first_coded, last_coded, last_coded + after)


def _write_codes(
    job: _Job,
    numbering: _Numbering,
    sequence: SyntheticSequence,
    rng: np.random.Generator,
) -> None:
    """Write the table of AU codes: frame number, then one column per AU 1 .. 99."""
    coded = slice(
        numbering.first_coded - numbering.first,
        numbering.last_coded - numbering.first + 1,
    )
    occurrence = sequence.occurrence[coded]
    table = np.full((len(occurrence), _LAST_COLUMN + 1), _UNKNOWN)
    table[:, 0] = np.arange(numbering.first_coded, numbering.last_coded + 1)
    table[:, AU_NUMBERS] = occurrence
    stretch = max(1, round(_UNKNOWN_STRETCH * len(table)))
    for number in BP4D_AUS:
        start = int(rng.integers(len(table)))
        if rng.random() < _UNKNOWN_SHARE:
            table[start : start + stretch, number] = _UNKNOWN
    folder = job.root / 'AUCoding'
    if job.au_coding == 'AU_OCC':
        folder = folder / 'AU_OCC'
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(
        folder / f'{job.subject}_{job.task}.csv',
        table,
        fmt='%d',
        delimiter=',',
        header=','.join(map(str, range(_LAST_COLUMN + 1))),
        comments='',
    )


def _write_jpegs(
    job: _Job, numbering: _Numbering, frames: Iterable[np.ndarray]
) -> None:
    folder = job.root / _FRAMES_FOLDER / job.subject / job.task
    folder.mkdir(parents=True, exist_ok=True)
    digits = frame_digits(job.subject, job.task)
    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    for number, frame in enumerate(frames, numbering.first):
        path = folder / f'{number:0{digits}d}.jpg'
        if not cv2.imwrite(str(path), frame[..., ::-1], quality):
            raise OSError(f'{path}: could not be written')


def _write_video(job: _Job, frames: Iterable[np.ndarray]) -> None:
    code = BP4D_ACTIVITY_CODES[job.task]
    folder = job.root / _VIDEOS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f'2{job.subject[0]}{job.subject[2:]}_{code}.avi'
    codec = cv2.VideoWriter_fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(path), codec, _FRAMES_PER_SECOND, (job.size, job.size))
    if not writer.isOpened():
        raise OSError(f'{path}: this OpenCV cannot write Motion-JPEG videos')
    try:
        for frame in frames:
            writer.write(np.ascontiguousarray(frame[..., ::-1]))
    finally:
        writer.release()
