"""Recordings on disk as one video each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np


def write_video(
    path: Path, frames: Iterable[np.ndarray], size: int, frames_per_second: int
) -> None:
    """Write a Motion-JPEG video, which every build of OpenCV can read.

    Args:
        path: Of the video, `.avi`; its folder is made.
        frames: RGB images (size, size, 3), uint8.
        size: Side of a frame in pixels.
        frames_per_second: Speed of the video.

    Raises:
        OSError: OpenCV cannot write it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    codec = cv2.VideoWriter_fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(path), codec, frames_per_second, (size, size))
    if not writer.isOpened():
        raise OSError(f'{path}: this OpenCV cannot write Motion-JPEG videos')
    try:
        for frame in frames:
            writer.write(np.ascontiguousarray(frame[..., ::-1]))
    finally:
        writer.release()
