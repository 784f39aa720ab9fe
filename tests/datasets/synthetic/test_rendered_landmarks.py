"""face_landmarks: points lie where the face was drawn, whatever the pose."""

from dataclasses import replace

import numpy as np
import pytest

from clef_mm.datasets.synthetic.action_units import face_parameters
from clef_mm.datasets.synthetic.canvas import Canvas
from clef_mm.datasets.synthetic.conditions import Conditions
from clef_mm.datasets.synthetic.face_shape import mouth_shape
from clef_mm.datasets.synthetic.head_pose import find_points, take_frame
from clef_mm.datasets.synthetic.identity import Identity
from clef_mm.datasets.synthetic.landmarks import (
    LANDMARK_SETS,
    MOUTH_CORNERS,
    face_landmarks,
    five_points,
)

POSES = {
    'still': Conditions(),
    'turned': Conditions(yaw=0.4, pitch=-0.3),
    'moved': Conditions(roll=0.4, shift_x=6.0, shift_y=-4.0, zoom=0.8),
    'all': Conditions(yaw=-0.5, pitch=0.3, roll=-0.3, shift_x=-3.0, zoom=1.1),
}
# iBUG numbers of each point's mirror image, written down part by part.
MIRRORED = {
    **{k: 16 - k for k in range(17)},
    **{17 + k: 26 - k for k in range(10)},
    **{27 + k: 27 + k for k in range(4)},
    **{31 + k: 35 - k for k in range(5)},
    **{36: 45, 37: 44, 38: 43, 39: 42, 40: 47, 41: 46},
    **{45: 36, 44: 37, 43: 38, 42: 39, 47: 40, 46: 41},
    **{48 + k: 54 - k for k in range(7)},
    **{55 + k: 59 - k for k in range(5)},
    **{60 + k: 64 - k for k in range(5)},
    **{65 + k: 67 - k for k in range(3)},
}


def subject(seed):
    """A subject with level brows whose camera stands straight in front."""
    identity = Identity.draw(np.random.default_rng(seed))
    scene = replace(identity.scene, zoom=1.0, shift_x=0.0, shift_y=0.0, roll=0.0)
    return replace(identity, scene=scene, brows=replace(identity.brows, asymmetry=0.0))


@pytest.mark.parametrize('pose', POSES)
@pytest.mark.parametrize('point', [(0.0, 62.0), (-14.0, 45.0), (22.0, 70.0), (3.0, 50)])
@pytest.mark.parametrize('size', [96, 131])
def test_a_point_is_found_where_the_camera_puts_it(pose, point, size):
    drawing = np.zeros((2 * size, 2 * size), np.uint8)
    Canvas(drawing).ellipse(point, (1.2, 1.2), 255)
    scene = subject(0).scene
    photo = take_frame(drawing, scene, POSES[pose], size).astype(float)
    rows, columns = np.indices(photo.shape)
    seen = np.array([(columns * photo).sum(), (rows * photo).sum()]) / photo.sum()
    found = find_points(np.array([point]), scene, POSES[pose], size)[0]
    np.testing.assert_allclose(found, seen, atol=0.35 * size / 96)


def test_the_sets_leave_out_the_jaw_and_the_inner_mouth_corners():
    assert LANDMARK_SETS[68] == tuple(range(68))
    assert set(range(68)) - set(LANDMARK_SETS[66]) == {60, 64}
    assert set(range(68)) - set(LANDMARK_SETS[49]) == {*range(17), 60, 64}
    for count, chosen in LANDMARK_SETS.items():
        assert len(chosen) == count
        assert list(chosen) == sorted(chosen)


