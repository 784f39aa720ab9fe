"""How much image features know of the activity, for people never seen before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger
from prettytable import PrettyTable

from clef_mm.evaluation.arrays import field, to_array
from clef_mm.evaluation.functional import accuracy, confusion_matrix
from clef_mm.evaluation.protocol import headed
from clef_mm.registry import EVALUATORS
from clef_mm.structures import FaceSample


@EVALUATORS.register_module()
class ActivityProbe(BaseMetric):
    """Accuracy of a linear probe that reads the activity off the image feature.

    The probe is cross-validated over subjects: it learns from some people and is tested
    on others, so a feature that knows only who somebody is does not help. The subjects
    should be held out of pre-training too.

    Args:
        folds: Parts that the subjects are divided into, fewer if there are fewer
            subjects.
        max_samples: A random draw of this many samples, the same every time, stands for
            all, which bounds the time: about a second for 10,000 features of size 512.
        prefix: What the result keys begin with: ``'probe/accuracy'`` by default.
        collect_device: Where processes gather their results, 'cpu' or 'gpu'.
    """

    default_prefix = 'probe'

    def __init__(
        self,
        folds: int = 5,
        max_samples: int = 10_000,
        prefix: str | None = None,
        collect_device: str = 'cpu',
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        _check_settings(folds, max_samples)
        self.folds = folds
        self.max_samples = max_samples

    def process(self, data_batch: Any, data_samples: Sequence[FaceSample]) -> None:
        """Keep feature, activity, subject and, if there are any, scores of a sample."""
        for sample in data_samples:
            scored = sample.pred_scores is not None
            row = (
                field(sample, 'pred_features'),
                sample.activity,
                sample.subject,
                field(sample, 'pred_scores') if scored else None,
            )
            self.results.append(row)

    def compute_metrics(
        self, results: list[tuple[np.ndarray, int, str, np.ndarray | None]]
    ) -> dict[str, float]:
        """Fit and test the probe, compare scores with activities, and print both."""
        features, activities, subjects, scores = zip(*results, strict=True)
        metrics = self.calculate(
            np.stack(features), activities, subjects, self.folds, self.max_samples
        )
        if all(row is not None for row in scores):
            confusion = confusion_matrix(np.stack(scores), np.asarray(activities))
            metrics['zero_shot_accuracy'] = float(accuracy(confusion))
        rule = (
            f'activity of {len(features)} images of {len(set(subjects))} subjects, '
            'probe tested on subjects it was not fitted to'
        )
        table = headed(self.dataset_meta, rule, _table(metrics))
        MMLogger.get_current_instance().info(table)
        return metrics

    @staticmethod
    def calculate(
        features: Any,
        activities: Any,
        subjects: Any,
        folds: int = 5,
        max_samples: int = 10_000,
    ) -> dict[str, float]:
        """Cross-validate a linear probe over subjects; needs no Runner.

        The probe is a ridge classifier on features of unit length, each dimension
        standardised on the subjects it is fitted to: closed form, hence repeatable.

        Args:
            features: Shape (N, d), finite; tensor, array or nested lists.
            activities: Class indices, shape (N,), 0 or more.
            subjects: One id per sample, shape (N,).
            folds: Parts that the subjects are divided into, fewer if there are fewer
                subjects.
            max_samples: How many samples to draw at most.

        Returns:
            ``'accuracy'`` over all samples, each tested once, and ``'chance'``, the
            share of the most frequent activity: what a constant answer would reach.
            Fractions in [0, 1].

        Raises:
            ValueError: If a shape or value is not as stated, there are fewer than two
                subjects or activities, or no other subject shows a second activity.
        """
        _check_settings(folds, max_samples)
        features, activities = to_array(features), to_array(activities)
        subjects = np.asarray(subjects)
        _check_samples(features, activities, subjects)
        if len(features) > max_samples:
            drawn = np.random.default_rng(0).permutation(len(features))[:max_samples]
            features, activities, subjects = (
                values[drawn] for values in (features, activities, subjects)
            )
        predicted = _cross_validate(features, activities, subjects, folds)
        return {
            'accuracy': float(np.mean(predicted == activities)),
            'chance': float(np.bincount(activities).max() / len(activities)),
        }


def _cross_validate(
    features: np.ndarray, activities: np.ndarray, subjects: np.ndarray, folds: int
) -> np.ndarray:
    """Predict each activity with a probe fitted to other subjects, shape (N,)."""
    # scikit-learn takes a second to import, which only those who probe should wait for.
    from sklearn.linear_model import RidgeClassifier
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer, StandardScaler

    num_subjects = len(np.unique(subjects))
    if num_subjects < 2 or len(np.unique(activities)) < 2:
        raise ValueError(
            'the probe needs two subjects and two activities at least, found subjects '
            f'{np.unique(subjects).tolist()}, activities '
            f'{np.unique(activities).tolist()}'
        )
    predicted = np.empty_like(activities)
    splitter = GroupKFold(min(folds, num_subjects))
    for train, test in splitter.split(features, groups=subjects):
        if len(np.unique(activities[train])) < 2:
            raise ValueError(
                f'the probe for subjects {np.unique(subjects[test]).tolist()} cannot '
                'be fitted: all others show a single activity'
            )
        probe = make_pipeline(Normalizer(), StandardScaler(), RidgeClassifier())
        predicted[test] = probe.fit(features[train], activities[train]).predict(
            features[test]
        )
    return predicted


def _check_settings(folds: int, max_samples: int) -> None:
    if folds < 2:
        raise ValueError(f'folds must be 2 or more, found {folds}')
    if max_samples < 2:
        raise ValueError(f'max_samples must be 2 or more, found {max_samples}')


def _check_samples(
    features: np.ndarray, activities: np.ndarray, subjects: np.ndarray
) -> None:
    if features.ndim != 2 or not features.size:
        raise ValueError(
            f'features must have the shape (N, d), none empty, found {features.shape}'
        )
    expected = (len(features),)
    if activities.shape != expected or subjects.shape != expected:
        raise ValueError(
            f'{len(features)} features need as many activities and subjects, found '
            f'shapes {activities.shape} and {subjects.shape}'
        )
    if not np.isfinite(features).all():
        raise ValueError('features hold NaN or infinity')
    if not np.issubdtype(activities.dtype, np.integer) or activities.min() < 0:
        raise ValueError(
            'activities must be class indices of 0 or more, found '
            f'{activities.dtype} values down to {activities.min()}'
        )


def _table(metrics: dict[str, float]) -> str:
    labels = {
        'accuracy': 'linear probe',
        'chance': 'chance: most frequent activity',
        'zero_shot_accuracy': 'zero-shot: nearest activity text',
    }
    table = PrettyTable(['activity', 'accuracy [%]'], align='r')
    table.align['activity'] = 'l'
    for key, value in metrics.items():
        table.add_row([labels[key], f'{100 * value:.1f}'])
    return table.get_string()
