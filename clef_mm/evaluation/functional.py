"""The numbers behind the evaluators, as pure numpy functions.

Zero-division rules, the same everywhere: an F1 without any positive, true or predicted,
is 0; the recall of a class without any sample does not exist and is NaN.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

PRESENT, ABSENT, UNKNOWN = 1, 0, -1


class BinaryCounts(NamedTuple):
    """Outcomes of C binary decisions over N samples, unknown labels left out.

    Every field is an int array of shape (C,).
    """

    true_positives: np.ndarray
    false_positives: np.ndarray
    false_negatives: np.ndarray
    true_negatives: np.ndarray

    @property
    def positives(self) -> np.ndarray:
        """Samples labelled as present."""
        return self.true_positives + self.false_negatives

    @property
    def known(self) -> np.ndarray:
        """Samples labelled as present or absent."""
        return self.positives + self.false_positives + self.true_negatives


def binary_counts(
    scores: np.ndarray, targets: np.ndarray, threshold: float = 0.5
) -> BinaryCounts:
    """Count the outcomes of each binary decision.

    Args:
        scores: Shape (N, C), in [0, 1]; a score of ``threshold`` or more is a positive.
        targets: Shape (N, C): 1 present, 0 absent, -1 unknown.
        threshold: In [0, 1].

    Raises:
        ValueError: If a shape or a value is not as stated.
    """
    check_threshold(threshold)
    _check_scores(scores)
    if targets.shape != scores.shape:
        raise ValueError(
            f'targets of shape {targets.shape} do not match scores of shape '
            f'{scores.shape}'
        )
    strange = targets[~np.isin(targets, (PRESENT, ABSENT, UNKNOWN))]
    if strange.size:
        raise ValueError(
            'targets must be 1 (present), 0 (absent) or -1 (unknown), '
            f'found {strange[0]}'
        )
    if scores.min() < 0 or scores.max() > 1:
        raise ValueError(
            f'scores must lie in [0, 1], found {scores.min():g} to {scores.max():g}; '
            'logits need a sigmoid first'
        )
    predicted = scores >= float(threshold)
    present, absent = targets == PRESENT, targets == ABSENT
    return BinaryCounts(
        true_positives=np.sum(predicted & present, axis=0),
        false_positives=np.sum(predicted & absent, axis=0),
        false_negatives=np.sum(~predicted & present, axis=0),
        true_negatives=np.sum(~predicted & absent, axis=0),
    )


def f1_scores(counts: BinaryCounts) -> np.ndarray:
    """Compute the F1 of the positive class of each decision, shape (C,), in [0, 1].

    It is 0 where nothing is positive, neither in the labels nor in the predictions.
    """
    doubled = 2 * counts.true_positives
    total = doubled + counts.false_positives + counts.false_negatives
    return doubled / np.maximum(total, 1)


def confusion_matrix(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Count the samples of each class (row) by the class of highest score (column).

    Args:
        scores: Shape (N, C), finite; of equal scores the first class wins.
        targets: Class indices, shape (N,), in [0, C).

    Returns:
        Shape (C, C), int.

    Raises:
        ValueError: If a shape or a value is not as stated.
    """
    _check_scores(scores)
    num_samples, num_classes = scores.shape
    if targets.shape != (num_samples,):
        raise ValueError(
            f'targets of shape {targets.shape} do not match scores of shape '
            f'{scores.shape}; expected ({num_samples},)'
        )
    if not np.issubdtype(targets.dtype, np.integer):
        raise ValueError(f'targets must be class indices, found {targets.dtype} values')
    strange = targets[(targets < 0) | (targets >= num_classes)]
    if strange.size:
        raise ValueError(
            f'targets must be class indices from 0 to {num_classes - 1}, '
            f'found {strange[0]}'
        )
    # Number the cells row by row, so that one count of the numbers fills the matrix.
    cells = targets.astype(np.int64) * num_classes + scores.argmax(axis=1)
    return np.bincount(cells, minlength=num_classes**2).reshape(
        num_classes, num_classes
    )


def accuracy(confusion: np.ndarray) -> float:
    """Compute the share of correct samples of a confusion matrix (C, C), in [0, 1]."""
    return float(np.trace(confusion) / confusion.sum())


def recalls(confusion: np.ndarray) -> np.ndarray:
    """Compute the share of each class's samples that are correct, shape (C,).

    Values lie in [0, 1]; NaN for a class without samples.
    """
    support = confusion.sum(axis=1)
    share = np.diag(confusion) / np.maximum(support, 1)
    return np.where(support > 0, share, np.nan)


def check_threshold(threshold: float) -> None:
    """Check that a decision threshold lies in [0, 1]; raise ValueError otherwise."""
    if not 0 <= threshold <= 1:
        raise ValueError(f'threshold must lie in [0, 1], found {threshold}')


def check_names(names: list[str], num_columns: int, reserved: tuple[str, ...]) -> None:
    """Check that result keys are distinct and name one column of scores each.

    Args:
        names: One name per column.
        num_columns: C of scores (N, C).
        reserved: Keys the result uses itself.

    Raises:
        ValueError: If the number of names differs, or a name is taken.
    """
    if len(names) != num_columns:
        raise ValueError(
            f'{len(names)} names {list(names)} for {num_columns} columns of scores'
        )
    if len({*names, *reserved}) < len(names) + len(reserved):
        raise ValueError(
            f'names must differ from each other and from {list(reserved)}, '
            f'found {list(names)}'
        )


def _check_scores(scores: np.ndarray) -> None:
    if scores.ndim != 2 or not scores.size:
        raise ValueError(
            'scores must have the shape (N, C) with a sample and a class at least, '
            f'found {scores.shape}'
        )
    if not np.isfinite(scores).all():
        raise ValueError('scores hold NaN or infinity')
