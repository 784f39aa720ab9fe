"""write_report and plot_per_au_f1: what ends up in the files."""

import json
import os
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from clef_mm.evaluation import plot_per_au_f1, report, write_report
from clef_mm.evaluation.protocol import measured_on, synthetic_notice


def protocol(**changes):
    return {
        'dataset': 'BP4D',
        'split': 'test',
        'subjects': ('F001', 'M003'),
        'threshold': 0.5,
        'epoch_rule': 'last',
        'checkpoint': Path('run') / 'epoch_15.pth',
        'synthetic': False,
        **changes,
    }


def test_report_holds_metrics_and_protocol(tmp_path):
    metrics = {'au_f1/AU1': np.float32(0.5), 'au_f1/mean': torch.tensor(0.25)}
    path = write_report(tmp_path / 'new' / 'folder', metrics, protocol(fold=1))
    assert path == tmp_path / 'new' / 'folder' / 'metrics.json'
    found = json.loads(path.read_text())
    assert found['metrics'] == {'au_f1/AU1': 0.5, 'au_f1/mean': 0.25}
    assert found['measured_on'] == 'BP4D, test of fold 1'
    assert found['notice'] is None
    assert found['protocol'] == {
        **protocol(fold=1),
        'subjects': ['F001', 'M003'],
        'checkpoint': str(Path('run') / 'epoch_15.pth'),
    }
    assert found['versions']['numpy'] == np.__version__
    assert found['versions']['clef_mm'] == sys.modules['clef_mm'].__version__
    assert found['date'].endswith('+00:00')


def test_report_on_synthetic_data_says_so(tmp_path):
    path = write_report(tmp_path, {'mean': 1.0}, protocol(synthetic=True))
    found = json.loads(path.read_text())
    assert 'not a result on BP4D' in found['notice']
    assert found['measured_on'] == 'synthetic stand-in for BP4D, test'
    assert found['protocol']['synthetic'] is True


def test_number_that_does_not_exist_becomes_null(tmp_path):
    path = write_report(tmp_path, {'fear': float('nan')}, protocol())
    assert json.loads(path.read_text())['metrics'] == {'fear': None}


@pytest.mark.parametrize('key', report.PROTOCOL_KEYS)
def test_protocol_must_say_everything(tmp_path, key):
    stated = protocol()
    del stated[key]
    with pytest.raises(ValueError, match=f'does not state {key}'):
        write_report(tmp_path, {'mean': 1.0}, stated)
    assert not list(tmp_path.iterdir())


def test_failed_write_leaves_the_old_report_whole(tmp_path, monkeypatch):
    path = write_report(tmp_path, {'mean': 1.0}, protocol())
    before = path.read_text()
    with pytest.raises(TypeError, match='cannot hold'):
        write_report(tmp_path, {'mean': object()}, protocol())

    def interrupted(source, target):
        assert json.loads(Path(source).read_text())['metrics'] == {'mean': 0.5}
        raise KeyboardInterrupt

    monkeypatch.setattr(os, 'replace', interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_report(tmp_path, {'mean': 0.5}, protocol())
    assert path.read_text() == before


@pytest.mark.parametrize(
    ('meta', 'words'),
    [
        (None, 'unnamed dataset'),
        ({'dataset': 'DISFA'}, 'DISFA'),
        ({'dataset': 'DISFA', 'split': 'all', 'fold': None}, 'DISFA, all'),
        ({'dataset': 'DISFA', 'fold': 3}, 'DISFA, of fold 3'),
        ({'synthetic': True}, 'synthetic stand-in for unnamed dataset'),
    ],
)
def test_measured_on_says_what_is_known(meta, words):
    assert measured_on(meta) == words
    assert bool(synthetic_notice(meta)) == ('synthetic' in words)


F1 = {'AU1': 0.5, 'AU2': 0.0, 'AU12': 1.0, 'mean': 0.5}


def test_chart_is_a_readable_picture(tmp_path):
    path = plot_per_au_f1(tmp_path / 'new' / 'f1.png', F1, 'BP4D, test', 'one\ntwo')
    picture = cv2.imread(str(path))
    assert picture.shape[0] > 400
    assert picture.shape[1] > 600
    # Bars of 100 % and 50 % hold blue pixels in the ratio of their heights.
    blue = np.all(np.abs(picture - np.array([168.0, 120, 76])) < 3, axis=2)
    heights = blue.sum(axis=0)
    left, right = np.split(heights, 2)
    assert right.max() == pytest.approx(2 * left.max(), rel=0.03)


def test_chart_draws_the_mean_of_the_bars_if_none_is_given(tmp_path):
    bars = {name: f1 for name, f1 in F1.items() if name != 'mean'}
    given = plot_per_au_f1(tmp_path / 'given.png', F1, 'title').read_bytes()
    assert plot_per_au_f1(tmp_path / 'own.png', bars, 'title').read_bytes() == given
    other = plot_per_au_f1(tmp_path / 'other.png', {**bars, 'mean': 0.3}, 'title')
    assert other.read_bytes() != given


def test_chart_leaves_pyplot_alone(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, 'matplotlib.pyplot', raising=False)
    plot_per_au_f1(tmp_path / 'f1.png', F1, 'title')
    assert 'matplotlib.pyplot' not in sys.modules


@pytest.mark.parametrize('scores', [{}, {'mean': 0.5}, {'AU1': 50.0}, {'AU1': -0.1}])
def test_chart_refuses_what_is_no_f1(tmp_path, scores):
    with pytest.raises(ValueError, match='F1 scores'):
        plot_per_au_f1(tmp_path / 'f1.png', scores, 'title')
