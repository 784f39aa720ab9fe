"""Writes the synthetic world in DISFA's official layout.

One recording per subject, filmed by two cameras, with a video each. The person watches
clips of several emotions. Every frame is coded: a text file per subject and AU holds
'frame,intensity' rows, frames counted from 1. The level 0 .. 5 comes from the rendered
intensity (see `behaviour.intensity_levels`), so 2 or more is an AU that can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from clef_mm.datasets.job_pool import run_jobs
from clef_mm.datasets.synthetic.action_units import AU_NUMBERS
from clef_mm.datasets.synthetic.au_code_files import write_intensity
from clef_mm.datasets.synthetic.disfa_layout import (
    DISFA_AUS,
    DISFA_CLIP_EMOTIONS,
    DISFA_SUBJECTS,
    DISFA_VIDEOS,
    WITHOUT_LAST_ROW,
    first_landmark_number,
    has_extra_landmarks,
    landmark_name,
)
from clef_mm.datasets.synthetic.landmark_files import require_package, write_points
from clef_mm.datasets.synthetic.setting_checks import SIZES, check_ids, check_range
from clef_mm.datasets.synthetic.tree import claim_tree, finish_tree
from clef_mm.datasets.synthetic.video_files import write_video
from clef_mm.datasets.synthetic.world import (
    SyntheticSequence,
    generator,
    simulate_viewing,
)

CAMERAS = tuple(DISFA_VIDEOS)
MISSING_AU = 20
"""AU whose file the first subject lacks, if a missing file is asked for."""

_FRAMES_PER_SECOND = 20
_RIGHT_CAMERA_YAW = 0.2  # radians by which the head is turned for that camera


@dataclass(frozen=True, slots=True)
class _Job:
    """One subject to write."""

    root: Path
    subject: str
    frames_per_video: int
    size: int
    seed: int
    cameras: tuple[str, ...]
    units: tuple[int, ...]
    landmarks: bool


def write_disfa(
    root: str | Path,
    *,
    subjects: Sequence[str] = DISFA_SUBJECTS,
    frames_per_video: int = 240,
    size: int = 96,
    seed: int = 0,
    cameras: Sequence[str] = CAMERAS,
    landmarks: bool = True,
    missing_au_file: bool = False,
    workers: int = 2,
) -> int:
    """Write rendered stand-ins for DISFA, one recording per subject.

    Pixels and labels of a subject depend on the seed and subject only (and on the
    settings below), not on the number of workers or the other subjects.

    Args:
        root: New or empty folder, or one that holds the same tree, finished or not.
        subjects: Official ids, `SN001` .. `SN032` with gaps.
        frames_per_video: Number of frames of every video. All subjects but SN010, who
            lacks the last row, have as many label rows.
        size: Side of a frame in pixels.
        seed: Seed of the world.
        cameras: 'left', 'right' or both.
        landmarks: Write a file of 66 points per frame of the left camera; needs SciPy.
        missing_au_file: Leave out the file of AU 20 of the first subject.
        workers: Processes that render.

    Returns:
        Number of frames written; 0 if the tree was complete already.

    Raises:
        SyntheticSettingError: A setting has no such value.
        SyntheticTreeError: The folder holds other data, or a tree of other settings.
        MissingPackageError: Landmarks are wanted without SciPy.
    """
    check_ids(
        *('subjects', subjects, DISFA_SUBJECTS),
        'DISFA has SN001 .. SN032 without 014, 015, 019, 020 and 022',
    )
    check_range('frames_per_video', frames_per_video, 2, 5000)
    check_range('size', size, *SIZES, 'pixels')
    check_ids('cameras', cameras, CAMERAS, f'DISFA has {" and ".join(CAMERAS)}')
    if landmarks:
        require_package('scipy.io')
    root = Path(root)
    settings = {
        'seed': seed,
        'size': size,
        'subjects': list(subjects),
        'frames_per_video': frames_per_video,
        'cameras': list(cameras),
        'landmarks': landmarks,
        'missing_au_file': missing_au_file,
    }
    if not claim_tree(root, 'DISFA', settings):
        return 0
    jobs = [
        _Job(
            *(root, subject, frames_per_video, size, seed, tuple(cameras)),
            units=_units_of(subject, subjects, missing_au_file),
            landmarks=landmarks,
        )
        for subject in subjects
    ]
    n_images = sum(run_jobs(_write_subject, jobs, workers, 'synthetic DISFA'))
    finish_tree(root, 'DISFA', settings, n_images)
    return n_images


def simulate_subject(
    seed: int, subject: str, n_frames: int, camera: str = 'left'
) -> SyntheticSequence:
    """Simulate the recording of one subject as a camera sees it.

    Args:
        seed: Seed of the world.
        subject: Official id.
        n_frames: Number of frames.
        camera: 'left' or 'right'. Both see the same behaviour; the right one sees the
            head turned further, with noise of its own.
    """
    sequence = simulate_viewing(seed, subject, 'clips', DISFA_CLIP_EMOTIONS, n_frames)
    if camera == 'left':
        return sequence
    noise = generator(seed, subject, camera, 'noise').integers(2**31, size=n_frames)
    turned = [
        replace(seen, yaw=seen.yaw + _RIGHT_CAMERA_YAW, noise_seed=noise_seed)
        for seen, noise_seed in zip(sequence.conditions, noise.tolist(), strict=True)
    ]
    return replace(sequence, conditions=turned)


def _units_of(
    subject: str, subjects: Sequence[str], missing_au_file: bool
) -> tuple[int, ...]:
    """AUs whose files a subject has."""
    if missing_au_file and subject == subjects[0]:
        return tuple(number for number in DISFA_AUS if number != MISSING_AU)
    return DISFA_AUS


def _write_subject(job: _Job) -> int:
    """Write videos, labels and landmarks; returns the number of frames."""
    left = simulate_subject(job.seed, job.subject, job.frames_per_video)
    _write_labels(job, left)
    if job.landmarks:
        _write_landmarks(job, left)
    for camera in job.cameras:
        seen = simulate_subject(job.seed, job.subject, job.frames_per_video, camera)
        path = job.root / DISFA_VIDEOS[camera].format(subject=job.subject)
        write_video(path, seen.frames(job.size), job.size, _FRAMES_PER_SECOND)
    return len(job.cameras) * job.frames_per_video


def _write_labels(job: _Job, sequence: SyntheticSequence) -> None:
    n_rows = len(sequence) - (job.subject == WITHOUT_LAST_ROW)
    frames = np.arange(1, n_rows + 1)
    folder = job.root / 'ActionUnit_Labels' / job.subject
    for number in job.units:
        levels = sequence.levels[:n_rows, AU_NUMBERS.index(number)]
        write_intensity(folder / f'{job.subject}_au{number}.txt', frames, levels)


def _write_landmarks(job: _Job, sequence: SyntheticSequence) -> None:
    """Write a file per frame, and with some subjects one more before them."""
    points = list(sequence.landmarks(job.size, 66))
    if has_extra_landmarks(job.subject):
        points.insert(0, points[-1])
    folder = job.root / 'Landmark_Points' / job.subject / 'tmp_frame_lm'
    for number, frame_points in enumerate(points, first_landmark_number(job.subject)):
        write_points(folder / landmark_name(job.subject, number), frame_points)
