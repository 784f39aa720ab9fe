"""A detector that can be told what to find, and a small tree to prepare."""

import numpy as np
import pytest

from clef_mm.faces import Face, FaceDetector
from clef_mm.registry import DETECTORS

POINTS = np.array([[5, 4], [9, 4], [7, 6], [5.5, 8], [8.5, 8]], np.float32)
BOX = np.array([3, 1, 11, 10], np.float32)


@DETECTORS.register_module()
class CentreDetector(FaceDetector):
    """Finds a face in the middle of the 16 x 12 images, unless they are dark."""

    name = 'centre'
    version = '1'
    calls = 0

    def __init__(self):
        super().__init__(long_side=64)

    def _find(self, image):
        CentreDetector.calls += 1
        if image.mean() < 40:
            return []
        return [Face(BOX, POINTS, 0.75)]


@pytest.fixture
def detections():
    """Return a function that counts the detector's calls since the test began."""
    before = CentreDetector.calls
    return lambda: CentreDetector.calls - before
