"""Writes the synthetic world in BP4D's official layout.

Two packagings of the frames exist: a JPG per frame under `Sequences(2D+3D)`, whose
numbers start late and are padded to a width that varies from sequence to sequence,
and one video per sequence. Two packagings of the AU codes exist: with and without
the folder `AU_OCC`. In all of them, only a segment of each recording is coded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from clef_mm.datasets.job_pool import run_jobs
from clef_mm.datasets.synthetic.au_code_files import (
    UNKNOWN_CODE,
    draw_unknown,
    write_occurrence,
)
from clef_mm.datasets.synthetic.bp4d_layout import (
    BP4D_ACTIVITY_CODES,
    BP4D_AUS,
    BP4D_LOST_LANDMARKS,
    BP4D_SUBJECTS,
    BP4D_TASK_EMOTIONS,
    frame_digits,
)
from clef_mm.datasets.synthetic.frame_files import write_jpegs
from clef_mm.datasets.synthetic.landmark_files import (
    NO_FACE,
    require_package,
    write_fit_v73,
)
from clef_mm.datasets.synthetic.numbering import Lengths, Numbering
from clef_mm.datasets.synthetic.setting_checks import (
    SIZES,
    check_choice,
    check_ids,
    check_range,
)
from clef_mm.datasets.synthetic.tree import claim_tree, finish_tree
from clef_mm.datasets.synthetic.video_files import write_video
from clef_mm.datasets.synthetic.world import (
    SyntheticSequence,
    generator,
    simulate_sequence,
)

PACKAGINGS = ('frames', 'avi')
AU_CODINGS = ('AU_OCC', 'flat')

_FRAMES_FOLDER = 'Sequences(2D+3D)'
_VIDEOS_FOLDER = 'BP4D-Spontaneous'
_FRAMES_PER_SECOND = 25
_CODE_COLUMNS = range(1, 100)
_EARLY_SHARE = 0.15  # of the 4-digit sequences start below frame 1000
_LOST_SHARE = 0.1  # of the coded frames, where the tracker loses the face


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
    landmarks: bool


def write_bp4d(
    root: str | Path,
    *,
    subjects: Sequence[str] = BP4D_SUBJECTS,
    frames_per_sequence: int = 48,
    size: int = 96,
    seed: int = 0,
    packaging: str = 'frames',
    au_coding: str = 'AU_OCC',
    landmarks: bool = False,
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
        landmarks: Write `2DFeatures/F001_T1.mat` too; needs h5py.
        workers: Processes that render.

    Returns:
        Number of frames written; 0 if the tree was complete already.

    Raises:
        SyntheticSettingError: A setting has no such value.
        SyntheticTreeError: The folder holds other data, or a tree of other settings.
        MissingPackageError: Landmarks are wanted without h5py.
    """
    check_ids(
        'subjects', subjects, BP4D_SUBJECTS, 'BP4D has F001 .. F023 and M001 .. M018'
    )
    check_range('frames_per_sequence', frames_per_sequence, 1, 800)
    check_range('size', size, *SIZES, 'pixels')
    check_choice('packaging', packaging, PACKAGINGS)
    check_choice('au_coding', au_coding, AU_CODINGS)
    if landmarks:
        require_package('h5py')
    root = Path(root)
    settings = {
        'seed': seed,
        'size': size,
        'subjects': list(subjects),
        'frames_per_sequence': frames_per_sequence,
        'packaging': packaging,
        'au_coding': au_coding,
    }
    if landmarks:  # not named otherwise: trees without them keep their marker
        settings['landmarks'] = True
    if not claim_tree(root, 'BP4D', settings):
        return 0
    jobs = [
        _Job(
            *(root, subject, task, frames_per_sequence, size, seed),
            *(packaging, au_coding, landmarks),
        )
        for subject in subjects
        for task in BP4D_TASK_EMOTIONS
    ]
    n_images = sum(run_jobs(_write_sequence, jobs, workers, 'synthetic BP4D'))
    finish_tree(root, 'BP4D', settings, n_images)
    return n_images


