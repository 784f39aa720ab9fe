"""The score from which on an AU counts as present: fixed, tuned, or oracle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from clef_mm.evaluation.functional import PRESENT, UNKNOWN, check_threshold

FIXED, VALIDATION, ORACLE = RULES = ('fixed', 'validation', 'oracle')
DEFAULT = 0.5

_WORDS = {
    VALIDATION: 'thresholds tuned on validation subjects',
    ORACLE: 'ORACLE thresholds, tuned on the test frames themselves',
}


@dataclass(frozen=True)
class Thresholds:
    """One threshold per AU, and how they were come by.

    Attributes:
        rule: ``'fixed'`` beforehand, tuned on ``'validation'`` frames, or ``'oracle'``:
            tuned on the frames that are measured, which flatters.
        values: Threshold by AU, in [0, 1]; a score of this or more means present.

    Raises:
        ValueError: If the rule is another, or a threshold lies outside [0, 1].
    """

    rule: str
    values: Mapping[str, float]

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f'rule must be one of {RULES}, found {self.rule!r}')
        for value in self.values.values():
            check_threshold(value)

    def of(self, names: Sequence[str]) -> np.ndarray:
        """Return the thresholds of these AUs, (C,) float64.

        Raises:
            ValueError: If one of them has none.
        """
        missing = [name for name in names if name not in self.values]
        if missing:
            raise ValueError(
                f'no threshold for {", ".join(missing)}, only for '
                f'{", ".join(self.values)}'
            )
        return np.array([self.values[name] for name in names])

    def describe(self) -> str:
        """Return a phrase such as ``'the fixed threshold 0.5'``."""
        if self.rule in _WORDS:
            return _WORDS[self.rule]
        listed = ', '.join(f'{value:g}' for value in sorted(set(self.values.values())))
        return f'the fixed threshold {listed}'

    def record(self) -> dict[str, Any]:
        """Return rule and values as a report holds them."""
        return {**asdict(self), 'values': dict(self.values)}


def thresholds_of(protocol: Mapping[str, Any]) -> Thresholds | None:
    """Return the thresholds that a report states; None where there are none."""
    stated = protocol.get('threshold')
    return None if stated is None else Thresholds(**stated)


def fixed_thresholds(names: Sequence[str], value: float = DEFAULT) -> Thresholds:
    """Return the same threshold for every AU, decided before anything is measured."""
    return Thresholds(FIXED, dict.fromkeys(names, float(value)))


def tune_thresholds(
    scores: np.ndarray, targets: np.ndarray, names: Sequence[str], rule: str
) -> Thresholds:
    """Choose for each AU the threshold of highest F1 on these frames.

    Every place between two scores is tried. The threshold lies half-way between them;
    of equally good places the one nearest to 0.5 is taken. An AU without a known
    positive, for which no threshold is better than another, keeps 0.5.

    Args:
        scores: Shape (N, C), in [0, 1].
        targets: Shape (N, C): 1 present, 0 absent, -1 unknown, which is left out.
        names: C names.
        rule: Whose frames these are: ``'validation'`` or ``'oracle'``.
    """
    tuned = [
        _best_threshold(scores[known, column], targets[known, column] == PRESENT)
        for column, known in enumerate((targets != UNKNOWN).T)
    ]
    return Thresholds(rule, dict(zip(names, tuned, strict=True)))


def _best_threshold(scores: np.ndarray, present: np.ndarray) -> float:
    """Return the threshold of highest F1 for one AU: scores and labels (N,)."""
    if not present.any():
        return DEFAULT
    falling = np.argsort(-scores, kind='stable')
    scores, present = scores[falling], present[falling]
    # Equal scores stand on one side: only the last of them can be cut after.
    last = np.append(scores[1:] != scores[:-1], True)
    hits, calls = np.cumsum(present)[last], np.flatnonzero(last) + 1
    f1 = 2 * hits / (calls + present.sum())
    above = scores[last]
    below = np.append(above[1:], 0).astype(scores.dtype)
    middle = ((above.astype(float) + below) / 2).astype(scores.dtype)
    # Between neighbouring floats there is no middle: rounding could fall on the lower.
    cuts = np.where(middle > below, middle, above)
    best = np.flatnonzero(f1 == f1.max())
    return float(cuts[best[np.abs(cuts[best] - DEFAULT).argmin()]])
