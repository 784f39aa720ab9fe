"""A small run, tested by every rule."""

import json

import numpy as np
import pytest

from clef_mm.engine.application import evaluate
from clef_mm.engine.runner import Runner
from clef_mm.engine.testing import Outcome, _write
from clef_mm.evaluation import aggregate, read_result
from clef_mm.evaluation.measures import measure
from clef_mm.evaluation.predictions import Predictions
from clef_mm.evaluation.thresholds import (
    ORACLE,
    fixed_thresholds,
    thresholds_of,
    tune_thresholds,
)


@pytest.fixture
def trained(demo_config, tmp_path):
    """Return a function that tests a run of two epochs, of which both are kept."""
    config = demo_config('finetune', **{'default_hooks.checkpoint.max_keep_ckpts': -1})
    Runner.from_cfg(config).train()
    file = tmp_path / 'config.py'
    config.dump(file)

    def test(name, **rules):
        folder = tmp_path / name
        metrics = evaluate(str(file), config.work_dir, work_dir=str(folder), **rules)
        result = read_result(folder)
        assert metrics == pytest.approx(result.metrics)
        assert (folder / 'per_au_f1.png').read_bytes().startswith(b'\x89PNG')
        assert not list(folder.glob('*.pth'))  # a test saves no checkpoint
        return result

    return test


@pytest.mark.slow
def test_every_rule_stands_in_the_result(trained, tmp_path):
    plain = trained('plain')
    assert plain.protocol['threshold']['rule'] == 'fixed'
    assert plain.protocol['epoch_rule'] == 'best on validation'
    assert plain.protocol['oracle'] == []
    assert plain.protocol['seed'] == 0
    assert plain.protocol['num_folds'] == 3
    assert set(plain.predictions.subjects) == set(plain.protocol['subjects'])
    assert aggregate([plain], folds=[1]).metrics['au_f1/mean']['pooled'] == (
        pytest.approx(plain.metrics['au_f1/mean'])
    )

    tuned = trained('tuned', threshold='validation', epoch='last')
    assert tuned.protocol['threshold']['rule'] == 'validation'
    assert tuned.protocol['epoch_rule'] == 'last'
    assert 'val of fold 1' in tuned.protocol['tuned_on']
    assert tuned.protocol['oracle'] == []
    again = measure(tuned.predictions, thresholds_of(tuned.protocol))
    assert tuned.metrics == pytest.approx(again)

    oracle = trained('oracle', threshold='oracle', epoch='best-on-test')
    assert oracle.protocol['epoch_rule'] == 'best on test'
    assert oracle.protocol['oracle'] == [
        'threshold chosen on the test frames',
        'epoch chosen on the test frames',
    ]
    tested = oracle.protocol['epochs_tested']
    assert list(tested) == ['epoch_1.pth', 'epoch_2.pth']
    assert max(tested.values()) == oracle.metrics['au_f1/mean']
    kept = oracle.predictions
    best = tune_thresholds(kept.scores, kept.targets, kept.names, ORACLE)
    assert oracle.protocol['threshold'] == best.record()
    found = json.loads((tmp_path / 'oracle/metrics.json').read_text())
    assert found['protocol']['oracle']


def test_unit_that_nobody_coded_has_no_bar(tmp_path):
    """As in a test on another dataset, which lacks one of the AUs."""
    limits = fixed_thresholds(['AU1', 'AU2'])
    predictions = Predictions(
        scores=np.array([[0.9, 0.2], [0.1, 0.8]], np.float32),
        targets=np.array([[1, -1], [0, -1]], np.int8),
        names=('AU1', 'AU2'),
        subjects=np.array(['F001', 'F002']),
        sequences=np.array(['T1', 'T1']),
        frames=np.arange(2),
    )
    outcome = Outcome('x.pth', measure(predictions, limits), {}, predictions, limits)
    protocol = {
        'dataset': 'BP4D',
        'split': 'test',
        'subjects': ['F001', 'F002'],
        'threshold': limits.record(),
        'epoch_rule': 'last',
        'checkpoint': 'x.pth',
        'synthetic': False,
        'oracle': [],
    }
    written = _write(tmp_path, outcome, protocol)
    assert written[-1].read_bytes().startswith(b'\x89PNG')
    assert read_result(tmp_path).metrics['au_f1/AU2'] is None