def _write_sequence(job: _Job) -> int:
    """Write the frames and AU codes of one sequence; returns the number of frames."""
    rng = generator(job.seed, job.subject, job.task, 'BP4D')
    numbering = _draw_numbering(rng, job)
    emotion = BP4D_TASK_EMOTIONS[job.task]
    n_frames = numbering.lengths.total
    sequence = simulate_sequence(job.seed, job.subject, job.task, emotion, n_frames)
    _write_codes(job, numbering, sequence, rng)
    if job.landmarks:
        _write_landmarks(job, numbering, sequence)
    if job.packaging == 'frames':
        _write_frames(job, numbering, sequence)
    else:
        _write_video(job, sequence)
    return n_frames


def _draw_numbering(rng: np.random.Generator, job: _Job) -> Numbering:
    """Choose the length and the frame numbers of a sequence."""
    lengths = Lengths.draw(rng, job.frames_per_sequence)
    if job.packaging == 'avi':
        # A video's first frame has number 1, so a late start would only be padding.
        return Numbering(1, lengths)
    digits = frame_digits(job.subject, job.task)
    highest = 10**digits - 1
    uncoded = lengths.before + lengths.after
    lengths = replace(lengths, coded=min(lengths.coded, highest - uncoded))
    room = highest - lengths.total
    if digits == 4 and rng.random() >= _EARLY_SHARE:
        first = int(rng.integers(1000, min(3000, room), endpoint=True))
    else:
        first = int(rng.integers(1, min(700, room + 1), endpoint=True))
    return Numbering(first, lengths)


def _write_codes(
    job: _Job,
    numbering: Numbering,
    sequence: SyntheticSequence,
    rng: np.random.Generator,
) -> None:
    occurrence = sequence.occurrence[numbering.coded_positions]
    unknown = draw_unknown(rng, len(occurrence), BP4D_AUS)
    folder = job.root / 'AUCoding'
    if job.au_coding == 'AU_OCC':
        folder = folder / 'AU_OCC'
    write_occurrence(
        folder / f'{job.subject}_{job.task}.csv',
        numbering.coded_numbers,
        np.where(unknown, UNKNOWN_CODE, occurrence),
        _CODE_COLUMNS,
    )


def _write_landmarks(
    job: _Job, numbering: Numbering, sequence: SyntheticSequence
) -> None:
    """Write 49 points per frame; element k belongs to frame number k + 1."""
    name = f'{job.subject}_{job.task}'
    points = list(sequence.landmarks(job.size, 49))
    if name in BP4D_LOST_LANDMARKS:
        start = numbering.lengths.before + numbering.lengths.coded // 2
        n_lost = max(1, round(_LOST_SHARE * numbering.lengths.coded))
        points[start : start + n_lost] = [NO_FACE] * n_lost
    without_image = [NO_FACE] * (numbering.first - 1)
    write_fit_v73(
        job.root / '2DFeatures' / f'{name}.mat',
        without_image + points,
        without_image + list(sequence.head_poses()),
    )


def _write_frames(job: _Job, numbering: Numbering, sequence: SyntheticSequence) -> None:
    digits = frame_digits(job.subject, job.task)
    names = (f'{number:0{digits}d}.jpg' for number in numbering.numbers.tolist())
    folder = job.root / _FRAMES_FOLDER / job.subject / job.task
    write_jpegs(folder, zip(names, sequence.frames(job.size), strict=True))


def _write_video(job: _Job, sequence: SyntheticSequence) -> None:
    code = BP4D_ACTIVITY_CODES[job.task]
    name = f'2{job.subject[0]}{job.subject[2:]}_{code}.avi'
    path = job.root / _VIDEOS_FOLDER / name
    write_video(path, sequence.frames(job.size), job.size, _FRAMES_PER_SECOND)
