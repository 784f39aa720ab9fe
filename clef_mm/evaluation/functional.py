"""The numbers behind the evaluators, as pure numpy functions.

Zero-division rules, the same everywhere: an F1 of a binary decision without any
positive, true or predicted, is 0, but NaN if its label is unknown in every sample; the
recall of a class without any sample does not exist and is NaN, and so is a balanced
accuracy that lacks one of its two recalls.

Counts may be stacked: what is said of (C,) holds for (..., C), and of (C, C) for
(..., C, C).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from clef_mm.errors import UserError

PRESENT, ABSENT, UNKNOWN = 1, 0, -1


class BinaryCounts(NamedTuple):
    """Outcomes of C binary decisions over N samples, unknown labels left out.

    Every field is an array of shape (C,): integers, or shares of samples.
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
    scores: np.ndarray, targets: np.ndarray, threshold: float | np.ndarray = 0.5
) -> BinaryCounts:
    """Count the outcomes of each binary decision.

    Args:
        scores: Shape (N, C), in [0, 1]; a score of ``threshold`` or more is a positive.
        targets: Shape (N, C): 1 present, 0 absent, -1 unknown.
        threshold: In [0, 1]; one for all or one per decision, shape (C,).

    Raises:
        ValueError: If a shape or a value is not as stated.
    """
    predicted = decide(scores, targets, threshold)
    present, absent = targets == PRESENT, targets == ABSENT
    return BinaryCounts(
        true_positives=np.sum(predicted & present, axis=0),
        false_positives=np.sum(predicted & absent, axis=0),
        false_negatives=np.sum(~predicted & present, axis=0),
        true_negatives=np.sum(~predicted & absent, axis=0),
    )


def decide(
    scores: np.ndarray, targets: np.ndarray, threshold: float | np.ndarray
) -> np.ndarray:
    """Return which scores are positives, (N, C) bool, once all input is checked.

    Arguments and errors are those of :func:`binary_counts`.
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
    # A threshold is met by the same number in the precision of the scores.
    exact = scores.dtype if np.issubdtype(scores.dtype, np.floating) else float
    return scores >= np.asarray(threshold, dtype=exact)


def f1_scores(counts: BinaryCounts) -> np.ndarray:
    """Compute the F1 of the positive class of each decision, shape (C,), in [0, 1].

    It is 0 where nothing is positive, neither in the labels nor in the predictions, and
    NaN where no label is known: nothing was measured there.
    """
    return np.where(counts.known > 0, _f1(*counts[:3]), np.nan)


def micro_f1(counts: BinaryCounts) -> np.ndarray:
    """Compute the F1 of all decisions thrown together, shape (), in [0, 1]."""
    hits, false, missed = (field.sum(axis=-1) for field in counts[:3])
    return _f1(hits, false, missed)


def balanced_accuracies(counts: BinaryCounts) -> np.ndarray:
    """Compute the mean recall of present and absent, shape (C,), in [0, 1].

    NaN where one of the two never occurs.
    """
    absent = counts.known - counts.positives
    return (
        _share(counts.true_positives, counts.positives)
        + _share(counts.true_negatives, absent)
    ) / 2


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
    predicted = decide_class(scores, targets)
    num_classes = scores.shape[1]
    # Number the cells row by row, so that one count of the numbers fills the matrix.
    cells = targets.astype(np.int64) * num_classes + predicted
    return np.bincount(cells, minlength=num_classes**2).reshape(
        num_classes, num_classes
    )


def decide_class(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the class of highest score, (N,) int, once all input is checked.

    Arguments and errors are those of :func:`confusion_matrix`.
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
    return scores.argmax(axis=1)


def accuracy(confusion: np.ndarray) -> np.ndarray:
    """Compute the share of correct samples of a confusion matrix (C, C), in [0, 1]."""
    return np.trace(confusion, axis1=-2, axis2=-1) / confusion.sum(axis=(-2, -1))


def recalls(confusion: np.ndarray) -> np.ndarray:
    """Compute the share of each class's samples that are correct, shape (C,).

    Values lie in [0, 1]; NaN for a class without samples.
    """
    return _share(_correct(confusion), confusion.sum(axis=-1))


def class_f1_scores(confusion: np.ndarray) -> np.ndarray:
    """Compute the F1 of each class against all others, shape (C,), in [0, 1].

    NaN for a class that no sample has and none was taken for.
    """
    doubled = 2 * _correct(confusion)
    return _share(doubled, confusion.sum(axis=-1) + confusion.sum(axis=-2))


def mean_of_defined(values: np.ndarray) -> np.ndarray:
    """Average the values (C,) that exist, shape (); NaN if none does."""
    defined = ~np.isnan(values)
    total = np.where(defined, values, 0).sum(axis=-1)
    return _share(total, defined.sum(axis=-1))


def check_threshold(threshold: float | np.ndarray) -> None:
    """Check that decision thresholds lie in [0, 1]; raise ValueError otherwise."""
    if not np.all((np.asarray(threshold) >= 0) & (np.asarray(threshold) <= 1)):
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


class LabelNamesError(UserError, ValueError):
    """An evaluator gives columns of scores the names of other ones."""


def check_own_names(names: Sequence[str], stated: Sequence[str] | None) -> None:
    """Check names that a config gives an evaluator against those of the data.

    Other words may be chosen for what the data calls ``stated``; but as many, and none
    that the data has for another column.

    Args:
        names: One name per column of scores, as the config has them.
        stated: Those of the dataset's ``metainfo``; None if it has none.

    Raises:
        LabelNamesError: Names the columns.
    """
    if stated is None:
        return
    if len(names) != len(stated):
        raise LabelNamesError(
            f'the evaluator has {len(names)} names, {", ".join(names)}, for the '
            f'{len(stated)} labels of the data, {", ".join(stated)}. Leave the names '
            'out, or choose labels by those of the dataset'
        )
    for own, name in zip(names, stated, strict=True):
        if own != name and own in stated:
            raise LabelNamesError(
                f'the evaluator calls {own} what is {name} in the data: its names must '
                f'be in the order {", ".join(stated)}. Leave them out'
            )


def _correct(confusion: np.ndarray) -> np.ndarray:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide; NaN where there is nothing to divide by."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), np.nan)


def _f1(hits: np.ndarray, false: np.ndarray, missed: np.ndarray) -> np.ndarray:
    total = 2 * hits + false + missed
    return 2 * hits / np.where(total > 0, total, 1)


def _check_scores(scores: np.ndarray) -> None:
    if scores.ndim != 2 or not scores.size:
        raise ValueError(
            'scores must have the shape (N, C) with a sample and a class at least, '
            f'found {scores.shape}'
        )
    if not np.isfinite(scores).all():
        raise ValueError('scores hold NaN or infinity')
