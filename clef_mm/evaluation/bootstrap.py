"""95 % intervals of measures: the people of a test are drawn again and again.

Frames of one person are alike, so that drawing frames would promise far too much;
whole subjects are drawn with replacement, within each fold. A measure is computed from
the counts of those drawn, which costs one matrix product for all draws together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clef_mm.evaluation.functional import mean_of_defined
from clef_mm.evaluation.measures import measures_of
from clef_mm.evaluation.predictions import Predictions
from clef_mm.evaluation.protocol import IMAGE, drawn_unit

DRAWS = 1000
LEVEL = 0.95


def units_of(predictions: Predictions, protocol: Mapping[str, Any]) -> np.ndarray:
    """Number what is drawn: subjects, or images of people that are not known.

    Args:
        predictions: N images.
        protocol: Says which of both, see :func:`.protocol.drawn_unit`.

    Returns:
        (N,) int, from 0 to U - 1.
    """
    if drawn_unit(protocol) == IMAGE:
        return np.arange(len(predictions))
    return np.unique(predictions.subjects, return_inverse=True)[1]


def draw_units(num_units: int, draws: int = DRAWS, seed: int = 0) -> np.ndarray:
    """Draw U units with replacement, many times.

    Returns:
        (draws, U) int: how often each unit was drawn; every row sums to U. The same
        for the same seed.
    """
    equally = np.full(num_units, 1 / num_units)
    return np.random.default_rng(seed).multinomial(num_units, equally, size=draws)


def bootstrap_intervals(
    outcomes: np.ndarray, predictions: Predictions, draws: int = DRAWS, seed: int = 0
) -> dict[str, list[float]]:
    """Compute the interval of each measure of one test.

    Args:
        outcomes: (U, C, 4) or (U, C, C), see ``measures.outcomes_by_unit``.
        predictions: Where they come from.
        draws: How many times to draw U units.
        seed: Of the draws.

    Returns:
        Lower and upper end by name, for the measures that follow from counts; a
        single unit has no intervals, and neither has what no draw defines.
    """
    return fold_intervals([[outcomes]], predictions, draws, seed)


def fold_intervals(
    folds: Sequence[Sequence[np.ndarray]],
    predictions: Predictions,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, list[float]]:
    """Compute the interval of each measure's mean over folds (and over seeds).

    Args:
        folds: For each fold one array (U, ...) per training seed, see
            ``measures.outcomes_by_unit``; the units of a fold are the same for all
            seeds, and are drawn together.
        predictions: Any of those they come from.
        draws: How many times to draw the units of every fold.
        seed: Of the draws.

    Returns:
        As :func:`bootstrap_intervals`.
    """
    if any(len(seeds[0]) < 2 for seeds in folds):
        return {}
    per_fold = []
    for number, seeds in enumerate(folds):
        drawn = draw_units(len(seeds[0]), draws, seed + number).astype(float)
        per_seed = [
            measures_of(np.tensordot(drawn, outcomes, axes=1), predictions)
            for outcomes in seeds
        ]
        per_fold.append(
            {name: _mean([one[name] for one in per_seed]) for name in per_seed[0]}
        )
    means = {name: _mean([fold[name] for fold in per_fold]) for name in per_fold[0]}
    return {
        name: np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
        for name, values in means.items()
        if not np.isnan(values).all()
    }


def _mean(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Average arrays, leaving out what is not defined in some of them."""
    return mean_of_defined(np.stack(arrays, axis=-1))
