"""Differences of rows: by hand, and against people drawn one after the other."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clef_mm.evaluation import ActionUnitF1, Result
from clef_mm.evaluation.bootstrap import draw_units
from clef_mm.evaluation.predictions import Predictions
from clef_mm.evaluation.protocol import SUBJECT
from clef_mm.evaluation.results import ResultError
from clef_mm.study import plan
from clef_mm.study.findings import F1, collect, difference

PEOPLE, FRAMES, NAMES = 6, 20, ('AU1', 'AU2', 'AU4')


def result(seed, skill):
    """Return what a model with some skill says of the same people."""
    targets = np.random.default_rng(0).integers(0, 2, (PEOPLE * FRAMES, 3))
    rng = np.random.default_rng(seed)
    right = rng.random(targets.shape) < skill
    scores = np.where(right, targets, 1 - targets).astype(np.float32)
    subjects = np.repeat([f'F{k:03d}' for k in range(PEOPLE)], FRAMES)
    predictions = Predictions(
        scores=scores,
        targets=targets.astype(np.int8),
        names=NAMES,
        subjects=subjects,
        sequences=np.full(len(subjects), 'T1'),
        frames=np.arange(len(subjects)),
    )
    f1 = ActionUnitF1.calculate(scores, targets, NAMES)['mean']
    protocol = {
        'resampled': SUBJECT,
        'threshold': {'rule': 'fixed', 'values': dict.fromkeys(NAMES, 0.5)},
    }
    return Result('somewhere', {F1: f1}, protocol, predictions)


def test_mean_and_spread_over_seeds_by_hand():
    more, less = [result(1, 0.9), result(2, 0.8)], [result(3, 0.7), result(4, 0.7)]
    gains = [a.metrics[F1] - b.metrics[F1] for a, b in zip(more, less, strict=True)]
    found = difference(more, less)
    assert found['mean'] == pytest.approx(sum(gains) / 2)
    assert found['std'] == pytest.approx(abs(gains[0] - gains[1]) / 2**0.5)
    assert found['interval'][0] < found['mean'] < found['interval'][1]


def test_interval_against_people_drawn_one_by_one():
    more, less = [result(1, 0.8), result(2, 0.8)], [result(3, 0.7), result(4, 0.75)]
    gains = []
    for drawn in draw_units(PEOPLE):
        rows = np.concatenate(
            [
                np.arange(FRAMES * person, FRAMES * (person + 1))
                for person, times in enumerate(drawn)
                for _ in range(times)
            ]
        )
        gains.append(
            np.mean(
                [
                    sign
                    * ActionUnitF1.calculate(
                        one.predictions.scores[rows],
                        one.predictions.targets[rows],
                        NAMES,
                    )['mean']
                    for sign, results in ((2, more), (-2, less))
                    for one in results
                ]
            )
        )
    expected = np.quantile(gains, [0.025, 0.975])
    assert difference(more, less)['interval'] == pytest.approx(expected)


def test_a_row_does_not_differ_from_itself():
    same = [result(1, 0.8)]
    found = difference(same, same)
    assert found == {'mean': 0.0, 'std': None, 'interval': [0.0, 0.0]}


def test_other_people_are_not_compared():
    one, other = result(1, 0.8), result(2, 0.8)
    other.predictions.subjects[0] = 'M001'
    with pytest.raises(ResultError, match='differ in subjects'):
        difference([one], [other])


def test_results_without_predictions_are_not_compared():
    one = result(1, 0.8)
    with pytest.raises(ResultError, match='test again'):
        difference([one], [replace(one, predictions=None)])


def test_a_study_that_is_not_done_says_how_much(tmp_path, monkeypatch):
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    monkeypatch.setattr(plan, 'EPOCHS', {0.1: 1})
    with pytest.raises(ResultError, match=r'16 of 16 runs are not done.*generic'):
        collect(tmp_path, seeds=(0,))
