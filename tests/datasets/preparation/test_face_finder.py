"""Which face of a frame is taken, and by whose word."""

import numpy as np
import pytest

from clef_mm.datasets import FaceDataset, FrameTable
from clef_mm.datasets.preparation.face_finder import FaceFinder, NoFaceError
from clef_mm.faces import Face, FaceDetector
from clef_mm.faces.crop_policy import CropPolicyError, get_policy

IMAGE = np.zeros((100, 200, 3), np.uint8)
POINTS = np.array([[20, 20], [40, 20], [30, 30], [22, 40], [38, 40]], np.float32)


def face(x, side, score=0.9):
    return Face(np.array([x, 10, x + side, 10 + side], np.float32), POINTS + x, score)


class Finds(FaceDetector):
    name = version = 'fixed'

    def __init__(self, *faces):
        super().__init__(long_side=500)
        self.faces = list(faces)

    def _find(self, image):
        return self.faces


class Photographs(FaceDataset):
    METAINFO = {'dataset': 'Photographs'}  # noqa: RUF012

    def __init__(self, points=None):
        super().__init__('nowhere', lazy_init=True)
        self.points = points

    def load_frames(self):
        raise NotImplementedError

    def own_points(self, frames):
        return self.points


def frames(count=2, **columns):
    return FrameTable({'frame': np.arange(count), **columns})


def test_detectors_best_face():
    finder = FaceFinder(
        get_policy('aligned'), Photographs(), frames(), Finds(face(5, 20), face(90, 60))
    )
    found = finder.find(1, IMAGE)
    np.testing.assert_allclose(found.box, [90, 10, 150, 70])
    np.testing.assert_allclose(found.points, POINTS + 90)
    assert found.score == 0.9


def test_the_datasets_box_says_which_face_is_meant():
    boxes = np.array([[6, 8, 26, 28], [np.nan] * 4, [160, 80, 190, 99]], np.float32)
    finder = FaceFinder(
        get_policy('aligned'),
        Photographs(),
        frames(3, box=boxes),
        Finds(face(5, 20), face(90, 60)),
    )
    assert finder.find(0, IMAGE).box[0] == 5
    assert finder.find(1, IMAGE).box[0] == 90
    with pytest.raises(NoFaceError, match="where the dataset's box is"):
        finder.find(2, IMAGE)


def test_no_face():
    finder = FaceFinder(get_policy('box'), Photographs(), frames(), Finds())
    with pytest.raises(NoFaceError, match='no face found'):
        finder.find(0, IMAGE)


def test_own_landmarks():
    points = np.stack([POINTS, np.full((5, 2), np.nan), np.ones((5, 2))])
    finder = FaceFinder(get_policy('aligned_own'), Photographs(points), frames(3), None)
    np.testing.assert_allclose(finder.find(0, IMAGE).points, POINTS)
    for row in (1, 2):
        with pytest.raises(NoFaceError, match='gives no landmarks'):
            finder.find(row, IMAGE)


def test_own_boxes():
    boxes = np.array([[1, 2, 30, 40], [np.nan] * 4, [5, 5, 5, 5]], np.float32)
    finder = FaceFinder(
        get_policy('box_own'), Photographs(), frames(3, box=boxes), None
    )
    np.testing.assert_allclose(finder.find(0, IMAGE).box, boxes[0])
    for row in (1, 2):
        with pytest.raises(NoFaceError, match='gives no face box'):
            finder.find(row, IMAGE)


@pytest.mark.parametrize(
    ('policy', 'message'),
    [
        ('aligned_own', "Photographs ships no landmarks: use policy 'aligned'"),
        ('box_own', "Photographs ships no face boxes: use policy 'box'"),
    ],
)
def test_datasets_that_ship_none(policy, message):
    with pytest.raises(CropPolicyError, match=message):
        FaceFinder(get_policy(policy), Photographs(), frames(), None)


def test_whole_images_need_nobody():
    finder = FaceFinder(get_policy('whole'), Photographs(), frames(), None)
    assert np.isnan(finder.find(0, IMAGE).points).all()
