"""Prepare a dataset: plan, work in parallel, go on after a stop, collect the index."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clef_mm import __version__
from clef_mm.datasets.face_dataset import SYNTHETIC_MARKER, FaceDataset
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.job_pool import run_jobs
from clef_mm.datasets.preparation.crop_job import (
    CropJob,
    PreparationError,
    run_crop_job,
)
from clef_mm.datasets.prepared_index import (
    has_index,
    load_table,
    read_header,
    write_index,
)
from clef_mm.faces.crop_policy import CropPolicy
from clef_mm.registry import DETECTORS

WORK_FOLDER = '.preparing'
LOST_FILE = 'lost_frames.csv'
_PER_JOB = 200  # frames; few enough that an estimate of the time left is soon good


@dataclass(frozen=True)
class Preparation:
    """What was done.

    Attributes:
        frames: Crops in the index.
        lost: Frames without a crop, by reason.
        seconds: Time taken by this run.
        done_now: Frames that this run went through.
        workers: Processes that worked.
    """

    frames: int
    lost: Counter
    seconds: float
    done_now: int
    workers: int

    def lines(self) -> list[str]:
        """Return the summary as lines of text."""
        lines = [f'{self.frames:,} crops, {self.lost.total():,} frames lost']
        lines += [f'  {count:,} {why}' for why, count in self.lost.most_common(5)]
        if self.done_now:
            rate = self.done_now / self.seconds / self.workers
            lines.append(
                f'{self.done_now:,} frames in {self.seconds:.0f} s: {rate:.1f} frames '
                f'per second and process, {self.workers} processes'
            )
        return lines


def prepare(
    dataset: FaceDataset,
    dst: str | Path,
    policy: CropPolicy,
    detector: dict[str, Any],
    options: Mapping[str, Any],
    workers: int,
) -> Preparation:
    """Cut the faces out of a dataset's frames.

    Stopped at any moment and called again, it goes on; called again when finished, it
    does nothing. The source is only read.

    Args:
        dataset: The official tree, not loaded.
        dst: New folder, or one that the same call has begun.
        policy: How faces are cut out.
        detector: Config of a detector, such as ``{'type': 'MTCNN'}``; not used where
            the policy asks the dataset.
        options: What the dataset was built with, for the index.
        workers: Processes.

    Returns:
        What was done. Frames without a crop are listed in ``dst/lost_frames.csv``.

    Raises:
        PreparationError: If ``dst`` holds something else or cannot be written, or there
            is no such detector.
        DataRootError: If the source is not as documented.
    """
    dst = Path(dst).resolve()
    _check_apart(Path(dataset.data_root).resolve(), dst)
    detector = detector if policy.faces == 'detector' else None
    start = time.monotonic()
    frames = dataset.frames_to_prepare(dataset.source_frames())
    _check_keys(frames)
    settings = {
        'dataset': dataset.metainfo['dataset'],
        'options': dict(options),
        'crop': policy.describe(_with_version(detector)),
        'source_frames': _signature(frames),
        'synthetic': dataset.metainfo['synthetic'],
    }
    if _claim(dst, settings):
        jobs = _jobs(dataset, frames, policy, detector, dst)
        left = [job for job in jobs if not job.shard.is_file()]
        run_jobs(run_crop_job, left, workers, f'faces of {settings["dataset"]}')
        _finish(dst, jobs, settings)
        done_now = sum(len(job.frames) for job in left)
    else:
        print(f'{dst}: prepared already', file=sys.stderr)
        done_now = 0
    header = read_header(dst)
    return Preparation(
        header['frames'],
        Counter(header['lost']),
        time.monotonic() - start,
        done_now,
        workers,
    )


def _check_apart(src: Path, dst: Path) -> None:
    if dst == src or src in dst.parents:
        raise PreparationError(
            f'{dst} lies in the source {src}, which is never written to: choose '
            'another destination'
        )
    if has_index(src):
        raise PreparationError(
            f'{src} is prepared already: prepare the dataset as it was released'
        )


def _check_keys(frames: FrameTable) -> None:
    """Subject, sequence and frame must name one crop."""
    columns = frames.columns
    keys = np.stack(
        [columns['subject'].codes, columns['sequence'].codes, columns['frame']], axis=1
    )
    unique, counts = np.unique(keys, axis=0, return_counts=True)
    if len(unique) < len(keys):
        subject, sequence, frame = unique[counts.argmax()].tolist()
        raise PreparationError(
            f'{columns["subject"].names[subject]}/{columns["sequence"].names[sequence]}'
            f'/{frame} stands for {counts.max()} frames: their crops would overwrite '
            'each other'
        )


def _with_version(detector: dict[str, Any] | None) -> dict[str, Any] | None:
    if detector is None:
        return None
    try:
        version = DETECTORS.build(detector).version
    except (KeyError, TypeError, ValueError) as error:
        raise PreparationError(f'detector {detector}: {error.args[0]}') from error
    return {**detector, 'version': version}


def _signature(frames: FrameTable) -> str:
    """Return a hash of which frames there are, so that a changed source is noticed."""
    digest = hashlib.sha256(str(len(frames)).encode())
    for name in ('subject', 'sequence'):
        column = frames.columns[name]
        digest.update('\n'.join(column.names).encode())
        digest.update(column.codes.tobytes())
    digest.update(np.ascontiguousarray(frames.columns['frame'], np.int64).tobytes())
    return digest.hexdigest()[:16]


def _claim(dst: Path, settings: dict[str, Any]) -> bool:
    """Return whether there is work to do in ``dst``; refuse what is not ours."""
    begun = dst / WORK_FOLDER / 'settings.json'
    if has_index(dst):
        _check_same(dst, read_header(dst), settings)
        return False
    if begun.is_file():
        _check_same(dst, json.loads(begun.read_text('utf-8')), settings)
        return True
    if dst.exists() and (not dst.is_dir() or any(dst.iterdir())):
        raise PreparationError(f'{dst} is not empty: choose a new folder')
    try:
        begun.parent.mkdir(parents=True)
        half = begun.with_suffix('.tmp')
        half.write_text(json.dumps(settings, indent=2) + '\n', 'utf-8')
        os.replace(half, begun)
    except OSError as error:
        raise PreparationError(f'{dst} cannot be written: {error.strerror}') from error
    return True


def _check_same(
    dst: Path, found: Mapping[str, Any], settings: Mapping[str, Any]
) -> None:
    differing = [
        f'  {key}: there {found.get(key)}, wanted {value}'
        for key, value in settings.items()
        if found.get(key) != value
    ]
    if differing:
        raise PreparationError(
            f'{dst} was prepared, or begun, with other settings:\n'
            + '\n'.join(differing)
            + '\nChoose another folder, or delete this one first.'
        )


def _jobs(
    dataset: FaceDataset,
    frames: FrameTable,
    policy: CropPolicy,
    detector: dict[str, Any] | None,
    dst: Path,
) -> list[CropJob]:
    """Cut the frames into pieces that do not cross from one recording to another."""
    codes = [frames.columns[name].codes for name in ('subject', 'sequence')]
    changes = np.flatnonzero(np.any([np.diff(code) != 0 for code in codes], axis=0)) + 1
    edges = np.concatenate([[0], changes, [len(frames)]])
    jobs = []
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        for first in range(start, stop, _PER_JOB):
            rows = np.arange(first, min(first + _PER_JOB, stop))
            shard = dst / WORK_FOLDER / f'{len(jobs):06d}.npz'
            piece = frames.take(rows)
            jobs.append(CropJob(dataset, piece, policy, detector, dst, shard))
    return jobs


def _finish(dst: Path, jobs: list[CropJob], settings: dict[str, Any]) -> None:
    """Collect the shards: lost frames first; the index ends the preparation."""
    tables, lost = [], []
    for job in jobs:
        table, header = load_table(job.shard, dst)
        tables.append(table)
        lost += header['lost']
    frames = FrameTable.concatenate(tables)
    if not len(frames):
        why = Counter(row[-1] for row in lost).most_common(1)[0][0]
        raise PreparationError(f'not one face was cut out; most often: {why}')
    with (dst / LOST_FILE).open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(['subject', 'sequence', 'frame', 'image', 'reason'])
        writer.writerows(lost)
    if settings['synthetic']:
        source = Path(jobs[0].dataset.data_root, SYNTHETIC_MARKER)
        shutil.copyfile(source, dst / SYNTHETIC_MARKER)
    reasons = Counter(row[-1].replace(row[3], 'the image') for row in lost)
    header = {
        **settings,
        'version': __version__,
        'frames': len(frames),
        'lost': dict(reasons.most_common()),
    }
    write_index(dst, frames, header)
    shutil.rmtree(dst / WORK_FOLDER)
