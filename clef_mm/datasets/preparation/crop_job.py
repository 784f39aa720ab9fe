"""One piece of the work: the faces of up to a few hundred frames of one recording.

A piece is finished when its shard, the records of its crops, stands in the work folder;
the shard is written last and at once. A piece without a shard is done again from its
start, so a crop that was half written when the power failed is never used.
"""

from __future__ import annotations

import errno
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from clef_mm.datasets.face_dataset import FaceDataset
from clef_mm.datasets.frame_table import Categories, FrameTable, Paths
from clef_mm.datasets.preparation.face_finder import (
    FaceFinder,
    FoundFace,
    NoFaceError,
)
from clef_mm.datasets.prepared_index import save_table
from clef_mm.datasets.reading.image_reading import BrokenImageError
from clef_mm.datasets.reading.record_image import read_record_image
from clef_mm.errors import UserError
from clef_mm.faces import FaceDetector
from clef_mm.faces.crop_policy import CropPolicy
from clef_mm.faces.cropping import crop_face
from clef_mm.registry import DETECTORS

_PER_FOLDER = 1000  # photographs; frames lie in the folder of their recording
# Reasons of the system for which a file will never be read; others may pass.
_LASTING = (None, errno.ENOENT, errno.EISDIR, errno.ENOTDIR)
_SOURCE_PLACES = ('video_frame', 'pixel_offset')


class PreparationError(UserError, OSError):
    """A preparation that cannot go on; says what to do."""


@dataclass(frozen=True)
class CropJob:
    """What a worker needs.

    Attributes:
        dataset: The dataset, not loaded.
        frames: Records of the frames to cut the faces out of.
        policy: How.
        detector: Config of a detector; None where none is needed.
        root: The tree that is being prepared.
        shard: File that the records of the finished crops go to.
    """

    dataset: FaceDataset
    frames: FrameTable
    policy: CropPolicy
    detector: dict[str, Any] | None
    root: Path
    shard: Path


def run_crop_job(job: CropJob) -> None:
    """Write the crops of one job, then its shard.

    The shard's header lists the frames that were lost: subject, sequence, frame, image
    and reason.

    Raises:
        PreparationError: If something cannot be written.
    """
    detector = None
    if job.detector is not None:
        detector = _detector(json.dumps(job.detector, sort_keys=True))
    finder = FaceFinder(job.policy, job.dataset, job.frames, detector)
    files = crop_files(job.frames)
    faces: dict[int, FoundFace] = {}
    lost = []
    try:
        for row, record in enumerate(job.frames):
            try:
                image = read_record_image(record)
                face = finder.find(row, image)
            except (BrokenImageError, NoFaceError) as error:
                _refuse_passing(error)
                key = [record[name] for name in ('subject', 'sequence', 'frame')]
                lost.append([*key, record['img_path'], str(error)])
                continue
            crop = crop_face(image, job.policy, face.points, face.box)
            _write_jpeg(job.root / files[row], crop, job.policy.quality)
            faces[row] = face
        kept = _records(job, files, faces)
        save_table(job.shard, kept, {'lost': lost}, job.root)
    except PreparationError:
        raise
    except OSError as error:
        raise cannot_write(error, job.root) from error


def crop_files(frames: FrameTable) -> list[Path]:
    """Return where each crop goes, relative to the prepared tree.

    ``faces/F001/T1/002440.jpg``; photographs, which belong to no recording, lie a
    thousand to a folder: ``faces/train/012/012345.jpg``.
    """
    return [
        Path(
            'faces',
            record['subject'],
            record['sequence'] or f'{record["frame"] // _PER_FOLDER:03d}',
            f'{record["frame"]:06d}.jpg',
        )
        for record in frames
    ]


def _records(
    job: CropJob, files: list[Path], faces: dict[int, FoundFace]
) -> FrameTable:
    """Return the records of the crops: those of the frames, with image and face."""
    rows = np.fromiter(faces, np.intp, len(faces))
    columns = dict(job.frames.take(rows).columns)
    for name in _SOURCE_PLACES:
        columns.pop(name, None)
    folders = Categories.of([str(job.root / files[row].parent) for row in rows])
    names = np.array([files[row].name for row in rows], dtype=np.str_)
    found = list(faces.values())
    columns['img_path'] = Paths(folders, names)
    columns['box'] = np.array([face.box for face in found], np.float32).reshape(-1, 4)
    columns['points'] = np.array([face.points for face in found], np.float32).reshape(
        -1, 5, 2
    )
    columns['score'] = np.array([face.score for face in found], np.float32)
    return FrameTable(columns)


def _write_jpeg(path: Path, crop: np.ndarray, quality: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality]
    # Encoded in memory: OpenCV's own writing does not tell why it failed.
    _, data = cv2.imencode('.jpg', crop[..., ::-1], settings)
    half = path.with_suffix('.tmp')
    half.write_bytes(data.tobytes())
    os.replace(half, path)


def _refuse_passing(error: Exception) -> None:
    """Raise unless a frame is lost for good: a disk that fails may work again."""
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno not in _LASTING:
        raise PreparationError(
            f'{error}. No frame is given up for this: mend it, then run the same '
            'command again'
        ) from error


def cannot_write(error: OSError, root: Path) -> PreparationError:
    """Return the error to raise where writing below ``root`` has failed."""
    cure = (
        'Free some space'
        if error.errno in (errno.ENOSPC, errno.EDQUOT)
        else 'Mend that'
    )
    return PreparationError(
        f'writing below {root} failed: {error.strerror or error}. {cure}, then run the '
        'same command again: it goes on where it stopped'
    )


@cache
def _detector(config: str) -> FaceDetector:
    """Return the detector of this process: loading its weights takes a while."""
    return DETECTORS.build(json.loads(config))
