"""From a dataset record to what a loader batches.

Everything random happens later, on the device and on whole batches: see
:class:`clef_mm.models.FacePreprocessor`.
"""

from __future__ import annotations

from typing import Any

from clef_mm.datasets.reading.record_image import read_record_image
from clef_mm.faces.cropping import resize, square_crop
from clef_mm.registry import TRANSFORMS
from clef_mm.structures import FaceSample

_SAMPLE_FIELDS = (
    'img_path',
    'subject',
    'sequence',
    'frame',
    'activity',
    'gt_aus',
    'gt_expression',
    'gt_distribution',
    'caption',
)


@TRANSFORMS.register_module()
class LoadFace:
    """Decode a record's image once: RGB uint8, centred square, resized.

    The image may be a file, a frame of a video or a row of a table; see
    :func:`clef_mm.datasets.reading.record_image.read_record_image`.

    Args:
        size: Side of the square that comes out, pixels.
    """

    def __init__(self, size: int = 224) -> None:
        self.size = size

    def __call__(self, record: dict[str, Any]) -> dict[str, Any]:
        """Add ``image``, (size, size, 3) uint8."""
        image = read_record_image(record)
        return {**record, 'image': resize(square_crop(image), self.size)}

    def __repr__(self) -> str:
        return f'LoadFace(size={self.size})'


@TRANSFORMS.register_module()
class PackFace:
    """Leave the image and a :class:`FaceSample` of what is known about it."""

    def __call__(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return ``inputs``, (size, size, 3) uint8, and ``data_samples``."""
        known = {name: record[name] for name in _SAMPLE_FIELDS if name in record}
        return {'inputs': record['image'], 'data_samples': FaceSample(**known)}

    def __repr__(self) -> str:
        return 'PackFace()'
