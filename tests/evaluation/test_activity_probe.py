"""ActivityProbe: what it can and cannot read off a feature."""

import time

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger

from clef_mm.evaluation import ActivityProbe
from clef_mm.registry import EVALUATORS
from clef_mm.structures import FaceSample

SUBJECTS, ACTIVITIES, FRAMES, DIM = 10, 4, 6, 16


def people():
    """One row per frame: every subject shows every activity equally often."""
    grid = np.indices((SUBJECTS, ACTIVITIES, FRAMES)).reshape(3, -1)
    return grid[0], grid[1]


def features_of(ids, seed=0, noise=0.1):
    """Features that tell ``ids`` apart and nothing else."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(ids.max() + 1, DIM))
    return centres[ids] + noise * rng.normal(size=(len(ids), DIM))


@pytest.fixture
def logged(monkeypatch):
    lines = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'info', lines.append)
    return lines


def test_features_of_the_activity_are_read_perfectly():
    subjects, activities = people()
    result = ActivityProbe.calculate(features_of(activities), activities, subjects)
    assert result == {'accuracy': 1.0, 'chance': 0.25}


def test_features_of_the_person_are_worth_nothing():
    subjects, activities = people()
    # Each recording has a feature of its own: known people would be read perfectly.
    recordings = features_of(subjects * ACTIVITIES + activities)
    result = ActivityProbe.calculate(recordings, activities, subjects)
    assert result['accuracy'] < 0.45


def test_length_of_the_feature_does_not_matter():
    subjects, activities = people()
    features = features_of(activities, noise=1.0)
    lengths = np.random.default_rng(1).uniform(0.1, 10, (len(features), 1))
    result = ActivityProbe.calculate(features, activities, subjects)
    assert result['accuracy'] < 1
    assert ActivityProbe.calculate(features * lengths, activities, subjects) == result


def test_chance_is_the_share_of_the_commonest_activity():
    subjects, activities = people()
    kept = (activities == 0) | (np.arange(len(activities)) % 3 == 0)
    result = ActivityProbe.calculate(
        features_of(activities)[kept], activities[kept], subjects[kept]
    )
    shares = np.unique(activities[kept], return_counts=True)[1] / kept.sum()
    assert result['chance'] == pytest.approx(shares.max())


def test_result_repeats_with_tensors_names_and_a_draw():
    subjects, activities = people()
    features = features_of(activities, noise=1.0)
    first = ActivityProbe.calculate(features, activities, subjects, max_samples=100)
    again = ActivityProbe.calculate(
        torch.tensor(features),
        torch.tensor(activities),
        [f'F{subject:03}' for subject in subjects],
        max_samples=100,
    )
    assert first == again
    assert first != ActivityProbe.calculate(features, activities, subjects)


def test_few_subjects_are_left_out_one_by_one():
    subjects, activities = people()
    kept = subjects < 2
    result = ActivityProbe.calculate(
        features_of(activities)[kept], activities[kept], subjects[kept], folds=5
    )
    assert result['accuracy'] == 1


def calculate(features=None, activities=None, subjects=None, **settings):
    default_subjects, default_activities = people()
    return ActivityProbe.calculate(
        features_of(default_activities) if features is None else features,
        default_activities if activities is None else activities,
        default_subjects if subjects is None else subjects,
        **settings,
    )


TOTAL = SUBJECTS * ACTIVITIES * FRAMES
BAD = {
    'flat features': ({'features': np.zeros(TOTAL)}, r'shape \(N, d\)'),
    'nan': ({'features': np.full((TOTAL, 2), np.nan)}, 'NaN'),
    'few labels': ({'activities': np.zeros(3, dtype=int)}, r'240 .*\(3,\)'),
    'few subjects': ({'subjects': ['F001']}, r'\(1,\)'),
    'no activity': ({'activities': np.full(TOTAL, -1)}, 'down to -1'),
    'soft activity': ({'activities': np.zeros(TOTAL)}, 'float64'),
    'one subject': ({'subjects': ['F001'] * TOTAL}, "subjects.*'F001'"),
    'one activity': ({'activities': np.zeros(TOTAL, dtype=int)}, r'activities \[0\]'),
    'confounded': (
        {'activities': np.repeat([0, 1], 120), 'subjects': np.repeat([7, 9], 120)},
        r'subjects \[[79]\] cannot.*single activity',
    ),
    'one fold': ({'folds': 1}, 'folds'),
    'no samples wanted': ({'max_samples': 0}, 'max_samples'),
}


@pytest.mark.parametrize(('changes', 'message'), BAD.values(), ids=BAD)
def test_bad_input_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        calculate(**changes)


@pytest.mark.parametrize('setting', [{'folds': 1}, {'max_samples': 1}])
def test_settings_are_checked_when_the_evaluator_is_built(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        ActivityProbe(**setting)


@pytest.mark.parametrize('with_texts', [True, False])
def test_evaluator_probes_features_and_compares_scores(logged, with_texts):
    subjects, activities = people()
    features = features_of(activities)
    scores = np.eye(ACTIVITIES)[np.where(subjects < 3, 0, activities)]
    evaluator = Evaluator(EVALUATORS.build({'type': 'ActivityProbe', 'folds': 3}))
    evaluator.dataset_meta = {'dataset': 'BP4D', 'split': 'val', 'synthetic': True}
    evaluator.process(
        [
            FaceSample(
                subject=f'F{subject:03}',
                activity=int(activity),
                pred_features=torch.tensor(feature),
                pred_scores=torch.tensor(row) if with_texts else None,
            )
            for subject, activity, feature, row in zip(
                subjects, activities, features, scores, strict=True
            )
        ]
    )
    metrics = evaluator.evaluate(size=TOTAL)
    expected = {'probe/accuracy': 1.0, 'probe/chance': 0.25}
    if with_texts:
        expected['probe/zero_shot_accuracy'] = 0.7 + 0.3 / ACTIVITIES
    assert metrics == pytest.approx(expected)
    assert 'synthetic stand-in for BP4D, val' in logged[0]
    assert ('zero-shot' in logged[0]) == with_texts


def test_ten_thousand_features_take_seconds():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(12_000, 512)).astype(np.float32)
    activities, subjects = rng.integers(0, 8, 12_000), rng.integers(0, 41, 12_000)
    start = time.perf_counter()
    result = ActivityProbe.calculate(features, activities, subjects)
    assert time.perf_counter() - start < 10
    assert result['accuracy'] == pytest.approx(1 / 8, abs=0.03)
