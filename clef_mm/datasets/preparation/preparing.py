"""Prepare a dataset: plan, work in parallel, go on after a stop, collect the index."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clef_mm import __version__
from clef_mm.datasets.face_dataset import FaceDataset
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.job_pool import run_jobs
from clef_mm.datasets.preparation.crop_job import (
    CropJob,
    PreparationError,
    cannot_write,
    run_crop_job,
)
from clef_mm.datasets.preparation.face_finder import FaceFinder
from clef_mm.datasets.preparation.work_folder import WorkFolder
from clef_mm.datasets.prepared_index import (
    has_index,
    hash_table,
    load_table,
    read_header,
    write_index,
)
from clef_mm.datasets.synthetic_marker import copy_marker
from clef_mm.faces.crop_policy import CropPolicy
from clef_mm.registry import DETECTORS

LOST_FILE = 'lost_frames.csv'
_PER_JOB = 200  # frames; few enough that an estimate of the time left is soon good


@dataclass(frozen=True)
class Preparation:
    """What was done.

    Attributes:
        frames: Crops in the index.
        lost: Frames without a crop, by reason.
        report: What the dataset found in the source, and what is odd about it.
        seconds: Time taken by this run.
        done_now: Frames that this run went through.
        workers: Processes that worked.
    """

    frames: int
    lost: Counter
    report: tuple[str, ...]
    seconds: float
    done_now: int
    workers: int

    def lines(self) -> list[str]:
        """Return the summary as lines of text."""
        lines = [f'source: {line}' for line in self.report]
        lines.append(f'{self.frames:,} crops, {self.lost.total():,} frames lost')
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
    modules: Sequence[str] = (),
) -> Preparation:
    """Cut the faces out of a dataset's frames.

    Stopped at any moment and called again, it goes on; called again when finished, it
    does nothing. The source is only read.

    Args:
        dataset: The official tree, whole and not loaded.
        dst: New folder, or one that the same call has begun.
        policy: How faces are cut out.
        detector: Config of a detector, such as ``{'type': 'MTCNN'}``; not used where
            the policy asks the dataset.
        options: What the dataset was built with, for the index.
        workers: Processes, at least 1.
        modules: That register a dataset or detector of one's own.

    Returns:
        What was done. Frames without a crop are listed in ``dst/lost_frames.csv``.

    Raises:
        PreparationError: If ``dst`` holds something else or cannot be written, or an
            argument makes no sense.
        DataRootError: If the source is not as documented.
        CropPolicyError: If the policy asks the dataset for what it does not ship.
    """
    dst = Path(dst).resolve()
    _check_arguments(dataset, dst, workers)
    detector = detector if policy.faces == 'detector' else None
    start = time.monotonic()
    frames = dataset.frames_to_prepare(dataset.source_frames())
    _check_frames(dataset, frames)
    # Refuses what the dataset does not ship, before anything is written.
    FaceFinder(policy, dataset, frames.take(np.arange(1)), detector=None)
    settings = _plain(
        {
            'dataset': dataset.metainfo['dataset'],
            'version': __version__,
            'source_options': dataset.source_options(),
            'options': options,
            'crop': policy.describe(
                _resolved(detector),
                {name: getattr(dataset, name) for name in dataset.IMAGE_OPTIONS},
            ),
            'source_frames': hash_table(frames, Path(dataset.data_root)),
            'frames_a_piece': _PER_JOB,
            'synthetic': dataset.metainfo['synthetic'],
        }
    )
    done_now = 0
    with WorkFolder(dst) as work:
        if work.claim(settings):
            jobs = _jobs(dataset, frames, policy, detector, work)
            left = [job for job in jobs if not job.shard.is_file()]
            label = f'faces of {settings["dataset"]}'
            run_jobs(run_crop_job, left, workers, label, modules)
            _finish(dataset, work, jobs, settings)
            done_now = sum(len(job.frames) for job in left)
        else:
            print(f'{dst}: prepared already', file=sys.stderr)
    header = read_header(dst)
    return Preparation(
        header['frames'],
        Counter(header['lost']),
        tuple(header['report']),
        time.monotonic() - start,
        done_now,
        workers,
    )


def _check_arguments(dataset: FaceDataset, dst: Path, workers: int) -> None:
    src = Path(dataset.data_root).resolve()
    if dst == src or src in dst.parents:
        raise PreparationError(
            f'{dst} lies in the source {src}, which is never written to: choose '
            'another destination'
        )
    if has_index(src):
        raise PreparationError(
            f'{src} is prepared already: prepare the dataset as it was released'
        )
    if workers < 1:
        raise PreparationError(f'workers must be at least 1, got {workers}')
    if dataset.subjects is not None or dataset.every > 1:
        raise PreparationError(
            'a dataset is prepared whole: choose subjects, split and every when it is '
            'trained on'
        )


def _check_frames(dataset: FaceDataset, frames: FrameTable) -> None:
    """There must be some, and subject, sequence and frame must name one crop each."""
    if not len(frames):
        raise PreparationError(
            f'{dataset.data_root} holds no frame to prepare. '
            + ' '.join(dataset.report.lines())
        )
    columns = frames.columns
    for kind in ('subject', 'sequence'):
        for name in columns[kind].names:
            if name in ('.', '..') or re.search(r'[/\\\0]', name):
                raise PreparationError(
                    f'the {kind} {name!r} cannot be the name of a folder'
                )
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


def _resolved(detector: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return type, version and all settings of a detector, defaults too."""
    if detector is None:
        return None
    try:
        built = DETECTORS.build(detector)
    except (KeyError, TypeError, ValueError) as error:
        raise PreparationError(f'detector {detector}: {error.args[0]}') from error
    settings = {
        name: value for name, value in vars(built).items() if not name.startswith('_')
    }
    return {**settings, 'type': detector['type'], 'version': built.version}


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings as they are read back: JSON has no tuples."""
    return json.loads(json.dumps(settings, default=str))


def _jobs(
    dataset: FaceDataset,
    frames: FrameTable,
    policy: CropPolicy,
    detector: dict[str, Any] | None,
    work: WorkFolder,
) -> list[CropJob]:
    """Cut the frames into pieces that do not cross from one recording to another."""
    codes = [frames.columns[name].codes for name in ('subject', 'sequence')]
    changes = np.flatnonzero(np.any([np.diff(code) != 0 for code in codes], axis=0)) + 1
    edges = np.concatenate([[0], changes, [len(frames)]])
    jobs = []
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        for first in range(start, stop, _PER_JOB):
            rows = np.arange(first, min(first + _PER_JOB, stop))
            shard = work.shard(len(jobs))
            piece = frames.take(rows)
            jobs.append(CropJob(dataset, piece, policy, detector, work.root, shard))
    return jobs


def _finish(
    dataset: FaceDataset,
    work: WorkFolder,
    jobs: list[CropJob],
    settings: dict[str, Any],
) -> None:
    """Collect the shards: lost frames first; the index ends the preparation."""
    tables, lost = [], []
    for job in jobs:
        table, header = load_table(job.shard, work.root)
        tables.append(table)
        lost += header['lost']
    frames = FrameTable.concatenate(tables)
    reasons = Counter(_reason(row) for row in lost)
    if not len(frames):
        why = reasons.most_common(1)[0][0]
        raise PreparationError(f'not one face was cut out; most often: {why}')
    header = {
        **settings,
        'frames': len(frames),
        'lost': dict(reasons.most_common()),
        'report': dataset.report.lines(),
    }
    try:
        with (work.root / LOST_FILE).open('w', newline='', encoding='utf-8') as file:
            writer = csv.writer(file)
            writer.writerow(['subject', 'sequence', 'frame', 'image', 'reason'])
            writer.writerows(lost)
        if settings['synthetic']:
            copy_marker(dataset.data_root, work.root)
        write_index(work.root, frames, header)
    except OSError as error:
        raise cannot_write(error, work.root) from error
    shutil.rmtree(work.folder)


def _reason(row: Sequence[Any]) -> str:
    """Return why a frame was lost, without what names the frame."""
    *_, image, why = row
    return re.sub(r'frame \d+', 'frame', why.replace(image, 'the image'))
