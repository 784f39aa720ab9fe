"""Images on disk: a file each, in a folder or in a zip file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import cv2
import numpy as np

_JPEG_QUALITY = 92


def write_jpegs(folder: Path, images: Iterable[tuple[str, np.ndarray]]) -> None:
    """Write images into a folder, which is made.

    Args:
        folder: Where the files go.
        images: File names and RGB images (H, W, 3), uint8.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, image in images:
        (folder / name).write_bytes(encode_image(image))


def write_jpeg_zip(
    path: Path, images: Iterable[tuple[str, np.ndarray]], rng: np.random.Generator
) -> None:
    """Write images into one zip file, whose folder is made.

    Args:
        path: Of the zip file.
        images: Entry names and RGB images (H, W, 3), uint8.
        rng: Shuffles the entries.
    """
    entries = [(name, encode_image(image)) for name, image in images]
    path.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(path, 'w') as archive:
        for index in rng.permutation(len(entries)).tolist():
            name, content = entries[index]
            # ZipInfo dates every entry 1980, so equal frames give equal files.
            archive.writestr(ZipInfo(name), content)


def encode_image(
    image: np.ndarray, suffix: str = '.jpg', quality: int = _JPEG_QUALITY
) -> bytes:
    """Return the content of an image file.

    Args:
        image: RGB image (H, W, 3) or grey image (H, W), uint8.
        suffix: '.jpg' or '.png'.
        quality: Of a JPG, 1 .. 100.

    Raises:
        OSError: OpenCV cannot write such files.
    """
    # OpenCV means blue, green, red.
    stored = image if image.ndim == 2 else image[..., ::-1]
    setting = [cv2.IMWRITE_JPEG_QUALITY, quality] if suffix == '.jpg' else []
    done, content = cv2.imencode(suffix, stored, setting)
    if not done:
        raise OSError(f'this OpenCV cannot write {suffix} images')
    return content.tobytes()
