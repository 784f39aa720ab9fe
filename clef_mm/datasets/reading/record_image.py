"""Decode the image of a record, wherever it lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clef_mm.datasets.reading.image_reading import read_image, read_video_frame
from clef_mm.datasets.reading.pixel_csv import read_pixel_row


def read_record_image(record: Mapping[str, Any]) -> np.ndarray:
    """Decode to RGB uint8 (H, W, 3).

    Args:
        record: ``img_path`` names an image file; or a video, in which ``video_frame``
            is a 0-based position; or a table of pixels, in which a row starts at the
            byte ``pixel_offset``. Both are -1 for an image file among others.

    Raises:
        BrokenImageError: If it cannot be decoded.
    """
    path = record['img_path']
    if record.get('video_frame', -1) >= 0:
        return read_video_frame(path, record['video_frame'])
    if record.get('pixel_offset', -1) >= 0:
        return read_pixel_row(path, record['pixel_offset'])
    return read_image(path)
