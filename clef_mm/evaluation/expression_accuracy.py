"""Accuracy of expressions, the measure of RAF-DB, AffectNet and FERPlus."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger
from prettytable import PrettyTable

from clef_mm.evaluation.arrays import field, to_array
from clef_mm.evaluation.functional import (
    accuracy,
    check_names,
    confusion_matrix,
    recalls,
)
from clef_mm.evaluation.protocol import headed
from clef_mm.registry import EVALUATORS
from clef_mm.structures import FaceSample

ACCURACY, UAR = 'accuracy', 'uar'


@EVALUATORS.register_module()
class ExpressionAccuracy(BaseMetric):
    """Accuracy over all images, recall of each class, and the mean recall (UAR).

    The predicted class is that of the highest score. A class without images has no
    recall (NaN) and is left out of the UAR; it is warned of by name.

    Args:
        class_names: One name per column of scores; by default ``expressions`` of the
            dataset's ``metainfo``.
        prefix: What the result keys begin with: ``'expression/accuracy'`` by default.
        collect_device: Where processes gather their results, 'cpu' or 'gpu'.
    """

    default_prefix = 'expression'

    def __init__(
        self,
        class_names: Sequence[str] | None = None,
        prefix: str | None = None,
        collect_device: str = 'cpu',
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.class_names = class_names

    def process(self, data_batch: Any, data_samples: Sequence[FaceSample]) -> None:
        """Keep ``pred_scores`` and ``gt_expression`` of each sample."""
        for sample in data_samples:
            row = field(sample, 'pred_scores'), sample.gt_expression
            self.results.append(row)

    def compute_metrics(
        self, results: list[tuple[np.ndarray, int]]
    ) -> dict[str, float]:
        """Compute accuracy and recalls of all images and print them as a table."""
        scores, targets = (np.stack(rows) for rows in zip(*results, strict=True))
        metrics = self.calculate(scores, targets, self._class_names())
        rule = f'accuracy of {len(targets)} images, the class of highest score'
        rows = _table(metrics, confusion_matrix(scores, targets))
        MMLogger.get_current_instance().info(headed(self.dataset_meta, rule, rows))
        return metrics

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
        lacking = [name for name, value in per_class.items() if np.isnan(value)]
        if lacking:
            warnings.warn(
                f'no image is labelled {", ".join(lacking)}: left out of the UAR',
                stacklevel=2,
            )
        overall = {ACCURACY: accuracy(confusion), UAR: float(np.nanmean(recall))}
        return {**overall, **per_class}

    def _class_names(self) -> Sequence[str]:
        if self.class_names is not None:
            return self.class_names
        names = (self.dataset_meta or {}).get('expressions')
        if names is None:
            raise ValueError(
                "ExpressionAccuracy needs class_names: the dataset's metainfo has no "
                "'expressions'"
            )
        return names


def _table(metrics: dict[str, float], confusion: np.ndarray) -> str:
    table = PrettyTable(['class', 'recall [%]', 'correct', 'images'], align='r')
    table.align['class'] = 'l'
    names = [name for name in metrics if name not in (ACCURACY, UAR)]
    for name, row, correct in zip(names, confusion, np.diag(confusion), strict=True):
        table.add_row([name, f'{100 * metrics[name]:.2f}', correct, row.sum()])
    table.add_divider()
    table.add_row(['mean recall (UAR)', f'{100 * metrics[UAR]:.2f}', '', ''])
    total = [np.trace(confusion), confusion.sum()]
    table.add_row(['accuracy', f'{100 * metrics[ACCURACY]:.2f}', *total])
    return table.get_string()
