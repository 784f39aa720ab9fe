"""Where the face is in each frame: asked of a detector, or of the dataset itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clef_mm.datasets.face_dataset import FaceDataset
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.faces import Face, FaceDetector
from clef_mm.faces.crop_policy import CropPolicy, CropPolicyError


class NoFaceError(Exception):
    """No face to cut out of this frame; says why. The frame is left out and counted."""


@dataclass(frozen=True)
class FoundFace:
    """A face in a frame, as far as it is known.

    Attributes:
        box: (4,) float32 x0, y0, x1, y1 in pixels of the frame; NaN if not known.
        points: (5, 2) float32, in the order of :class:`clef_mm.faces.Face`; NaN if not
            known.
        score: Of the detector, in [0, 1]; NaN without one.
    """

    box: np.ndarray
    points: np.ndarray
    score: float = np.nan


class FaceFinder:
    """Finds the face of each of a few frames.

    Args:
        policy: Says who is asked.
        dataset: Asked for landmarks; boxes stand in its column ``box``.
        frames: The frames, (N).
        detector: Needed where the policy asks for one.

    Raises:
        CropPolicyError: If the dataset ships no landmarks or boxes but was to be asked.
    """

    def __init__(
        self,
        policy: CropPolicy,
        dataset: FaceDataset,
        frames: FrameTable,
        detector: FaceDetector | None,
    ) -> None:
        self.policy = policy
        self.detector = detector
        count = len(frames)
        self.boxes = np.asarray(
            frames.columns.get('box', np.full((count, 4), np.nan)), np.float32
        )
        self.points = np.full((count, 5, 2), np.nan, np.float32)
        if policy.faces == 'dataset':
            self._ask(dataset, frames)

    def find(self, row: int, image: np.ndarray) -> FoundFace:
        """Return the face in frame ``row``, decoded to ``image`` (H, W, 3).

        Raises:
            NoFaceError: If there is none.
        """
        if self.policy.faces == 'detector':
            face = self._choose(self.detector.detect(image), self.boxes[row])
            return FoundFace(face.box, face.points, face.score)
        found = FoundFace(self.boxes[row], self.points[row])
        if self.policy.kind == 'box' and not _spans(found.box.reshape(2, 2)):
            raise NoFaceError('the dataset gives no face box')
        if self.policy.kind == 'similarity' and not _spans(found.points):
            raise NoFaceError('the dataset gives no landmarks')
        return found

    def _ask(self, dataset: FaceDataset, frames: FrameTable) -> None:
        name = dataset.metainfo['dataset']
        if self.policy.kind == 'box':
            if 'box' not in frames.columns:
                raise CropPolicyError(f"{name} ships no face boxes: use policy 'box'")
            return
        points = dataset.own_points(frames)
        if points is None:
            raise CropPolicyError(f"{name} ships no landmarks: use policy 'aligned'")
        self.points = points

    def _choose(self, faces: list[Face], box: np.ndarray) -> Face:
        """Take the detector's best face, or the one that the dataset's box means."""
        if not faces:
            raise NoFaceError('no face found')
        if np.isnan(box).any():
            return faces[0]
        overlaps = [_intersection_over_union(face.box, box) for face in faces]
        if max(overlaps) == 0:
            raise NoFaceError("no face found where the dataset's box is")
        return faces[int(np.argmax(overlaps))]


def _spans(points: np.ndarray) -> bool:
    """Return whether points are all known and not all in one place."""
    return not np.isnan(points).any() and bool((np.ptp(points, axis=0) > 1).all())


def _intersection_over_union(first: np.ndarray, second: np.ndarray) -> float:
    low, high = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
    shared = np.prod(np.maximum(high - low, 0))
    areas = np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2])
    return float(shared / max(areas - shared, 1e-9))
