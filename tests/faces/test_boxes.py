"""distinct and outermost: which of many overlapping boxes are kept."""

import numpy as np
import pytest

from clef_mm.faces.boxes import distinct, outermost


def area(box):
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def common(a, b):
    return area([*np.maximum(a[:2], b[:2]), *np.minimum(a[2:], b[2:])])


def iou(a, b):
    return common(a, b) / (area(a) + area(b) - common(a, b))


def smaller_covered(a, b):
    return common(a, b) / min(area(a), area(b))


def keep_slowly(boxes, scores, measure, limit):
    kept = []
    for i in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        if all(measure(boxes[i], boxes[k]) <= limit for k in kept):
            kept.append(i)
    return kept


def draw(seed, number=60):
    rng = np.random.default_rng(seed)
    corner, size = rng.uniform(0, 50, (number, 2)), rng.uniform(5, 40, (number, 2))
    boxes = np.concatenate([corner, corner + size], axis=1).astype(np.float32)
    return boxes, rng.uniform(0.1, 1, number).astype(np.float32)


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('limit', [0.05, 0.2, 0.5])
@pytest.mark.parametrize(
    ('keep', 'measure'), [(distinct, iou), (outermost, smaller_covered)]
)
def test_the_same_boxes_as_a_slow_search(seed, limit, keep, measure):
    boxes, scores = draw(seed)
    expected = keep_slowly(boxes, scores, measure, limit)
    assert 1 < len(expected) < len(boxes)
    assert keep(boxes, scores, limit).tolist() == expected


def test_a_box_within_another_is_only_known_to_outermost():
    boxes = np.array([[0, 0, 10, 10], [3, 3, 7, 7]], np.float32)
    scores = np.array([0.8, 0.9], np.float32)
    assert distinct(boxes, scores, 0.5).tolist() == [1, 0]
    assert outermost(boxes, scores, 0.5).tolist() == [1]


@pytest.mark.parametrize('keep', [distinct, outermost])
def test_of_nothing_nothing_is_kept(keep):
    none = np.empty((0, 4), np.float32)
    assert keep(none, np.empty(0, np.float32), 0.5).shape == (0,)
