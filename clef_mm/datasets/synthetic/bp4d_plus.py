"""Writes the synthetic world in BP4D+'s official layout.

Frames are JPGs counted from 0000, in folders or in one zip file per subject. AU codes
exist for four of the ten tasks and count frames from 1. Known faults of the release are
part of it: a sequence with codes beyond its images, one with landmarks beyond them, and
an empty folder of a task that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clef_mm.datasets.job_pool import run_jobs
from clef_mm.datasets.synthetic.action_units import AU_NUMBERS
from clef_mm.datasets.synthetic.au_code_files import (
    UNKNOWN_CODE,
    draw_unknown,
    write_intensity,
    write_occurrence,
)
from clef_mm.datasets.synthetic.bp4d_plus_layout import (
    BP4D_PLUS_AUS,
    BP4D_PLUS_CODE_COLUMNS,
    BP4D_PLUS_CODED_TASKS,
    BP4D_PLUS_INTENSITY_AUS,
    BP4D_PLUS_SUBJECTS,
    BP4D_PLUS_TASK_EMOTIONS,
    EMPTY_RECORDING,
    ENDS_WITHIN_CODES,
    ENDS_WITHIN_LANDMARKS,
    person_of,
)
from clef_mm.datasets.synthetic.frame_files import write_jpeg_zip, write_jpegs
from clef_mm.datasets.synthetic.landmark_files import require_package, write_fit_v5
from clef_mm.datasets.synthetic.numbering import Lengths, Numbering
from clef_mm.datasets.synthetic.setting_checks import (
    SIZES,
    check_choice,
    check_ids,
    check_range,
)
from clef_mm.datasets.synthetic.tree import claim_tree, finish_tree
from clef_mm.datasets.synthetic.world import (
    SyntheticSequence,
    generator,
    simulate_sequence,
)

PACKAGINGS = ('frames', 'zip')

_FRAMES_FOLDER = '2D+3D'
_MISSING_SHARE = 0.2  # of the coded frames of the sequence that ends within them


@dataclass(frozen=True, slots=True)
class _Job:
    """One subject to write."""

    root: Path
    subject: str
    frames_per_sequence: int
    size: int
    seed: int
    packaging: str
    landmarks: bool


@dataclass(frozen=True, slots=True)
class _Recording:
    """One task of a subject.

    Attributes:
        task: Official id.
        numbering: Frame numbers as AU codes and landmarks count them, from 1.
        n_images: How many of the frames exist as images, from the first.
        sequence: What happens in it.
    """

    task: str
    numbering: Numbering
    n_images: int
    sequence: SyntheticSequence

    def images(self, size: int) -> Iterator[tuple[str, np.ndarray]]:
        """File names, which count from 0, and frames."""
        frames = self.sequence.frames(size)
        for index, frame in zip(range(self.n_images), frames, strict=False):
            yield f'{index:04d}.jpg', frame


def write_bp4d_plus(
    root: str | Path,
    *,
    subjects: Sequence[str] = BP4D_PLUS_SUBJECTS,
    frames_per_sequence: int = 24,
    size: int = 96,
    seed: int = 0,
    packaging: str = 'frames',
    landmarks: bool = True,
    workers: int = 2,
) -> int:
    """Write rendered stand-ins for BP4D+, ten sequences per subject.

    Pixels and labels of a sequence depend on the seed, subject and task only (and on
    the settings below), not on the number of workers or the other subjects. The other
    sensors of the release (3-D, infrared, thermal, physiology) are left out.

    Args:
        root: New or empty folder, or one that holds the same tree, finished or not.
        subjects: Official ids, `F001` .. `F082`, `M001` .. `M058`.
        frames_per_sequence: Mean number of coded frames; a sequence has up to 15 %
            more or less. Sequences without AU codes are as long as the others.
        size: Side of a frame in pixels.
        seed: Seed of the world.
        packaging: 'frames' (`2D+3D/F001/T1/0000.jpg`) or 'zip' (`2D+3D/F001.zip`).
        landmarks: Write `2DFeatures/F001_T1.mat` too; needs SciPy.
        workers: Processes that render.

    Returns:
        Number of frames written; 0 if the tree was complete already.

    Raises:
        SyntheticSettingError: A setting has no such value.
        SyntheticTreeError: The folder holds other data, or a tree of other settings.
        MissingPackageError: Landmarks are wanted without SciPy.
    """
    check_ids(
        *('subjects', subjects, BP4D_PLUS_SUBJECTS),
        'BP4D+ has F001 .. F082 and M001 .. M058',
    )
    check_range('frames_per_sequence', frames_per_sequence, 1, 2000)
    check_range('size', size, *SIZES, 'pixels')
    check_choice('packaging', packaging, PACKAGINGS)
    if landmarks:
        require_package('scipy.io')
    root = Path(root)
    settings = {
        'seed': seed,
        'size': size,
        'subjects': list(subjects),
        'frames_per_sequence': frames_per_sequence,
        'packaging': packaging,
        'landmarks': landmarks,
    }
    if not claim_tree(root, 'BP4D+', settings):
        return 0
    jobs = [
        _Job(root, subject, frames_per_sequence, size, seed, packaging, landmarks)
        for subject in subjects
    ]
    n_images = sum(run_jobs(_write_subject, jobs, workers, 'synthetic BP4D+'))
    finish_tree(root, 'BP4D+', settings, n_images)
    return n_images


def _write_subject(job: _Job) -> int:
    """Write all that belongs to one subject; returns the number of frames."""
    recordings = [_record(job, task) for task in BP4D_PLUS_TASK_EMOTIONS]
    for recording in recordings:
        if recording.task in BP4D_PLUS_CODED_TASKS:
            _write_codes(job, recording)
        if job.landmarks:
            _write_landmarks(job, recording)
    if job.packaging == 'frames':
        _write_folders(job, recordings)
    else:
        _write_zip(job, recordings)
    if job.subject == EMPTY_RECORDING[0]:
        empty = job.root.joinpath('Physiology', *EMPTY_RECORDING)
        empty.mkdir(parents=True, exist_ok=True)
    return sum(recording.n_images for recording in recordings)


def _record(job: _Job, task: str) -> _Recording:
    rng = generator(job.seed, job.subject, task, 'BP4D+ lengths')
    lengths = Lengths.draw(rng, job.frames_per_sequence)
    emotion = BP4D_PLUS_TASK_EMOTIONS[task]
    return _Recording(
        task=task,
        numbering=Numbering(1, lengths),
        n_images=_count_images(f'{job.subject}_{task}', lengths),
        sequence=simulate_sequence(
            job.seed, person_of(job.subject), task, emotion, lengths.total
        ),
    )


def _count_images(name: str, lengths: Lengths) -> int:
    """How many frames of a sequence exist as images."""
    if name == ENDS_WITHIN_CODES:
        missing = max(1, round(_MISSING_SHARE * lengths.coded))
        return lengths.before + lengths.coded - missing
    if name == ENDS_WITHIN_LANDMARKS:
        return lengths.before + lengths.coded
    return lengths.total


def _write_codes(job: _Job, recording: _Recording) -> None:
    """Write AU_OCC and AU_INT; an AU is unknown in both at the same frames."""
    sequence, numbering = recording.sequence, recording.numbering
    frames, coded = numbering.coded_numbers, numbering.coded_positions
    rng = generator(job.seed, job.subject, recording.task, 'BP4D+ unknown codes')
    unknown = draw_unknown(rng, len(frames), BP4D_PLUS_AUS)
    occurrence = np.where(unknown, UNKNOWN_CODE, sequence.occurrence[coded])
    levels = np.where(unknown, UNKNOWN_CODE, sequence.levels[coded])
    name = f'{job.subject}_{recording.task}'
    coding = job.root / 'AUCoding'
    write_occurrence(
        coding / 'AU_OCC' / f'{name}.csv', frames, occurrence, BP4D_PLUS_CODE_COLUMNS
    )
    for number in BP4D_PLUS_INTENSITY_AUS:
        write_intensity(
            coding / 'AU_INT' / f'AU{number:02d}' / f'{name}_AU{number:02d}.csv',
            frames,
            levels[:, AU_NUMBERS.index(number)],
        )


def _write_landmarks(job: _Job, recording: _Recording) -> None:
    path = job.root / '2DFeatures' / f'{job.subject}_{recording.task}.mat'
    sequence = recording.sequence
    write_fit_v5(path, sequence.landmarks(job.size, 49), sequence.head_poses())


def _write_folders(job: _Job, recordings: Sequence[_Recording]) -> None:
    for recording in recordings:
        folder = job.root / _FRAMES_FOLDER / job.subject / recording.task
        write_jpegs(folder, recording.images(job.size))


def _write_zip(job: _Job, recordings: Sequence[_Recording]) -> None:
    """Write the images of all tasks into one file, in no order."""
    images = (
        (f'{job.subject}/{recording.task}/{name}', image)
        for recording in recordings
        for name, image in recording.images(job.size)
    )
    path = job.root / _FRAMES_FOLDER / f'{job.subject}.zip'
    rng = generator(job.seed, job.subject, 'BP4D+ zip')
    write_jpeg_zip(path, images, rng)
