"""How much image features know of who is shown, where only behaviour should count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger
from prettytable import PrettyTable

from clef_mm.evaluation.arrays import field, to_array
from clef_mm.evaluation.protocol import headed
from clef_mm.registry import EVALUATORS
from clef_mm.structures import FaceSample

LABELS = {
    'neighbour_person': 'nearest frame of another recording: same person',
    'neighbour_activity': 'nearest frame of another person: same activity',
    'person_probe': 'person read off by a probe fitted to other activities',
    'distance_ratio': 'distance within a person / within an activity',
}
"""What each number says."""


@EVALUATORS.register_module()
class IdentityLeak(BaseMetric):
    """Identity and activity in the image features of people not trained on.

    A linear probe for the person is right every time if it may look at frames of the
    same recording, whatever was learnt. These measures do not saturate: they compare
    across recordings and activities.

    Args:
        max_samples: A random draw of this many samples, the same every time, stands for
            all: similarities of all pairs are computed.
        prefix: What the result keys begin with: ``'identity/person_probe'`` by default.
        collect_device: Where processes gather their results, 'cpu' or 'gpu'.
    """

    default_prefix = 'identity'

    def __init__(
        self,
        max_samples: int = 4_000,
        prefix: str | None = None,
        collect_device: str = 'cpu',
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.max_samples = max_samples

    def process(self, data_batch: Any, data_samples: Sequence[FaceSample]) -> None:
        """Keep feature, subject and activity of each sample."""
        for sample in data_samples:
            row = field(sample, 'pred_features'), sample.subject, sample.activity
            self.results.append(row)

    def compute_metrics(
        self, results: list[tuple[np.ndarray, str, int]]
    ) -> dict[str, float]:
        """Compute the measures and print them as a table."""
        features, subjects, activities = zip(*results, strict=True)
        metrics = self.calculate(
            np.stack(features), subjects, activities, self.max_samples
        )
        rule = f'{len(features)} images of {len(set(subjects))} subjects'
        table = PrettyTable(['image features', 'value'], align='r')
        table.align['image features'] = 'l'
        table.add_rows([[LABELS[key], f'{metrics[key]:.3f}'] for key in LABELS])
        text = headed(self.dataset_meta, rule, table.get_string())
        MMLogger.get_current_instance().info(text)
        return metrics

    @staticmethod
    def calculate(
        features: Any, subjects: Any, activities: Any, max_samples: int = 4_000
    ) -> dict[str, float]:
        """Compute the measures; needs no Runner.

        A recording is what one subject did in one activity, as in BP4D and BP4D+.

        Args:
            features: Shape (N, d), finite, no row all zero; cosine distances are taken.
            subjects: One id per sample, shape (N,).
            activities: Class indices, shape (N,).
            max_samples: How many samples to draw at most.

        Returns:
            * ``'neighbour_person'``: share of the samples whose nearest neighbour among
              the other recordings is of the same person; 1 = identity is everything;
            * ``'neighbour_activity'``: share whose nearest neighbour among other people
              performs the same activity;
            * ``'person_probe'``: accuracy of a linear probe for the person, fitted to
              half of the activities and tested on the others, both ways;
            * ``'distance_ratio'``: mean distance of two frames of a person in different
              activities, divided by that of two people in the same one. 0 = people are
              points; above 1 = an activity unites more than a person does.

        Raises:
            ValueError: If a shape or value is not as stated, there are not two subjects
                of two activities each, or no two subjects show the same one.
        """
        features = to_array(features).astype(np.float64)
        subjects, activities = np.asarray(subjects), to_array(activities)
        _check(features, subjects, activities)
        if len(features) > max_samples:
            drawn = np.random.default_rng(0).permutation(len(features))[:max_samples]
            features, subjects, activities = (
                values[drawn] for values in (features, subjects, activities)
            )
        features /= np.linalg.norm(features, axis=1, keepdims=True)
        similarity = features @ features.T
        same_person = subjects[:, None] == subjects
        same_activity = activities[:, None] == activities
        return {
            'neighbour_person': _nearest(
                similarity, ~(same_person & same_activity), same_person
            ),
            'neighbour_activity': _nearest(similarity, ~same_person, same_activity),
            'person_probe': _probe(features, subjects, activities),
            'distance_ratio': float(
                (1 - similarity[same_person & ~same_activity].mean())
                / (1 - similarity[~same_person & same_activity].mean())
            ),
        }


def _nearest(similarity: np.ndarray, candidates: np.ndarray, hits: np.ndarray) -> float:
    """Return how often the most similar candidate of a row is a hit, in [0, 1]."""
    nearest = np.where(candidates, similarity, -np.inf).argmax(axis=1)
    return float(hits[np.arange(len(hits)), nearest].mean())


def _probe(features: np.ndarray, subjects: np.ndarray, activities: np.ndarray) -> float:
    # scikit-learn takes a second to import, which only those who probe should wait for.
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    half = np.isin(activities, np.unique(activities)[::2])
    correct = []
    for fitted, tested in ((half, ~half), (~half, half)):
        probe = make_pipeline(StandardScaler(), RidgeClassifier())
        probe.fit(features[fitted], subjects[fitted])
        correct.append(probe.predict(features[tested]) == subjects[tested])
    return float(np.concatenate(correct).mean())


def _check(features: np.ndarray, subjects: np.ndarray, activities: np.ndarray) -> None:
    if features.ndim != 2 or not features.size or not np.isfinite(features).all():
        raise ValueError(
            f'features must be finite and (N, d), none empty, found {features.shape}'
        )
    if not features.any(axis=1).all():
        raise ValueError('a feature is all zero and has no direction to compare')
    expected = (len(features),)
    if subjects.shape != expected or activities.shape != expected:
        raise ValueError(
            f'{len(features)} features need as many subjects and activities, found '
            f'shapes {subjects.shape} and {activities.shape}'
        )
    pairs = set(zip(subjects.tolist(), activities.tolist(), strict=True))
    activities_of = Counter(subject for subject, _ in pairs)
    people_of = Counter(activity for _, activity in pairs)
    if sum(count > 1 for count in activities_of.values()) < 2:
        raise ValueError(
            'identity is compared across activities: at least two subjects must show '
            'two activities each'
        )
    if max(people_of.values()) < 2:
        raise ValueError(
            'identity is compared with activity: two subjects must show the same one'
        )
