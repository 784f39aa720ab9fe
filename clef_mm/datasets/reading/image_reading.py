"""Decode faces to uint8, from image files and from videos."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

import cv2
import numpy as np

from clef_mm.datasets.reading.image_archives import (
    ArchiveError,
    open_archive,
    split_archive_path,
)
from clef_mm.errors import UserError


class BrokenImageError(UserError, OSError):
    """An image that is missing, empty, cut short or not an image; names the file."""


def read_image(path: str | Path) -> np.ndarray:
    """Decode an image file to RGB uint8 (H, W, 3).

    Args:
        path: The file; it may lie in a ZIP archive (``F001.zip/F001/T1/0000.jpg``).

    Raises:
        BrokenImageError: If the file cannot be read or decoded, or is cut short, which
            the decoder itself would pass over with grey rows.
    """
    data = _read_bytes(path)
    if not data:
        raise BrokenImageError(f'{path} is empty (0 bytes)')
    # A JPEG ends with the marker FF D9; some writers pad a few bytes behind it.
    if data[:2] == b'\xff\xd8' and b'\xff\xd9' not in data[-64:]:
        raise BrokenImageError(
            f'{path} is cut short: its end-of-image marker is missing'
        )
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # a damaged header may ask for an image of impossible size
        image = None
    if image is None:
        raise BrokenImageError(f'{path} is not an image that OpenCV can decode')
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def read_video_frame(path: str | Path, index: int) -> np.ndarray:
    """Decode one frame of a video to RGB uint8 (H, W, 3).

    Reading frames in order is fast; a jump makes the decoder seek.

    Args:
        path: Video file.
        index: 0-based position of the frame.

    Raises:
        BrokenImageError: If the video does not open or has no such frame.
    """
    return _open_videos(os.getpid())(str(path)).read(index)


def count_video_frames(path: str | Path) -> int:
    """Return the number of frames that a video's header declares."""
    capture = _open(str(path))
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    capture.release()
    return count


def _read_bytes(path: str | Path) -> bytes:
    try:
        inside = split_archive_path(path)
        if inside is not None:
            archive, name = inside
            return open_archive(archive).read(name)
        return Path(path).read_bytes()
    except ArchiveError as error:
        raise BrokenImageError(str(error)) from error
    except OSError as error:
        raise BrokenImageError(f'{path} cannot be read: {error.strerror}') from error


def _open(path: str) -> cv2.VideoCapture:
    """Open a video to be decoded by one thread.

    A fork leaves threads behind, and a decoder that misses one of its own waits for it
    forever, even when it is only deleted. One thread is also the faster to seek.
    """
    capture = cv2.VideoCapture(path, cv2.CAP_ANY, [cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        raise BrokenImageError(f'{path} is not a video that OpenCV can open')
    return capture


class _Video:
    """An open video that remembers where it stands."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.capture = _open(path)
        self.next = 0

    def read(self, index: int) -> np.ndarray:
        image = self._decode(index)
        if image is None:
            # A decoder can lose its way: a fresh one is asked before the frame is lost.
            self.capture, self.next = _open(self.path), 0
            image = self._decode(index)
        if image is None:
            raise BrokenImageError(f'{self.path} has no readable frame {index}')
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)

    def _decode(self, index: int) -> np.ndarray | None:
        if index != self.next:
            self.capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        decoded, image = self.capture.read()
        self.next = index + 1 if decoded else -1
        return image if decoded else None


@cache
def _open_videos(process: int) -> Callable[[str], _Video]:
    """Return what opens videos in this process.

    Each loader worker keeps a few open: the sequences of a shuffled batch recur. It
    opens its own: an inherited one would share its place in the file with others.
    """
    return lru_cache(maxsize=64)(_Video)
