"""ROC-AUC and average precision when people are drawn again and again.

Both follow from how often, down to each score, each unit (a person) shows the label and
does not. All draws together are then a few matrix products, and no draw is sorted.
"""

from __future__ import annotations

import numpy as np

_COLUMNS = 4096  # scores at a time, so that memory does not grow with the test


def drawn_ranking(
    present: np.ndarray, scores: np.ndarray, units: np.ndarray, drawn: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compute ROC-AUC and average precision of each draw.

    Args:
        present: (N,) bool, what was labelled.
        scores: (N,) float.
        units: (N,) int, from 0 to U - 1.
        drawn: (D, U) how often each unit was drawn.

    Returns:
        AUC (D,) and average precision (D,), as scikit-learn defines them, equal scores
        included; NaN where no drawn label is present, and the AUC also where none is
        absent.
    """
    positives, negatives = _counts_down_to_each_score(
        present, scores, units, drawn.shape[1]
    )
    return (
        _areas(positives, negatives, drawn.astype(float)),
        _average_precisions(positives, negatives, drawn.astype(np.float32)),
    )


def _counts_down_to_each_score(
    present: np.ndarray, scores: np.ndarray, units: np.ndarray, num_units: int
) -> tuple[np.ndarray, np.ndarray]:
    """Count positives and negatives of at least each distinct score, twice (K, U)."""
    order = np.argsort(-scores, kind='stable')
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    # Counts are whole numbers, which float32 holds exactly up to 16 million.
    shown = np.zeros((2, len(order), num_units), np.float32)
    shown[present[order].astype(int), np.arange(len(order)), units[order]] = 1
    negatives, positives = (np.cumsum(one, axis=0)[ends] for one in shown)
    return positives, negatives


def _areas(
    positives: np.ndarray, negatives: np.ndarray, drawn: np.ndarray
) -> np.ndarray:
    """Return the share of pairs, positive and negative, in the right order."""
    above = positives - _steps(positives) / 2  # a pair of equal scores counts half
    pairs = above.T.astype(float) @ _steps(negatives).astype(float)  # (U, U)
    ordered = np.einsum('du,uv,dv->d', drawn, pairs, drawn, optimize=True)
    return _share(ordered, (drawn @ positives[-1]) * (drawn @ negatives[-1]))


def _average_precisions(
    positives: np.ndarray, negatives: np.ndarray, drawn: np.ndarray
) -> np.ndarray:
    """Return the mean over drawn positives of the precision down to their score."""
    gained = _steps(positives)
    kept = gained.any(axis=1)  # scores of negatives alone add nothing
    sums = np.zeros(len(drawn))
    for rows in np.array_split(np.flatnonzero(kept), kept.sum() // _COLUMNS + 1):
        hits = drawn @ positives[rows].T
        called = np.maximum(hits + drawn @ negatives[rows].T, 1)
        sums += (drawn @ gained[rows].T * hits / called).sum(axis=1)
    return _share(sums, drawn @ positives[-1])


def _steps(counts: np.ndarray) -> np.ndarray:
    return np.diff(counts, axis=0, prepend=np.zeros_like(counts[:1]))


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
