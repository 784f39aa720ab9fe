"""AUC and average precision of draws, against scikit-learn's on weighted images."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from clef_mm.evaluation.bootstrap import draw_units
from clef_mm.evaluation.ranking import drawn_ranking


@pytest.mark.parametrize('decimals', [1, 2, 6], ids=['many ties', 'some', 'none'])
@pytest.mark.parametrize('images', [40, 12_000], ids=['few', 'more than a block'])
def test_every_draw_is_what_scikit_learn_measures(decimals, images):
    rng = np.random.default_rng(images + decimals)
    units = rng.integers(6, size=images)
    present = rng.random(images) < 0.4
    scores = (rng.random(images) + 0.3 * present).round(decimals).astype(np.float32)
    drawn = draw_units(6, 20)
    areas, precisions = drawn_ranking(present, scores, units, drawn)
    for row, area, precision in zip(drawn, areas, precisions, strict=True):
        weight = row[units]
        assert area == pytest.approx(
            roc_auc_score(present, scores, sample_weight=weight), abs=1e-6
        )
        assert precision == pytest.approx(
            average_precision_score(present, scores, sample_weight=weight), abs=1e-6
        )


def test_a_perfect_order_is_one_and_equal_scores_are_a_coin():
    present, units = np.array([True, True, False]), np.array([0, 1, 1])
    drawn = np.array([[1, 1], [0, 2]])
    perfect = drawn_ranking(present, np.array([0.9, 0.8, 0.1]), units, drawn)
    np.testing.assert_array_equal(perfect, np.ones((2, 2)))
    areas, precisions = drawn_ranking(present, np.full(3, 0.5), units, drawn)
    np.testing.assert_array_equal(areas, [0.5, 0.5])
    np.testing.assert_allclose(precisions, [2 / 3, 1 / 2])


def test_a_draw_without_positives_or_negatives_has_none():
    present, units = np.array([True, False]), np.array([0, 1])
    areas, precisions = drawn_ranking(
        present, np.array([0.2, 0.1]), units, np.array([[2, 0], [0, 2], [1, 1]])
    )
    np.testing.assert_array_equal(areas, [np.nan, np.nan, 1])
    np.testing.assert_array_equal(precisions, [1, np.nan, 1])
