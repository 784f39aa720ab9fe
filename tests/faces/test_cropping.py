"""Crops against closed forms and a slow sampler."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from clef_mm.faces.crop_policy import get_policy
from clef_mm.faces.cropping import alignment, crop_face, resize, square_crop

# Eyes, nose tip, mouth corners of a face that looks into the camera.
POINTS = np.array([[40, 50], [80, 50], [60, 75], [45, 95], [75, 95]], float)


def turned(points, degrees, zoom=1.0, shift=(0.0, 0.0)):
    angle = np.deg2rad(degrees)
    rotation = np.array(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    )
    return zoom * points @ rotation.T + shift


def mapped(matrix, points):
    return points @ matrix[:, :2].T + matrix[:, 2]


@pytest.mark.parametrize('degrees', [-40, 0, 15, 170])
def test_alignment_levels_the_eyes_whatever_the_pose_of_the_head(degrees):
    upright = mapped(alignment(POINTS, 2.9), POINTS)
    seen = turned(POINTS, degrees, zoom=3.3, shift=(210, -35))
    np.testing.assert_allclose(mapped(alignment(seen, 2.9), seen), upright, atol=1e-12)
    assert upright[0, 1] == pytest.approx(upright[1, 1])
    assert upright[0, 0] < upright[1, 0]


def test_extent_of_the_points_is_centred_and_scaled():
    unit = mapped(alignment(POINTS, 2.9), POINTS)
    # The points span 40 x 45 pixels: the side is 2.9 * 45.
    np.testing.assert_allclose(np.ptp(unit, axis=0), [40 / 130.5, 45 / 130.5])
    np.testing.assert_allclose((unit.min(axis=0) + unit.max(axis=0)) / 2, 0.5)


def test_matrix_equals_the_steps_that_jaa_net_describes():
    """Rotate, take the square around the extent, scale to the crop."""
    points = turned(POINTS, 12, zoom=2, shift=(30, 10))
    across = points[1] - points[0]
    angle = np.arctan2(across[1], across[0])
    rotation = np.array(
        [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    )
    level = np.array([rotation @ point for point in points])
    centre = (level.max(axis=0) + level.min(axis=0)) / 2
    half = 0.5 * 2.9 * max(np.ptp(level[:, 0]), np.ptp(level[:, 1]))
    for corner in ([-1, -1], [1, -1], [0, 0], [0.3, -0.8]):
        place = rotation.T @ (centre + half * np.array(corner))
        np.testing.assert_allclose(
            mapped(alignment(points, 2.9), place),
            (np.array(corner) + 1) / 2,
            atol=1e-12,
        )


def smooth_image(height=160, width=140):
    rows, columns = np.mgrid[:height, :width]
    channels = [rows + columns / 2, 200 - rows, columns * 1.2]
    return np.stack(channels, axis=-1).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize('degrees', [0, 20])
@pytest.mark.parametrize('size', [32, 96])
def test_pixels_equal_those_of_a_slow_sampler(degrees, size):
    image = smooth_image()
    centre = np.array([70, 80])
    points = turned(0.4 * (POINTS - (60, 72)), degrees) + centre
    crop = crop_face(image, get_policy('aligned', size=size), points=points)
    to_unit = alignment(points, 2.9)
    inverse = np.linalg.inv(np.vstack([to_unit, [0, 0, 1]]))
    for row, column in [(3, 5), (size // 2, size // 3), (size - 4, size - 9)]:
        x, y, _ = inverse @ [(column + 0.5) / size, (row + 0.5) / size, 1]
        x, y = x - 0.5, y - 0.5  # pixel centres
        expected = cv2.getRectSubPix(image, (1, 1), (x, y))[0, 0]
        np.testing.assert_allclose(
            crop[row, column].astype(int), expected.astype(int), atol=2
        )


def test_shrinking_averages_where_bilinear_sampling_would_flicker():
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    policy = get_policy('box', size=50, scale=1.0)
    crop = crop_face(stripes, policy, box=np.array([0, 0, 400, 400]))
    assert abs(crop.astype(int) - 127).max() <= 2


def test_beyond_the_frame_is_grey():
    image = np.zeros((40, 40, 3), np.uint8)
    policy = get_policy('box', size=60, scale=3.0)
    crop = crop_face(image, policy, box=np.array([10, 10, 30, 30]))
    assert (crop[:9] == 128).all()
    assert (crop[:, :9] == 128).all()
    assert (crop[11:49, 11:49] == 0).all()


def test_box_is_a_square_around_its_middle():
    image = np.zeros((100, 200, 3), np.uint8)
    image[20:60, 90:110] = 255
    policy = get_policy('box', size=40, scale=1.0)
    crop = crop_face(image, policy, box=np.array([90, 20, 110, 60]))
    columns = np.flatnonzero(crop[20, :, 0] > 127)
    assert (columns[0], columns[-1]) == (10, 29)
    assert (crop[:, 20] == 255).all()


@pytest.mark.parametrize('shape', [(30, 50), (50, 30), (30, 30)])
def test_whole_images_keep_their_pixels(shape):
    image = smooth_image(*shape)
    crop = crop_face(image, get_policy('whole'))
    top, left = (shape[0] - 30) // 2, (shape[1] - 30) // 2
    np.testing.assert_array_equal(crop, image[top : top + 30, left : left + 30])
    resized = crop_face(image, get_policy('whole', size=16))
    np.testing.assert_array_equal(
        resized, cv2.resize(crop, (16, 16), interpolation=cv2.INTER_AREA)
    )


def test_crops_of_any_policy_have_its_size():
    image = smooth_image()
    for name in ('aligned', 'box', 'aligned_own', 'box_own'):
        policy = replace(get_policy(name), size=24)
        crop = crop_face(image, policy, points=POINTS, box=np.array([40, 50, 80, 95]))
        assert crop.shape == (24, 24, 3)
        assert crop.dtype == np.uint8


@pytest.mark.parametrize('shape', [(10, 10), (10, 16), (16, 10), (7, 10), (1, 9)])
def test_the_crop_is_the_centred_square(shape):
    image = np.arange(shape[0] * shape[1] * 3).reshape(*shape, 3)
    crop = square_crop(image)
    side = min(shape)
    assert crop.shape == (side, side, 3)
    for axis, length in enumerate(shape):
        cut = length - side
        kept = np.arange(length)[cut // 2 : length - (cut - cut // 2)]
        image = image.take(kept, axis)
    np.testing.assert_array_equal(crop, image)


def test_the_crop_copies_nothing():
    image = np.zeros((4, 8, 3), np.uint8)
    assert np.shares_memory(square_crop(image), image)


@pytest.mark.parametrize('factor', [2, 3, 4])
def test_shrinking_averages(factor):
    image = np.random.default_rng(0).integers(0, 256, (24, 24, 3), dtype=np.uint8)
    size = 24 // factor
    blocks = image.reshape(size, factor, size, factor, 3).astype(float)
    means = blocks.mean(axis=(1, 3))
    assert abs(resize(image, size) - means).max() <= 0.51  # rounded


def test_growing_stays_within_the_neighbours():
    image = np.zeros((2, 2, 3), np.uint8)
    image[:, 1] = 200
    grown = resize(image, 8)
    assert grown.shape == (8, 8, 3)
    assert (np.diff(grown[..., 0].astype(int), axis=1) >= 0).all()
    assert (grown[:, 0] == 0).all()
    assert (grown[:, -1] == 200).all()


def test_the_right_size_is_left_alone():
    image = np.zeros((8, 8, 3), np.uint8)
    assert resize(image, 8) is image
