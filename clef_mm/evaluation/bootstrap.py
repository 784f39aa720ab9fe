"""95 % intervals of measures: the people of a test are drawn again and again.

Frames of one person are alike, so that drawing frames would promise far too much;
whole subjects are drawn with replacement, within each fold. A measure is computed from
the counts of those drawn, which costs some matrix products for all draws together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clef_mm.evaluation.functional import mean_of_defined
from clef_mm.evaluation.measures import (
    drawn_ranking_measures,
    measures_of,
    outcomes_by_unit,
)
from clef_mm.evaluation.predictions import Predictions
from clef_mm.evaluation.protocol import IMAGE, SUBJECT, drawn_unit
from clef_mm.evaluation.thresholds import thresholds_of

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


@dataclass(frozen=True, eq=False)
class UnitCounts:
    """A test, counted unit by unit: all that its measures follow from in any draw.

    Attributes:
        predictions: N images.
        units: (N,) int, see :func:`units_of`.
        outcomes: (U, C, 4) or (U, C, C), see :func:`.measures.outcomes_by_unit`.
        ranked: Whether AUC and average precision are drawn, too. They are for AUs of
            people who are known; by single images, each a unit, they would take the
            square of their number.
    """

    predictions: Predictions
    units: np.ndarray
    outcomes: np.ndarray
    ranked: bool

    def at_thresholds(self, drawn: np.ndarray) -> dict[str, np.ndarray]:
        """Compute the measures that follow from a threshold, by name (D,).

        Args:
            drawn: (D, U), see :func:`draw_units`.
        """
        counts = np.tensordot(drawn.astype(float), self.outcomes, axes=1)
        return measures_of(counts, self.predictions)

    def measures(self, drawn: np.ndarray) -> dict[str, np.ndarray]:
        """Compute every measure of each draw, by name (D,)."""
        found = self.at_thresholds(drawn)
        if self.ranked:
            found |= drawn_ranking_measures(self.predictions, self.units, drawn)
        return found


def count_units(predictions: Predictions, protocol: Mapping[str, Any]) -> UnitCounts:
    """Count a test unit by unit, at the thresholds of its protocol."""
    units = units_of(predictions, protocol)
    return UnitCounts(
        predictions,
        units,
        outcomes_by_unit(predictions, thresholds_of(protocol), units),
        ranked=predictions.of_action_units and drawn_unit(protocol) == SUBJECT,
    )


def bootstrap_intervals(
    counts: UnitCounts, draws: int = DRAWS, seed: int = 0
) -> dict[str, list[float]]:
    """Compute the interval of each measure of one test.

    Args:
        counts: Of the test.
        draws: How many times to draw its units.
        seed: Of the draws.

    Returns:
        Lower and upper end by name. A single unit has no intervals, and neither has
        what no draw defines.
    """
    return fold_intervals([[counts]], draws, seed)


def fold_intervals(
    folds: Sequence[Sequence[UnitCounts]], draws: int = DRAWS, seed: int = 0
) -> dict[str, list[float]]:
    """Compute the interval of each measure's mean over folds (and over seeds).

    Args:
        folds: For each fold the counts of one test per training seed; the units of a
            fold are the same for all seeds, and are drawn together.
        draws: How many times to draw the units of every fold.
        seed: Of the draws.

    Returns:
        As :func:`bootstrap_intervals`.
    """
    if any(len(seeds[0].outcomes) < 2 for seeds in folds):
        return {}
    per_fold = []
    for number, seeds in enumerate(folds):
        drawn = draw_units(len(seeds[0].outcomes), draws, seed + number)
        per_seed = [counts.measures(drawn) for counts in seeds]
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
