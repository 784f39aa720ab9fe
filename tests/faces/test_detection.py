"""FaceDetector: what is common to all detectors."""

import subprocess
import sys

import numpy as np
import pytest

from clef_mm.faces import Face, FaceDetector
from clef_mm.registry import DETECTORS


class Bright(FaceDetector):
    """Finds the white pixels of an image: the box is their extent."""

    name = 'bright'
    version = '1'

    def __init__(self, long_side=64):
        super().__init__(long_side)
        self.seen = []

    def _find(self, image):
        self.seen.append(image.shape)
        rows, columns = np.nonzero(image.min(axis=2) > 127)
        if not len(rows):
            return []
        low = np.array([columns.min(), rows.min()], np.float32) - 0.5
        high = np.array([columns.max(), rows.max()], np.float32) + 0.5
        points = np.tile((low + high) / 2, (5, 1))
        return [Face(np.concatenate([low, high]), points, 1.0)]


class Several(FaceDetector):
    """Finds the same faces in every image."""

    name = 'several'
    version = '1'

    def __init__(self, *faces):
        super().__init__(64)
        self.faces = list(faces)

    def _find(self, image):
        return self.faces


def face(side, score):
    return Face(np.array([0, 0, side, side], np.float32), np.zeros((5, 2)), score)


def square(height, width, top, left, side):
    image = np.zeros((height, width, 3), np.uint8)
    image[top : top + side, left : left + side] = 255
    return image


@pytest.mark.parametrize('long_side', [16, 32, 64, 256])
def test_faces_come_back_in_pixels_of_the_image_given(long_side):
    image = square(128, 256, 32, 64, 48)
    (found,) = Bright(long_side).detect(image)
    # Its edges are multiples of 16, so it stays sharp however much it is shrunk.
    np.testing.assert_allclose(found.box, [63.5, 31.5, 111.5, 79.5], atol=1e-3)
    np.testing.assert_allclose(found.points, np.tile([87.5, 55.5], (5, 1)), atol=1e-3)


@pytest.mark.parametrize(
    ('shape', 'seen'),
    [
        ((50, 40, 3), (50, 40, 3)),
        ((128, 64, 3), (64, 32, 3)),
        ((100, 200, 3), (32, 64, 3)),
        ((1, 999, 3), (1, 64, 3)),
    ],
)
def test_only_images_that_are_too_large_are_shrunk(shape, seen):
    detector = Bright()
    detector.detect(np.zeros(shape, np.uint8))
    assert detector.seen == [seen]


def test_the_face_in_front_comes_first():
    small, large, unsure = face(10, 1.0), face(20, 0.9), face(25, 0.5)
    found = Several(small, unsure, large).detect(np.zeros((64, 64, 3), np.uint8))
    assert [f.box[2] for f in found] == [20, 25, 10]
    assert large.prominence == pytest.approx(0.9 * 400)


def test_no_face_is_an_empty_list():
    assert Bright().detect(np.zeros((20, 30, 3), np.uint8)) == []


@pytest.mark.parametrize(
    ('image', 'error', 'message'),
    [
        ([[0]], TypeError, 'not list'),
        (np.zeros((9, 9, 3), np.float32), TypeError, 'not float32'),
        (np.zeros((9, 9), np.uint8), ValueError, r'\(9, 9\).*grey'),
        (np.zeros((9, 9, 4), np.uint8), ValueError, r'\(9, 9, 4\).*alpha'),
        (np.zeros((0, 9, 3), np.uint8), ValueError, 'no pixels'),
    ],
)
def test_what_is_no_rgb_image_is_refused(image, error, message):
    with pytest.raises(error, match=message):
        Bright().detect(image)


def test_a_working_size_too_small_for_any_face_is_refused():
    with pytest.raises(ValueError, match='long_side is 15'):
        Bright(15)


def test_a_detector_of_a_users_own_is_built_by_name():
    DETECTORS.register_module(module=Several)
    try:
        assert isinstance(DETECTORS.build({'type': 'Several'}), Several)
    finally:
        del DETECTORS.module_dict['Several']


def test_the_detectors_of_our_own_are_found_by_name():
    assert {'CenterFace', 'MTCNN'} <= set(DETECTORS.names())


def test_importing_the_package_loads_nothing():
    code = 'import sys, clef_mm.faces; print("cv2" in sys.modules)'
    answer = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True
    )
    assert answer.stdout.strip() == 'False'
