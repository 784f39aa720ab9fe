"""Recordings as they lie on disk: a folder of numbered frames, or a video.

A folder may lie inside a ZIP archive. Frames are known by the number in their name: its
zero padding differs from one recording to the next.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.frame_table import Categories, Column, FrameTable, Paths
from clef_mm.datasets.load_report import LoadReport
from clef_mm.datasets.reading.image_archives import open_archive, split_archive_path
from clef_mm.datasets.reading.image_reading import count_video_frames

_FRAME = re.compile(r'[0-9]{1,9}\.(jpe?g|png|bmp)', re.IGNORECASE)
# What the 2D+3D releases put beside each frame: mesh, its material, its landmarks.
_COMPANION = re.compile(r'.*\.(obj|mtl|bnd|bndplus)', re.IGNORECASE)


@dataclass(frozen=True)
class Recording:
    """The images of one recording, in order.

    Attributes:
        paths: (N,) the image files, or the video N times.
        numbers: (N,) int32, ascending: the numbers in the names; 1, 2, ... of a video.
        positions: (N,) int32, 0-based positions in the video; None for files.
    """

    paths: Paths
    numbers: np.ndarray
    positions: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def table(
        self,
        subject: str,
        sequence: str,
        frame: np.ndarray,
        columns: Mapping[str, Column],
    ) -> FrameTable:
        """Return the images as records.

        Args:
            subject: Who is seen.
            sequence: Which recording of that person.
            frame: (N,) frame numbers as the labels count.
            columns: What else is known, (N, ...) each.
        """
        rows = np.zeros(len(self), np.int32)
        video = {} if self.positions is None else {'video_frame': self.positions}
        return FrameTable(
            {
                'img_path': self.paths,
                'subject': Categories(rows, [subject]),
                'sequence': Categories(rows, [sequence]),
                'frame': frame.astype(np.int32),
                **columns,
                **video,
            }
        )


def stack_recordings(tables: Sequence[FrameTable]) -> FrameTable:
    """Stack records, of which some may be of videos and others of image files.

    Where there is a video, ``video_frame`` of image files is -1.
    """
    tables = [table for table in tables if len(table)]
    if any('video_frame' in table.columns for table in tables):
        tables = [
            FrameTable(
                {'video_frame': np.full(len(table), -1, np.int32)} | table.columns
            )
            for table in tables
        ]
    return FrameTable.concatenate(tables)


def index_recording(source: Path, report: LoadReport) -> Recording:
    """List the frames of a recording.

    Args:
        source: A folder of frames, on disk or inside an archive; or a video.
        report: Takes note of files in the folder that are no frames.

    Raises:
        DataRootError: If two files have the same number.
        UserError: If a video or an archive cannot be opened.
    """
    names = _list_folder(source)
    return (
        _index_video(source) if names is None else _index_files(source, names, report)
    )


def holds_frames(folder: Path) -> bool:
    """Return whether a folder on disk holds numbered images."""
    with os.scandir(folder) as entries:
        return any(_FRAME.fullmatch(entry.name) for entry in entries)


def number_of_frames(folder: Path) -> int:
    """Return how many numbered images a folder holds, on disk or in an archive."""
    return sum(map(is_frame, _list_folder(folder) or ()))


def is_frame(name: str) -> bool:
    """Return whether a file's name is that of a numbered image."""
    return _FRAME.fullmatch(name) is not None


def choose_source(sources: list[Path]) -> Path:
    """Return the one of several places of a recording that holds its frames.

    Other trees may repeat the names: ``__MACOSX`` of an archive, or crops.

    Raises:
        DataRootError: If several of them hold frames.
    """
    if len(sources) == 1:
        return sources[0]
    filled = [path for path in sources if not path.is_dir() or holds_frames(path)]
    if len(filled) > 1:
        raise DataRootError(
            f'{filled[0]} and {filled[1]} both hold the frames of one recording: leave '
            'only one of them in the folder'
        )
    return (filled or sources)[0]


def join_by_number(
    numbers: np.ndarray, label_numbers: np.ndarray, labels: np.ndarray, missing: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give each image the label row of its number.

    Args:
        numbers: (N,) of the images, distinct.
        label_numbers: (M,) of the label rows, distinct.
        labels: (M, ...) label rows.
        missing: What an image without a label row gets.

    Returns:
        (N, ...) labels of the images, and a mask (N,) of those that have a label row.
    """
    joined = np.full((len(numbers), *labels.shape[1:]), missing, labels.dtype)
    _, image, row = np.intersect1d(
        numbers, label_numbers, assume_unique=True, return_indices=True
    )
    joined[image] = labels[row]
    labelled = np.zeros(len(numbers), bool)
    labelled[image] = True
    return joined, labelled


def _list_folder(source: Path) -> list[str] | None:
    """Return the names in a folder, on disk or inside an archive; None of a video."""
    if source.is_dir():
        return os.listdir(source)
    if inside := split_archive_path(source):
        archive, folder = inside
        return open_archive(archive).images(folder)
    return None


def _index_files(folder: Path, everything: list[str], report: LoadReport) -> Recording:
    names = [name for name in everything if is_frame(name)]
    if len(names) < len(everything):
        stray = [
            f'{folder}/{name}'
            for name in sorted(set(everything) - set(names))
            if not _COMPANION.fullmatch(name)
        ]
        report.note('files that are no frames', stray)
    numbers = np.array([int(name.partition('.')[0]) for name in names], np.int32)
    order = numbers.argsort(kind='stable')
    numbers = numbers[order]
    files = np.array(names, dtype=np.bytes_)[order]
    twice = np.flatnonzero(np.diff(numbers) == 0)
    if len(twice):
        first, second = files[twice[0] : twice[0] + 2].astype(str)
        raise DataRootError(
            f'{folder} holds frame {numbers[twice[0]]} under two names: remove '
            f'{first} or {second}'
        )
    rows = np.zeros(len(files), np.int32)
    return Recording(Paths(Categories(rows, [str(folder)]), files), numbers)


def _index_video(video: Path) -> Recording:
    count = count_video_frames(video)
    rows = np.zeros(count, np.int32)
    files = np.full(count, video.name.encode())
    positions = np.arange(count, dtype=np.int32)
    paths = Paths(Categories(rows, [str(video.parent)]), files)
    return Recording(paths, positions + 1, positions)
