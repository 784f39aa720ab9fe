"""Every measure that is reported, by name, from predictions or from counts.

Measures of AUs: ``au_f1/AU1 .. mean``, ``au_f1_micro``, ``au_balanced_accuracy/..``
follow from counts at a threshold, ``au_auc/..`` and ``au_ap/..`` from the order of the
scores. Measures of expressions: ``expression/accuracy``, ``expression/uar``,
``expression/war``, ``expression/f1_macro``, ``expression/recall/<class>``. All are
fractions in [0, 1]; one that does not exist is NaN and is left out of the mean, as all
are of an AU that is unknown in every frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clef_mm.evaluation.functional import (
    PRESENT,
    UNKNOWN,
    BinaryCounts,
    accuracy,
    balanced_accuracies,
    class_f1_scores,
    decide,
    decide_class,
    f1_scores,
    mean_of_defined,
    micro_f1,
    recalls,
)
from clef_mm.evaluation.predictions import Predictions
from clef_mm.evaluation.ranking import drawn_ranking
from clef_mm.evaluation.thresholds import Thresholds

MEAN = 'mean'
MAIN_MEASURES = {'f1': f'au_f1/{MEAN}', 'accuracy': 'expression/accuracy'}
"""The one number that the field compares, by kind of label."""
_PER_CLASS = {
    'au_f1',
    'au_auc',
    'au_ap',
    'au_balanced_accuracy',
    'expression/recall',
}
FAMILIES = {'f1': 'au_f1', 'accuracy': 'expression'}
"""What the names of the measures around it begin with."""


def measure(
    predictions: Predictions, thresholds: Thresholds | None
) -> dict[str, float]:
    """Compute every measure of some predictions.

    Args:
        predictions: Of AUs or expressions.
        thresholds: For AUs; None for expressions, whose class of highest score counts.

    Returns:
        Fractions in [0, 1] by name; NaN where a measure does not exist.

    Raises:
        ValueError: If scores or targets are not as stated in :class:`Predictions`.
    """
    everything = np.zeros(len(predictions), dtype=np.intp)
    outcomes = outcomes_by_unit(predictions, thresholds, everything)[0]
    counted = measures_of(outcomes, predictions)
    found = {name: float(value) for name, value in counted.items()}
    if predictions.of_action_units:
        found.update(ranking_measures(predictions))
    return found


def outcomes_by_unit(
    predictions: Predictions, thresholds: Thresholds | None, units: np.ndarray
) -> np.ndarray:
    """Count what the measures follow from, for each unit (a subject, say) on its own.

    Args:
        predictions: Of AUs or expressions, N images.
        thresholds: For AUs; None for expressions.
        units: Number of the unit of each image, (N,) int, from 0 to U - 1.

    Returns:
        (U, C, 4) int for AUs: true positives, false positives, false negatives, true
        negatives; (U, C, C) for expressions: the confusion matrix, rows are classes.
    """
    scores, targets = predictions.scores, predictions.targets
    num_units, num_classes = units.max() + 1, len(predictions.names)
    if predictions.of_action_units:
        called = decide(scores, targets, thresholds.of(predictions.names))
        present = targets == PRESENT
        # The number of a field of BinaryCounts.
        outcome = np.where(called, np.where(present, 0, 1), np.where(present, 2, 3))
        kept = targets != UNKNOWN
        rows = units[:, None] * num_classes + np.arange(num_classes)
        cells = (rows * 4 + outcome)[kept]
        shape = (num_units, num_classes, 4)
    else:
        rows = units * num_classes + targets
        cells = rows * num_classes + decide_class(scores, targets)
        shape = (num_units, num_classes, num_classes)
    return np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape)


def measures_of(
    outcomes: np.ndarray, predictions: Predictions
) -> dict[str, np.ndarray]:
    """Compute the measures that follow from counts, for one table of counts or many.

    Args:
        outcomes: (..., C, 4) of AUs or (..., C, C) of expressions, see
            :func:`outcomes_by_unit`; summed or drawn in any way.
        predictions: Says which of both it is, and the names.

    Returns:
        By name an array of the leading shape ``...``.
    """
    if predictions.of_action_units:
        return _action_unit_measures(outcomes, predictions.names)
    return _expression_measures(outcomes, predictions.names)


def ranking_measures(predictions: Predictions) -> dict[str, float]:
    """Compute ROC-AUC and average precision of each AU over its known labels.

    NaN where no label is present, and for the AUC also where none is absent.
    """
    # scikit-learn takes a second to import, which only those who measure wait for.
    from sklearn.metrics import average_precision_score, roc_auc_score

    num_classes = len(predictions.names)
    auc, precision = np.full(num_classes, np.nan), np.full(num_classes, np.nan)
    for column in range(num_classes):
        known = predictions.targets[:, column] != UNKNOWN
        present = predictions.targets[known, column] == PRESENT
        scores = predictions.scores[known, column]
        if present.any():
            precision[column] = average_precision_score(present, scores)
            if not present.all():
                auc[column] = roc_auc_score(present, scores)
    found = {
        **_with_mean('au_auc', predictions.names, auc),
        **_with_mean('au_ap', predictions.names, precision),
    }
    return {name: float(value) for name, value in found.items()}


def drawn_ranking_measures(
    predictions: Predictions, units: np.ndarray, drawn: np.ndarray
) -> dict[str, np.ndarray]:
    """Compute :func:`ranking_measures` of each draw of units, such as subjects.

    Args:
        predictions: Of AUs, N images.
        units: (N,) int, from 0 to U - 1.
        drawn: (D, U) how often each unit was drawn.

    Returns:
        By name an array (D,).
    """
    auc, precision = np.full((2, len(drawn), len(predictions.names)), np.nan)
    for column in range(len(predictions.names)):
        known = predictions.targets[:, column] != UNKNOWN
        if known.any():
            auc[:, column], precision[:, column] = drawn_ranking(
                predictions.targets[known, column] == PRESENT,
                predictions.scores[known, column],
                units[known],
                drawn,
            )
    return {
        **_with_mean('au_auc', predictions.names, auc),
        **_with_mean('au_ap', predictions.names, precision),
    }


def is_of_one_class(name: str) -> bool:
    """Tell the measures of a single AU or class from those of all together."""
    family, _, label = name.rpartition('/')
    return family in _PER_CLASS and label != MEAN


def unseen_labels(predictions: Predictions) -> list[str]:
    """Name the labels that no image is known to show.

    An AU that is unknown in every image is not among them: it is not measured at all.
    """
    if predictions.of_action_units:
        known = (predictions.targets != UNKNOWN).any(axis=0)
        shown = (predictions.targets == PRESENT).any(axis=0) | ~known
    else:
        shown = np.isin(np.arange(len(predictions.names)), predictions.targets)
    return [
        name for name, seen in zip(predictions.names, shown, strict=True) if not seen
    ]


def _action_unit_measures(
    outcomes: np.ndarray, names: Sequence[str]
) -> dict[str, np.ndarray]:
    counts = BinaryCounts(*np.moveaxis(outcomes, -1, 0))
    return {
        **_with_mean('au_f1', names, f1_scores(counts)),
        'au_f1_micro': micro_f1(counts),
        **_with_mean('au_balanced_accuracy', names, balanced_accuracies(counts)),
    }


def _expression_measures(
    confusion: np.ndarray, names: Sequence[str]
) -> dict[str, np.ndarray]:
    recall = recalls(confusion)
    correct = accuracy(confusion)
    return {
        'expression/accuracy': correct,
        'expression/uar': mean_of_defined(recall),
        # Recalls weighted by the images of each class: the accuracy by another name.
        'expression/war': correct,
        'expression/f1_macro': mean_of_defined(class_f1_scores(confusion)),
        **_by_name('expression/recall', names, recall),
    }


def _by_name(
    measure_name: str, names: Sequence[str], values: np.ndarray
) -> dict[str, np.ndarray]:
    columns = np.moveaxis(values, -1, 0)
    return {
        f'{measure_name}/{name}': column
        for name, column in zip(names, columns, strict=True)
    }


def _with_mean(
    measure_name: str, names: Sequence[str], values: np.ndarray
) -> dict[str, np.ndarray]:
    per_class = _by_name(measure_name, names, values)
    return {**per_class, f'{measure_name}/{MEAN}': mean_of_defined(values)}
