"""Accuracy of expressions, the measure of RAF-DB, AffectNet and FERPlus."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger
from prettytable import PrettyTable

from clef_mm.evaluation.arrays import field, to_array
from clef_mm.evaluation.functional import (
    accuracy,
    check_names,
    check_own_names,
    confusion_matrix,
    mean_of_defined,
    recalls,
)
from clef_mm.evaluation.measures import FAMILIES, measure, unseen_labels
from clef_mm.evaluation.percent import percent
from clef_mm.evaluation.predictions import Predictions, collect_predictions, place_of
from clef_mm.evaluation.protocol import headed
from clef_mm.registry import EVALUATORS
from clef_mm.structures import FaceSample

ACCURACY, UAR = 'accuracy', 'uar'
FAMILY = FAMILIES['accuracy']


@EVALUATORS.register_module()
class ExpressionAccuracy(BaseMetric):
    """Accuracy over all images, recall of each class, and the mean recall (UAR).

    The predicted class is that of the highest score. A class without images has no
    recall (NaN) and is left out of the UAR; it is warned of by name. The same pass
    gives the mean F1 of the classes, and the accuracy under the name WAR, by which
    some papers go: the recalls weighted by the images of their classes.

    Args:
        class_names: One name per column of scores; by default ``expressions`` of the
            dataset's ``metainfo``.
        prefix: What the result keys begin with: ``'expression/accuracy'`` by default.
        collect_device: Where processes gather their results, 'cpu' or 'gpu'.

    Attributes:
        predictions: What was said of each image, once evaluated; on the main process.
        thresholds: None: the highest score decides.
    """

    default_prefix = FAMILY

    def __init__(
        self,
        class_names: Sequence[str] | None = None,
        prefix: str | None = None,
        collect_device: str = 'cpu',
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.class_names = class_names
        self.predictions: Predictions | None = None
        self.thresholds: None = None

    def process(self, data_batch: Any, data_samples: Sequence[FaceSample]) -> None:
        """Keep ``pred_scores``, ``gt_expression`` and the place of each sample."""
        for sample in data_samples:
            row = field(sample, 'pred_scores'), sample.gt_expression
            self.results.append((*row, *place_of(sample)))

    def compute_metrics(self, results: list[tuple[Any, ...]]) -> dict[str, float]:
        """Measure all images and print a table.

        Returns:
            ``accuracy``, ``uar``, ``war``, ``f1_macro`` and ``recall/<class>``, as
            fractions in [0, 1]; NaN for the recall of a class without images.
        """
        predictions = collect_predictions(results, self._class_names(), np.int64)
        scores, targets = predictions.scores, predictions.targets
        confusion = confusion_matrix(scores, targets)
        _warn_of_unseen(unseen_labels(predictions))
        self.predictions = predictions
        found = measure(predictions, None)
        rule = f'accuracy of {len(targets)} images, the class of highest score'
        rows = _table(found, predictions.names, confusion)
        MMLogger.get_current_instance().info(headed(self.dataset_meta, rule, rows))
        # The evaluator puts its prefix before the keys.
        return {name.removeprefix(f'{FAMILY}/'): value for name, value in found.items()}

    @staticmethod
    def calculate(
        scores: Any, targets: Any, class_names: Sequence[str]
    ) -> dict[str, float]:
        """Compute accuracy, UAR and the recall of each class; needs no Runner.

        Args:
            scores: Shape (N, C), finite: logits or probabilities; tensor, array or
                nested lists.
            targets: Class indices, shape (N,), in [0, C).
            class_names: C names, keys of the result.

        Returns:
            ``'accuracy'``, ``'uar'`` and the recall by class name, as fractions in
            [0, 1]; NaN for the recall of a class without images.

        Raises:
            ValueError: If a shape, value or name is not as stated.
        """
        confusion = confusion_matrix(to_array(scores), to_array(targets))
        check_names(list(class_names), len(confusion), reserved=(ACCURACY, UAR))
        recall = recalls(confusion)
        per_class = dict(zip(class_names, recall.tolist(), strict=True))
        _warn_of_unseen([name for name, value in per_class.items() if np.isnan(value)])
        overall = {
            ACCURACY: float(accuracy(confusion)),
            UAR: float(mean_of_defined(recall)),
        }
        return {**overall, **per_class}

    def _class_names(self) -> Sequence[str]:
        names = (self.dataset_meta or {}).get('expressions')
        if self.class_names is not None:
            check_own_names(self.class_names, names)
            return self.class_names
        if names is None:
            raise ValueError(
                "ExpressionAccuracy needs class_names: the dataset's metainfo has no "
                "'expressions'"
            )
        return names


def _warn_of_unseen(names: Sequence[str]) -> None:
    if names:
        warnings.warn(
            f'no image is labelled {", ".join(names)}: left out of the UAR',
            stacklevel=3,
        )


def _table(
    found: Mapping[str, float], names: Sequence[str], confusion: np.ndarray
) -> str:
    table = PrettyTable(['class', 'recall [%]', 'correct', 'images'], align='r')
    table.align['class'] = 'l'
    for name, row, correct in zip(names, confusion, np.diag(confusion), strict=True):
        recall = percent(found[f'{FAMILY}/recall/{name}'], 2)
        table.add_row([name, recall, correct, row.sum()])
    table.add_divider()
    table.add_row(['mean recall (UAR)', percent(found[f'{FAMILY}/uar'], 2), '', ''])
    table.add_row(['mean F1 (macro)', percent(found[f'{FAMILY}/f1_macro'], 2), '', ''])
    total = [np.trace(confusion), confusion.sum()]
    table.add_row(['accuracy (WAR)', percent(found[f'{FAMILY}/{ACCURACY}'], 2), *total])
    return table.get_string()
