"""F1 of action units, the measure of BP4D, BP4D+ and DISFA, and what goes with it."""

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
    PRESENT,
    UNKNOWN,
    binary_counts,
    check_names,
    check_own_names,
    check_threshold,
    decide,
    f1_scores,
    mean_of_defined,
)
from clef_mm.evaluation.measures import MEAN, is_of_one_class, measure, unseen_labels
from clef_mm.evaluation.percent import percent
from clef_mm.evaluation.predictions import Predictions, collect_predictions, place_of
from clef_mm.evaluation.protocol import headed
from clef_mm.evaluation.thresholds import (
    DEFAULT,
    ORACLE,
    Thresholds,
    fixed_thresholds,
    tune_thresholds,
)
from clef_mm.registry import EVALUATORS
from clef_mm.structures import FaceSample

_COLUMNS = {
    'F1 [%]': 'au_f1',
    'AUC [%]': 'au_auc',
    'AP [%]': 'au_ap',
    'bal. acc. [%]': 'au_balanced_accuracy',
}


@EVALUATORS.register_module()
class ActionUnitF1(BaseMetric):
    """Per-AU F1 of the positive class over all frames, and its mean over the AUs.

    The same pass gives F1-micro, ROC-AUC, average precision and balanced accuracy.
    Unknown labels are left out. An AU without a positive, true or predicted, counts
    as an F1 of 0 and lowers the mean; it is warned of by name. One that is unknown in
    every frame is not measured (NaN) and not in the mean.

    Args:
        au_names: One name per column of scores; by default ``au_names`` of the
            dataset's ``metainfo``.
        threshold: A score of this or more means that the AU is present: one number
            fixed beforehand; ``Thresholds`` by AU, such as those tuned on validation
            subjects; or ``'oracle'``: tuned on the very frames that are measured,
            which flatters and is flagged.
        prefix: Stands before the keys of the result, ``'au_f1/mean'`` and so on.
        collect_device: Where processes gather their results, 'cpu' or 'gpu'.

    Attributes:
        predictions: What was said of each frame, once evaluated; on the main process.
        thresholds: Those that the frames were measured at, likewise.
    """

    default_prefix = ''  # the keys name the measure themselves

    def __init__(
        self,
        au_names: Sequence[str] | None = None,
        threshold: float | str | Thresholds = DEFAULT,
        prefix: str | None = None,
        collect_device: str = 'cpu',
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if isinstance(threshold, str) and threshold != ORACLE:
            raise ValueError(f"threshold is a number or '{ORACLE}', got {threshold!r}")
        if not isinstance(threshold, str | Thresholds):
            check_threshold(threshold)
        self.au_names = au_names
        self.threshold = threshold
        self.predictions: Predictions | None = None
        self.thresholds: Thresholds | None = None

    def process(self, data_batch: Any, data_samples: Sequence[FaceSample]) -> None:
        """Keep ``pred_scores``, ``gt_aus`` and the place of each sample."""
        # One entry per sample, so that mmengine can drop the samples a distributed
        # sampler repeats to fill up the last batch.
        for sample in data_samples:
            row = field(sample, 'pred_scores'), field(sample, 'gt_aus')
            self.results.append((*row, *place_of(sample)))

    def compute_metrics(self, results: list[tuple[Any, ...]]) -> dict[str, float]:
        """Measure all frames and print a table.

        Returns:
            F1 by AU, and the means of all measures: few enough for a line of the log.
            ``measures.measure`` gives all from ``predictions`` and ``thresholds``.
        """
        predictions = collect_predictions(results, self._au_names(), np.int8)
        scores, targets = predictions.scores, predictions.targets
        check_names(list(predictions.names), scores.shape[1], reserved=(MEAN,))
        decide(scores, targets, DEFAULT)  # checks them before thresholds are tuned
        self.predictions = predictions
        self.thresholds = self._thresholds(predictions)
        found = measure(predictions, self.thresholds)
        _warn_of_unseen(unseen_labels(predictions))
        rule = (
            f'F1 of {len(targets)} frames at {self.thresholds.describe()}, unknown '
            'labels left out'
        )
        table = _table(found, predictions, self.thresholds)
        MMLogger.get_current_instance().info(headed(self.dataset_meta, rule, table))
        return {
            name: value
            for name, value in found.items()
            if name.startswith('au_f1') or not is_of_one_class(name)
        }

    @staticmethod
    def calculate(
        scores: Any,
        targets: Any,
        au_names: Sequence[str],
        threshold: float = DEFAULT,
    ) -> dict[str, float]:
        """Compute the F1 of each AU and their mean; needs no Runner.

        Args:
            scores: Shape (N, C), in [0, 1]; tensor, array or nested lists.
            targets: Shape (N, C): 1 present, 0 absent, -1 unknown.
            au_names: C names, the keys of the result.
            threshold: A score of this or more means that the AU is present.

        Returns:
            F1 by AU name and under ``'mean'``, as fractions in [0, 1]; NaN for an AU
            that is unknown in every frame, which is not in the mean.

        Raises:
            ValueError: If a shape, value or name is not as stated.
        """
        counts = binary_counts(to_array(scores), to_array(targets), threshold)
        check_names(list(au_names), len(counts.known), reserved=(MEAN,))
        seen = zip(au_names, counts.positives, counts.known, strict=True)
        _warn_of_unseen([name for name, shown, known in seen if known and not shown])
        f1 = f1_scores(counts)
        per_au = dict(zip(au_names, f1.tolist(), strict=True))
        return {**per_au, MEAN: float(mean_of_defined(f1))}

    def _au_names(self) -> Sequence[str]:
        names = (self.dataset_meta or {}).get('au_names')
        if self.au_names is not None:
            check_own_names(self.au_names, names)
            return self.au_names
        if names is None:
            raise ValueError(
                "ActionUnitF1 needs au_names: the dataset's metainfo has no 'au_names'"
            )
        return names

    def _thresholds(self, predictions: Predictions) -> Thresholds:
        names = predictions.names
        if isinstance(self.threshold, Thresholds):
            return self.threshold
        if self.threshold == ORACLE:
            return tune_thresholds(
                predictions.scores, predictions.targets, names, ORACLE
            )
        return fixed_thresholds(names, self.threshold)


def _warn_of_unseen(names: Sequence[str]) -> None:
    if names:
        warnings.warn(
            f'no frame is known to show {", ".join(names)}: the F1 is 0 by '
            'convention and lowers the mean',
            stacklevel=3,
        )


def _table(
    found: Mapping[str, float], predictions: Predictions, thresholds: Thresholds
) -> str:
    tuned = ['threshold'] if thresholds.rule != 'fixed' else []
    table = PrettyTable(['AU', *_COLUMNS, *tuned, 'positive', 'known'], align='r')
    table.align['AU'] = 'l'
    positives = (predictions.targets == PRESENT).sum(axis=0)
    known = (predictions.targets != UNKNOWN).sum(axis=0)
    for name, *support in zip(predictions.names, positives, known, strict=True):
        chosen = [f'{thresholds.values[name]:.3f}'] if tuned else []
        table.add_row([name, *_cells(found, name), *chosen, *support])
    table.add_divider()
    blank = [''] * (len(tuned) + 2)
    table.add_row([MEAN, *_cells(found, MEAN), *blank])
    others = [''] * (len(_COLUMNS) - 1)
    table.add_row(['micro', percent(found['au_f1_micro']), *others, *blank])
    return table.get_string()


def _cells(found: Mapping[str, float], name: str) -> list[str]:
    return [percent(found[f'{key}/{name}']) for key in _COLUMNS.values()]
