"""MTCNN and CenterFace on rendered faces and on a photograph."""

import pickle
import re

import cv2
import numpy as np
import pytest
from skimage import data

from clef_mm.datasets.synthetic.conditions import draw_conditions
from clef_mm.datasets.synthetic.face_renderer import render
from clef_mm.datasets.synthetic.identity import Identity
from clef_mm.datasets.synthetic.landmarks import face_landmarks
from clef_mm.faces import MTCNN, CenterFace
from clef_mm.faces.landmarks import five_points

# Each with the mean distance of its points from the true ones that is let pass, as a
# fraction of the distance of the eyes.
DETECTORS = {'mtcnn': (MTCNN, 0.10), 'centerface': (CenterFace, 0.15)}
MIRRORED = [1, 0, 2, 4, 3]  # which point is which in a mirrored image


@pytest.fixture(scope='module', params=DETECTORS)
def shipped(request):
    build, tolerance = DETECTORS[request.param]
    return build(), tolerance


@pytest.fixture
def detector(shipped):
    return shipped[0]


@pytest.fixture(scope='module')
def photograph():
    return data.astronaut()


def eye_distance(points):
    return np.linalg.norm(points[1] - points[0])


def error(points, expected):
    """Mean distance of five points from the expected, in eye distances."""
    return np.linalg.norm(points - expected, axis=1).mean() / eye_distance(expected)


def the_face(detector, image):
    (face,) = detector.detect(image)
    return face


def rendered(seed, size):
    rng = np.random.default_rng(seed)
    who, conditions = Identity.draw(rng), draw_conditions(rng, 5)[2]
    intensities = {12: 1.0} if seed % 2 else {4: 0.8, 15: 0.6}
    image = render(who, intensities, conditions, size)
    return image, five_points(face_landmarks(who, intensities, conditions, size))


@pytest.mark.parametrize('size', [96, 200, 512])
@pytest.mark.parametrize('seed', range(1, 6))
def test_a_rendered_face_is_found_once_and_in_its_place(shipped, seed, size):
    detector, tolerance = shipped
    image, expected = rendered(seed, size)
    face = the_face(detector, image)
    assert error(face.points, expected) < tolerance
    assert face.box[0] < expected[:, 0].min() < expected[:, 0].max() < face.box[2]
    assert face.box[1] < expected[:, 1].min() < expected[:, 1].max() < face.box[3]


def test_a_rendered_face_is_found_in_a_video_frame(shipped):
    detector, tolerance = shipped
    image, expected = rendered(1, 512)
    frame = np.full((1392, 1040, 3), 80, np.uint8)
    frame[300:812, 250:762] = image
    face = the_face(detector, frame)
    assert error(face.points, expected + np.array([250, 300])) < tolerance


def test_a_photographed_face_and_the_order_of_its_points(detector, photograph):
    face = the_face(detector, photograph)
    left_eye, right_eye, nose, left_corner, right_corner = face.points
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_corner[0] < nose[0] < right_corner[0]
    assert max(left_eye[1], right_eye[1]) < nose[1]
    assert nose[1] < min(left_corner[1], right_corner[1])
    np.testing.assert_allclose(face.points.mean(axis=0), [223, 125], atol=6)
    assert 0.6 < face.score <= 1
    assert face.box.dtype == face.points.dtype == np.float32
    assert (face.box.shape, face.points.shape) == ((4,), (5, 2))


@pytest.mark.parametrize('factor', [0.5, 2, 3])
def test_a_face_is_the_same_at_any_size(shipped, photograph, factor):
    detector, tolerance = shipped
    resized = cv2.resize(
        photograph, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA
    )
    expected = the_face(detector, photograph).enlarged(factor, factor)
    found = the_face(detector, resized)
    assert error(found.points, expected.points) < tolerance
    assert np.abs(found.box - expected.box).max() < 20 * factor


def test_a_mirrored_photograph_has_mirrored_points(shipped, photograph):
    detector, _ = shipped
    mirrored = the_face(detector, photograph[:, ::-1].copy()).points[MIRRORED]
    mirrored[:, 0] = photograph.shape[1] - 1 - mirrored[:, 0]
    points = the_face(detector, photograph).points
    # A detector that places every point too far right is off by twice that here.
    shift = (points - mirrored)[:, 0].mean() / 2
    assert abs(shift) < 0.03 * eye_distance(points)


def test_colour_matters_little(shipped, photograph):
    detector, tolerance = shipped
    grey = cv2.cvtColor(photograph, cv2.COLOR_RGB2GRAY)
    found = the_face(detector, np.repeat(grey[..., None], 3, axis=2))
    assert error(found.points, the_face(detector, photograph).points) < tolerance


def test_the_nearest_of_several_people_comes_first(detector, photograph):
    small = cv2.resize(photograph, (256, 256), interpolation=cv2.INTER_AREA)
    group = np.zeros((512, 768, 3), np.uint8)
    group[256:, :256], group[:, 256:] = small, photograph
    faces = detector.detect(group)
    assert len(faces) == 2
    assert faces[0].points[:, 0].min() > 256 > faces[1].points[:, 0].max()


@pytest.mark.parametrize('name', ['brick', 'grass', 'rocket'])
def test_no_face_is_seen_where_there_is_none(detector, name):
    image = getattr(data, name)()
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=2)
    assert detector.detect(image) == []


@pytest.mark.parametrize('shape', [(1, 1), (7, 9), (1, 700), (2000, 3), (16, 16)])
def test_an_image_too_small_for_a_face_holds_none(detector, shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert detector.detect(image) == []


def test_answers_are_exactly_repeatable_with_any_number_of_threads(shipped, photograph):
    detector, _ = shipped
    expected = the_face(detector, photograph)
    detector.detect(rendered(1, 200)[0])  # the size before must not matter
    threads = cv2.getNumThreads()
    try:
        for count in (1, 2):
            cv2.setNumThreads(count)
            for again in (detector, type(detector)()):
                found = the_face(again, photograph)
                np.testing.assert_array_equal(found.box, expected.box)
                np.testing.assert_array_equal(found.points, expected.points)
                assert found.score == expected.score
    finally:
        cv2.setNumThreads(threads)


def test_the_image_given_is_left_alone(detector, photograph):
    before = photograph.copy()
    detector.detect(photograph)
    np.testing.assert_array_equal(photograph, before)


@pytest.mark.parametrize('build', [MTCNN, CenterFace])
def test_a_detector_can_be_sent_to_another_process(build, photograph):
    sent = pickle.loads(pickle.dumps(build()))
    expected = the_face(build(), photograph)
    np.testing.assert_array_equal(the_face(sent, photograph).points, expected.points)


def test_the_version_names_the_weights_and_their_runtime(detector):
    assert re.fullmatch(r'weights [0-9a-f]{12}, OpenCV [\d.]+.*', detector.version)
    assert detector.version == type(detector)().version
    assert MTCNN().version != CenterFace().version
