"""How a face is cut out of a frame.

Scores of AU detectors depend on the crop, and papers seldom say which one was used.
Here a crop has a name and a hash; both stand in the index of a prepared tree, in every
checkpoint trained on it and in every report.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from clef_mm.errors import UserError, nearest

CROPPING_VERSION = 1
"""Counts up whenever the same policy gives other pixels than before."""


class CropPolicyError(UserError, ValueError):
    """A crop policy that does not exist, or a setting that it cannot have."""


@dataclass(frozen=True, slots=True)
class CropPolicy:
    """What decides the pixels of a crop, apart from the detector.

    Attributes:
        name: One of ``POLICIES``.
        kind: ``'similarity'``: eyes level, as JAA-Net aligns; ``'box'``: an upright
            square around the face box; ``'whole'``: the image's centred square.
        faces: Who says where the face is: ``'detector'``, ``'dataset'``, ``'nobody'``.
        scale: Side of the crop over the longer side of the extent of the five points
            (similarity) or of the face box (box).
        size: Side of the crop in pixels; 0 keeps that of the image.
        border: Grey level where the crop reaches over the edge of the frame.
        quality: Of the JPEG, 1 to 100.
    """

    name: str
    kind: str
    faces: str
    scale: float = 1.0
    size: int = 256
    border: int = 128
    quality: int = 95

    def __post_init__(self) -> None:
        keeps_size = self.size == 0 and self.kind == 'whole'
        if not keeps_size and not 16 <= self.size <= 2048:
            raise CropPolicyError(f'size {self.size} is not in 16 .. 2048 pixels')
        if not 0.5 <= self.scale <= 10:
            raise CropPolicyError(f'scale {self.scale} is not in 0.5 .. 10')
        if not 1 <= self.quality <= 100:
            raise CropPolicyError(f'quality {self.quality} is not in 1 .. 100')

    def describe(
        self,
        detector: Mapping[str, object] | None = None,
        source: Mapping[str, object] | None = None,
    ) -> dict[str, object]:
        """Return every setting and a hash of them all.

        Args:
            detector: Settings and version of the detector, where one is used.
            source: Options of the dataset that choose its images, such as a camera.
        """
        settings = {
            **asdict(self),
            'detector': detector and dict(detector),
            'source': dict(source or {}),
            'cropping_version': CROPPING_VERSION,
        }
        text = json.dumps(settings, sort_keys=True, default=str)
        return {**settings, 'hash': hashlib.sha256(text.encode()).hexdigest()[:12]}


POLICIES: Mapping[str, CropPolicy] = {
    policy.name: policy
    for policy in (
        CropPolicy('aligned', 'similarity', 'detector', scale=2.9),
        CropPolicy('aligned_own', 'similarity', 'dataset', scale=2.9),
        CropPolicy('box', 'box', 'detector', scale=1.3),
        CropPolicy('box_own', 'box', 'dataset', scale=1.3),
        CropPolicy('whole', 'whole', 'nobody', size=0),
    )
}
"""By name; ``_own``: by the landmarks or boxes that the dataset ships."""


def get_policy(
    name: str, size: int | None = None, scale: float | None = None
) -> CropPolicy:
    """Return a named policy, with another size or scale if given.

    Raises:
        CropPolicyError: If there is none of that name, or a value is out of range.
    """
    if name not in POLICIES:
        raise CropPolicyError(
            f"no crop policy '{name}'{nearest(name, POLICIES)} "
            f'Known: {", ".join(POLICIES)}'
        )
    changes = {'size': size, 'scale': scale}
    given = {key: value for key, value in changes.items() if value is not None}
    if 'scale' in given and POLICIES[name].kind == 'whole':
        raise CropPolicyError('whole images have no scale')
    return replace(POLICIES[name], **given)
