"""face_crops: squares around faces, and faces put in place."""

import numpy as np
import pytest

from clef_mm.datasets.synthetic.face_crops import (
    aligned_crop,
    cut,
    face_square,
    move,
    square_crop,
)
from clef_mm.datasets.synthetic.identity import Identity
from clef_mm.datasets.synthetic.landmarks import face_landmarks, five_points
from clef_mm.datasets.synthetic.photo import draw_photo

POINTS = np.array([[10.0, 20.0], [50.0, 40.0], [30.0, 25.0]])


def test_the_square_is_around_the_middle_of_the_points():
    assert face_square(POINTS, 1.0) == pytest.approx((10.0, 10.0, 40.0))
    assert face_square(POINTS, 1.5) == pytest.approx((0.0, 0.0, 60.0))


@pytest.mark.parametrize('size', [20, 40, 80])
def test_a_square_crop_fills_the_square(size):
    crop = square_crop(POINTS, size, margin=1.0)
    # A pixel reaches half a pixel beyond its middle.
    corners = np.array([[10.0, 10.0], [50.0, 50.0]])
    expected = [[-0.5, -0.5], [size - 0.5, size - 0.5]]
    np.testing.assert_allclose(move(corners, crop), expected)


def test_a_crop_at_full_size_is_a_slice():
    image = np.random.default_rng(0).integers(0, 255, (70, 90, 3), dtype=np.uint8)
    crop = square_crop(POINTS - 0.5, 40, margin=1.0)
    np.testing.assert_array_equal(cut(image, crop, 40), image[10:50, 10:50])


def test_what_lies_outside_the_image_is_black():
    image = np.full((30, 30, 3), 200, np.uint8)
    crop = np.array([[1.0, 0, 10], [0, 1.0, 0]])
    out = cut(image, crop, 40)
    assert (out[:, :10] == 0).all()
    assert (out[:30, 11:] == 200).all()


@pytest.mark.parametrize('k', range(8))
def test_aligned_faces_have_level_eyes_in_the_same_places(k):
    photo = draw_photo(0, f'aligned {k}', {'neutral': 1.0})
    crop = aligned_crop(photo.landmarks(), 100)
    five = five_points(move(photo.landmarks(), crop))
    mouth = five[3:].mean(axis=0)
    np.testing.assert_allclose(five[:2].mean(axis=0), [49.5, 39.5], atol=4)
    np.testing.assert_allclose(mouth, [49.5, 75.5], atol=6)
    turn = crop[:, :2] / np.hypot(*crop[0, :2])
    np.testing.assert_allclose(turn @ turn.T, np.eye(2), atol=1e-9)  # a similarity


def test_alignment_undoes_any_turn_scale_and_shift():
    points = face_landmarks(Identity.draw(np.random.default_rng(0)), {})
    expected = move(points, aligned_crop(points, 100))
    turn = 1.7 * np.array([[np.cos(0.6), -np.sin(0.6)], [np.sin(0.6), np.cos(0.6)]])
    moved = points @ turn.T + [31, -12]
    np.testing.assert_allclose(move(moved, aligned_crop(moved, 100)), expected)
