"""What only MTCNN has: its settings."""

import numpy as np
import pytest
from skimage import data

from clef_mm.faces import MTCNN
from clef_mm.faces.mtcnn import _crops


@pytest.mark.parametrize('fraction', [0.0, -0.1, 1.5])
def test_the_smallest_face_is_a_fraction_of_the_image(fraction):
    with pytest.raises(ValueError, match=f'min_face is {fraction}'):
        MTCNN(min_face=fraction)


def test_faces_far_below_the_smallest_are_not_found():
    photograph = data.astronaut()  # with a face of a quarter of its side
    assert len(MTCNN(min_face=0.1).detect(photograph)) == 1
    assert MTCNN(min_face=0.9).detect(photograph) == []


@pytest.mark.parametrize('stage', range(3))
def test_every_network_can_reject(stage):
    thresholds = [0.6, 0.7, 0.7]
    thresholds[stage] = 1.0
    assert MTCNN(thresholds=tuple(thresholds)).detect(data.astronaut()) == []


@pytest.mark.parametrize(
    ('rows', 'columns'),
    [((100, 512), (0, 512)), ((0, 512), (200, 512)), ((0, 150), (0, 512))],
    ids=['forehead cut off', 'half a face', 'mouth cut off'],
)
def test_a_face_cut_by_the_border_is_placed_as_if_it_went_on(rows, columns):
    photograph = data.astronaut()
    (whole,) = MTCNN().detect(photograph)
    (part,) = MTCNN().detect(photograph[slice(*rows), slice(*columns)].copy())
    shifted = part.points + np.array([columns[0], rows[0]])
    assert np.abs(shifted - whole.points).max() < 10  # pixels; the eyes are 43 apart


def test_squares_are_cut_out_black_beyond_the_border():
    image = np.arange(1, 4 * 6 * 3 + 1, dtype=np.uint8).reshape(4, 6, 3)
    boxes = [
        [1, 0, 4, 3],
        [-1, -2, 2, 1],
        [4, 2, 7, 5],
        [-9, -9, -6, -6],
        [0, 9, 3, 12],
    ]
    wide = np.zeros((30, 30, 3), np.uint8)
    wide[10:14, 10:16] = image
    crops = _crops(image, np.array(boxes, np.float32), 3)
    for crop, (x0, y0, x1, y1) in zip(crops, boxes, strict=True):
        expected = wide[y0 + 10 : y1 + 10, x0 + 10 : x1 + 10]
        np.testing.assert_array_equal(crop, expected)