@pytest.mark.parametrize('count', [49, 66])
def test_a_smaller_set_holds_points_of_the_whole_one(count):
    arguments = (subject(1), {12: 0.7, 26: 0.4}, POSES['all'], 200)
    whole = face_landmarks(*arguments)
    part = face_landmarks(*arguments, count=count)
    assert part.shape == (count, 2)
    np.testing.assert_array_equal(part, whole[list(LANDMARK_SETS[count])])


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('intensities', [{}, {12: 1.0, 25: 1.0}, {1: 1.0, 26: 1.0}])
def test_a_frontal_face_is_its_own_mirror_image(seed, intensities):
    points = face_landmarks(subject(seed), intensities, size=960)
    mirrored = points[[MIRRORED[k] for k in range(68)]] * [-1, 1] + [959, 0]
    np.testing.assert_allclose(points, mirrored, atol=1e-3)


@pytest.mark.parametrize('pose', POSES)
def test_parts_of_the_face_lie_as_on_a_face(pose):
    upright = replace(POSES[pose], roll=0.0)
    points = face_landmarks(subject(2), {25: 0.8}, upright, 300)
    assert (np.diff(points[:17, 0]) > 0).all()  # jaw from left to right
    assert points[8, 1] == points[:, 1].max()  # chin
    assert (np.diff(points[27:31, 1]) > 0).all()  # bridge downwards
    assert (np.diff(points[17:27, 0]) > 0).all()  # brows from left to right
    assert points[17:27, 1].max() < points[36:48, 1].min()  # above the eyes
    assert points[36:48, 1].max() < points[31:36, 1].min() < points[48:, 1].min()
    assert (points[[37, 38, 43, 44], 1] < points[[41, 40, 47, 46], 1]).all()  # lids
    outer = points[[50, 51, 52, 58, 57, 56], 1]
    inner = points[[61, 62, 63, 67, 66, 65], 1]
    assert (outer[:3] < inner[:3]).all()
    assert (inner[:3] < inner[3:]).all()
    assert (inner[3:] < outer[3:]).all()


def test_mouth_corners_are_those_that_were_drawn():
    identity, intensities = subject(3), {12: 0.9}
    mouth = mouth_shape(identity, face_parameters(intensities))
    points = face_landmarks(identity, intensities, size=960)[list(MOUTH_CORNERS)]
    expected = [
        [480 + side * 10 * mouth.half_width - 0.5, 10 * mouth.corner_y - 0.5]
        for side in (-1, 1)
    ]
    np.testing.assert_allclose(points, expected, atol=1e-6)


def test_points_scale_with_the_frame():
    small = face_landmarks(subject(4), {4: 1.0}, POSES['all'], 96)
    large = face_landmarks(subject(4), {4: 1.0}, POSES['all'], 480)
    np.testing.assert_allclose(large + 0.5, 5 * (small + 0.5), atol=1e-9)


def test_a_one_sided_face_has_each_half_of_its_own_face():
    identity = subject(5)
    rest, smile = (face_landmarks(identity, aus) for aus in ({}, {12: 1.0}))
    both = face_landmarks(identity, {}, left={12: 1.0})
    left = rest[:, 0] < 47
    right = rest[:, 0] > 48
    np.testing.assert_array_equal(both[left], smile[left])
    np.testing.assert_array_equal(both[right], rest[right])
    np.testing.assert_allclose(both[57], (rest[57] + smile[57]) / 2)


def test_five_points_are_eye_centres_nose_and_mouth_corners():
    points = np.zeros((68, 2))
    points[36:42], points[42:48] = [10, 20], [50, 22]
    points[30], points[48], points[54] = [30, 40], [15, 60], [44, 61]
    expected = [[10, 20], [50, 22], [30, 40], [15, 60], [44, 61]]
    np.testing.assert_array_equal(five_points(points), expected)


@pytest.mark.parametrize(
    ('intensities', 'count', 'message'),
    [({}, 51, 'no set of 51'), ({12: 2.0}, 68, 'intensity'), ({3: 1.0}, 68, 'AU 3')],
)
def test_wrong_arguments_are_refused(intensities, count, message):
    with pytest.raises(ValueError, match=message):
        face_landmarks(subject(0), intensities, count=count)
