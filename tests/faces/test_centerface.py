"""What only CenterFace has: it needs a new OpenCV."""

import cv2
import pytest
from skimage import data

from clef_mm.faces import CenterFace, DetectorError


def test_an_opencv_that_would_answer_nonsense_is_refused(monkeypatch):
    monkeypatch.setattr(cv2, '__version__', '4.12.0')
    with pytest.raises(DetectorError, match=r'this is 4.12.0; run: pip install'):
        CenterFace()


def test_a_higher_threshold_lets_fewer_faces_pass():
    photograph = data.astronaut()
    (face,) = CenterFace(threshold=0.5).detect(photograph)
    assert CenterFace(threshold=face.score + 0.01).detect(photograph) == []
