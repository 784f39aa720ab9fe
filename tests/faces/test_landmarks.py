"""Five points of 49, 66 and 68 landmarks: the same ones, whatever the set."""

import numpy as np
import pytest

from clef_mm.faces.landmarks import five_points

# What each smaller set leaves out of the 68.
LEFT_OUT = {68: (), 66: (60, 64), 49: (*range(17), 60, 64)}


def reduced(points, count):
    return np.delete(points, LEFT_OUT[count], axis=-2)


@pytest.mark.parametrize('count', [49, 66, 68])
@pytest.mark.parametrize('shape', [(), (1,), (5,), (2, 3), (0,)])
def test_every_set_gives_the_same_points(count, shape):
    points = np.random.default_rng(0).normal(size=(*shape, 68, 2))
    expected = np.empty((*shape, 5, 2))
    expected[..., 0, :] = sum(points[..., k, :] for k in range(36, 42)) / 6
    expected[..., 1, :] = sum(points[..., k, :] for k in range(42, 48)) / 6
    for place, number in ((2, 30), (3, 48), (4, 54)):
        expected[..., place, :] = points[..., number, :]
    result = five_points(reduced(points, count))
    assert result.shape == (*shape, 5, 2)
    np.testing.assert_allclose(result, expected)


def test_numbers_within_the_49():
    points = np.stack([np.arange(49.0), np.zeros(49)], axis=-1)
    assert five_points(points)[:, 0].tolist() == [21.5, 27.5, 13, 31, 37]


def test_a_rendered_face_agrees():
    from clef_mm.datasets.synthetic import landmarks as rendered

    assert rendered.LANDMARK_SETS.keys() == LEFT_OUT.keys()
    points = np.random.default_rng(1).normal(size=(68, 2))
    for numbers in rendered.LANDMARK_SETS.values():
        chosen = points[list(numbers)]
        np.testing.assert_allclose(five_points(chosen), rendered.five_points(points))


@pytest.mark.parametrize('dtype', [np.float32, np.float64, np.uint16])
def test_whatever_the_numbers_are(dtype):
    points = np.full((49, 2), 7, dtype)
    np.testing.assert_array_equal(five_points(points), 7)
    assert five_points(points.astype(np.float32)).dtype == np.float32


def test_a_face_that_was_not_found_stays_unknown():
    points = np.full((3, 49, 2), 5.0)
    points[1] = np.nan
    assert np.isnan(five_points(points)).all(axis=(1, 2)).tolist() == [0, 1, 0]


@pytest.mark.parametrize('shape', [(5, 2), (83, 2), (49, 3), (2, 49), (49,), ()])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r'expected \(\.\.\., K, 2\) with K one of 49'):
        five_points(np.zeros(shape))
