"""Canvas and creases: drawing in design units."""

import numpy as np
import pytest

from clef_mm.datasets.synthetic.canvas import FRAME, Canvas, creases, curve, mirror


@pytest.mark.parametrize('pixels', [48, 96, 200])
def test_a_filled_rectangle_covers_its_share_of_any_image(pixels):
    canvas = Canvas(np.zeros((pixels, pixels), np.uint8))
    canvas.fill(np.array([[-24.0, 24], [24, 24], [24, 72], [-24, 72]]), 255)
    assert canvas.image.mean() / 255 == pytest.approx(0.25, abs=2.5 / pixels)


def test_an_ellipse_lies_where_the_design_says():
    canvas = Canvas(np.zeros((192, 192), np.uint8))
    canvas.ellipse((10.0, 30.0), (4.0, 8.0), 255)
    rows, columns = np.nonzero(canvas.image > 127)
    assert (columns.mean() + 0.5) / 2 - FRAME / 2 == pytest.approx(10.0, abs=0.2)
    assert (rows.mean() + 0.5) / 2 == pytest.approx(30.0, abs=0.2)
    assert np.ptp(columns) / 4 == pytest.approx(4.0, abs=0.5)
    assert np.ptp(rows) / 4 == pytest.approx(8.0, abs=0.5)


def test_drawing_is_symmetric_in_the_midline():
    canvas = Canvas(np.zeros((96, 96), np.uint8))
    shape = np.array([[5.0, 20], [20, 30], [10, 50]])
    canvas.fill(shape, 200)
    canvas.fill(mirror(shape), 200)
    gap = np.abs(canvas.image.astype(int) - canvas.image[:, ::-1])
    assert gap.mean() < 0.5


def test_fill_many_equals_single_fills():
    polygons = np.random.default_rng(0).uniform(-30, 80, size=(4, 5, 2))
    many, single = (Canvas(np.zeros((96, 96), np.uint8)) for _ in range(2))
    many.fill_many(polygons, [50, 100, 150, 200])
    for polygon, value in zip(polygons, [50, 100, 150, 200], strict=True):
        single.fill(polygon, value)
    np.testing.assert_array_equal(many.image, single.image)


def test_a_curve_starts_and_ends_at_its_end_points():
    line = curve((0.0, 1.0), (4.0, 9.0), (8.0, 1.0))
    np.testing.assert_allclose(line[[0, -1]], [[0, 1], [8, 1]])
    np.testing.assert_allclose(line[5], [4, 5])  # a quarter, a half, a quarter


def test_a_straight_crease_is_as_wide_as_asked_in_the_middle_and_tapers():
    controls = np.array([[[0.0, 0.0], [5.0, 0.0], [10.0, 0.0]]])
    (outline,) = creases(controls, np.array([2.0]))
    there, back = outline[:11], outline[11:][::-1]
    width = np.linalg.norm(there - back, axis=1)
    assert width[5] == pytest.approx(2.0)
    assert (np.diff(width[:6]) > 0).all()
    np.testing.assert_allclose(width, width[::-1])
    np.testing.assert_allclose((there + back) / 2, curve(*controls[0]))
