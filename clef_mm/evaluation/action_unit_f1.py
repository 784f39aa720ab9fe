"""F1 of action units, the measure of BP4D, BP4D+ and DISFA."""

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
    BinaryCounts,
    binary_counts,
    check_names,
    check_threshold,
    f1_scores,
)
from clef_mm.evaluation.protocol import headed
from clef_mm.registry import EVALUATORS
from clef_mm.structures import FaceSample

MEAN = 'mean'


@EVALUATORS.register_module()
class ActionUnitF1(BaseMetric):
    """Per-AU F1 of the positive class over all frames, and its mean over the AUs.

    The threshold is fixed beforehand, never tuned on the frames it is measured on.
    Unknown labels are left out. An AU without a positive, true or predicted, counts
    as 0 and lowers the mean; it is warned of by name.

    Args:
        au_names: One name per column of scores; by default ``au_names`` of the
            dataset's ``metainfo``.
        threshold: A score of this or more means that the AU is present.
        prefix: What the result keys begin with: ``'au_f1/mean'`` by default.
        collect_device: Where processes gather their results, 'cpu' or 'gpu'.
    """

    default_prefix = 'au_f1'

    def __init__(
        self,
        au_names: Sequence[str] | None = None,
        threshold: float = 0.5,
        prefix: str | None = None,
        collect_device: str = 'cpu',
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        check_threshold(threshold)
        self.au_names = au_names
        self.threshold = threshold

    def process(self, data_batch: Any, data_samples: Sequence[FaceSample]) -> None:
        """Keep ``pred_scores`` and ``gt_aus`` of each sample."""
        # One entry per sample, so that mmengine can drop the samples a distributed
        # sampler repeats to fill up the last batch.
        for sample in data_samples:
            row = field(sample, 'pred_scores'), field(sample, 'gt_aus')
            self.results.append(row)

    def compute_metrics(
        self, results: list[tuple[np.ndarray, np.ndarray]]
    ) -> dict[str, float]:
        """Compute the F1 of all frames and print it as a table."""
        scores, targets = (np.stack(rows) for rows in zip(*results, strict=True))
        au_names = self._au_names()
        f1 = self.calculate(scores, targets, au_names, self.threshold)
        counts = binary_counts(scores, targets, self.threshold)
        rule = (
            f'F1 of {len(targets)} frames at the fixed threshold {self.threshold:g}, '
            'unknown labels left out'
        )
        table = headed(self.dataset_meta, rule, _table(f1, counts))
        MMLogger.get_current_instance().info(table)
        return f1

    @staticmethod
    def calculate(
        scores: Any,
        targets: Any,
        au_names: Sequence[str],
        threshold: float = 0.5,
    ) -> dict[str, float]:
        """Compute the F1 of each AU and their mean; needs no Runner.

        Args:
            scores: Shape (N, C), in [0, 1]; tensor, array or nested lists.
            targets: Shape (N, C): 1 present, 0 absent, -1 unknown.
            au_names: C names, the keys of the result.
            threshold: A score of this or more means that the AU is present.

        Returns:
            F1 by AU name and under ``'mean'``, as fractions in [0, 1].

        Raises:
            ValueError: If a shape, value or name is not as stated.
        """
        counts = binary_counts(to_array(scores), to_array(targets), threshold)
        check_names(list(au_names), len(counts.known), reserved=(MEAN,))
        lacking = [
            name
            for name, positives in zip(au_names, counts.positives, strict=True)
            if not positives
        ]
        if lacking:
            warnings.warn(
                f'no frame is known to show {", ".join(lacking)}: the F1 is 0 by '
                'convention and lowers the mean',
                stacklevel=2,
            )
        f1 = f1_scores(counts)
        per_au = dict(zip(au_names, f1.tolist(), strict=True))
        return {**per_au, MEAN: float(f1.mean())}

    def _au_names(self) -> Sequence[str]:
        if self.au_names is not None:
            return self.au_names
        names = (self.dataset_meta or {}).get('au_names')
        if names is None:
            raise ValueError(
                "ActionUnitF1 needs au_names: the dataset's metainfo has no 'au_names'"
            )
        return names


def _table(f1: dict[str, float], counts: BinaryCounts) -> str:
    table = PrettyTable(['AU', 'F1 [%]', 'positive', 'known'], align='r')
    table.align['AU'] = 'l'
    for name, positives, known in zip(f1, counts.positives, counts.known, strict=False):
        table.add_row([name, f'{100 * f1[name]:.1f}', positives, known])
    table.add_divider()
    table.add_row([MEAN, f'{100 * f1[MEAN]:.1f}', '', ''])
    return table.get_string()
