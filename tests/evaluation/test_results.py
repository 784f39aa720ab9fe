"""The folder of a test: what is written, what is read, what is refused."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from made_results import (
    NAMES,
    made_result,
    predictions_of_fold,
    predictions_of_photographs,
    protocol_of,
)

from clef_mm.evaluation import read_result, results, write_result
from clef_mm.evaluation.measures import measure
from clef_mm.evaluation.predictions import PredictionsError
from clef_mm.evaluation.protocol import (
    SUBJECT,
    conditions,
    drawn_unit,
    measured_on,
    oracle_notice,
    synthetic_notice,
)
from clef_mm.evaluation.results import PROTOCOL_KEYS, ResultError
from clef_mm.evaluation.thresholds import Thresholds, fixed_thresholds


def protocol(**changes):
    return {
        'dataset': 'BP4D',
        'split': 'test',
        'subjects': ('F001', 'M003'),
        'threshold': {'rule': 'fixed', 'values': {'AU1': 0.5}},
        'epoch_rule': 'last',
        'checkpoint': Path('run') / 'epoch_15.pth',
        'synthetic': False,
        'oracle': [],
        **changes,
    }


def written(folder, metrics, stated):
    path, *_ = write_result(folder, metrics, stated)
    return json.loads(path.read_text())


def test_file_holds_metrics_and_protocol(tmp_path):
    metrics = {'au_f1/AU1': np.float32(0.5), 'au_f1/mean': torch.tensor(0.25)}
    folder = tmp_path / 'new' / 'folder'
    assert write_result(folder, metrics, protocol(fold=1)) == [folder / 'metrics.json']
    found = json.loads((folder / 'metrics.json').read_text())
    assert found['metrics'] == {'au_f1/AU1': 0.5, 'au_f1/mean': 0.25}
    assert found['measured_on'] == 'BP4D, test of fold 1'
    assert found['notice'] is None
    assert found['undefined'] == []
    assert found['protocol'] == {
        **protocol(fold=1),
        'subjects': ['F001', 'M003'],
        'checkpoint': str(Path('run') / 'epoch_15.pth'),
    }
    assert found['versions']['numpy'] == np.__version__
    assert found['versions']['clef_mm'] == sys.modules['clef_mm'].__version__
    assert found['date'].endswith('+00:00')


def test_result_on_synthetic_data_says_so(tmp_path):
    found = written(tmp_path, {'mean': 1.0}, protocol(synthetic=True))
    assert 'not a result on BP4D' in found['notice']
    assert found['measured_on'] == 'synthetic stand-in for BP4D, test'
    assert found['protocol']['synthetic'] is True


def test_number_that_does_not_exist_becomes_null_and_is_named(tmp_path):
    found = written(tmp_path, {'fear': float('nan'), 'joy': 0.5}, protocol())
    assert found['metrics'] == {'fear': None, 'joy': 0.5}
    assert found['undefined'] == ['fear']


@pytest.mark.parametrize('key', results.PROTOCOL_KEYS)
def test_protocol_must_say_everything(tmp_path, key):
    stated = protocol()
    del stated[key]
    with pytest.raises(ValueError, match=f'does not state {key}'):
        write_result(tmp_path, {'mean': 1.0}, stated)
    assert not list(tmp_path.iterdir())


def test_failed_write_leaves_the_old_file_whole(tmp_path, monkeypatch):
    (path,) = write_result(tmp_path, {'mean': 1.0}, protocol())
    before = path.read_text()
    with pytest.raises(TypeError, match='cannot hold'):
        write_result(tmp_path, {'mean': object()}, protocol())

    def interrupted(source, target):
        assert json.loads(Path(source).read_text())['metrics'] == {'mean': 0.5}
        raise KeyboardInterrupt

    monkeypatch.setattr(os, 'replace', interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_result(tmp_path, {'mean': 0.5}, protocol())
    assert path.read_text() == before


def test_everything_can_be_computed_again_from_the_predictions(tmp_path):
    result = made_result(tmp_path)
    again = measure(result.predictions, fixed_thresholds(NAMES))
    assert result.metrics == pytest.approx(again)
    assert result.path == tmp_path / 'fold1_seed0'
    low, high = result.intervals['au_f1/mean']
    assert low < result.metrics['au_f1/mean'] < high
    assert set(result.intervals) == {
        *(
            f'{kind}/{name}'
            for kind in ('au_f1', 'au_balanced_accuracy', 'au_auc', 'au_ap')
            for name in (*NAMES, 'mean')
        ),
        'au_f1_micro',
    }


def test_confusion_matrix_has_its_own_entry(tmp_path):
    predictions = predictions_of_photographs()
    stated = protocol_of(predictions, resampled='image')
    path, _ = write_result(tmp_path, measure(predictions, None), stated, predictions)
    found = json.loads(path.read_text())
    counts = np.array(found['confusion_matrix']['counts'])
    assert found['confusion_matrix']['classes'] == list(predictions.names)
    assert counts.sum(axis=1).tolist() == np.bincount(predictions.targets).tolist()
    assert '95 %, images drawn anew' in read_result(tmp_path).text()
    accuracy = found['metrics']['expression/accuracy']
    assert np.trace(counts) / counts.sum() == pytest.approx(accuracy)
    low, high = found['intervals']['expression/accuracy']
    assert low < accuracy < high
    assert not any(isinstance(value, list) for value in found['metrics'].values())


def test_predictions_of_the_test_before_do_not_stay(tmp_path):
    made_result(tmp_path)
    assert made_result(tmp_path, keep=False).predictions is None
    assert not (tmp_path / 'fold1_seed0/predictions.npz').exists()


def test_result_that_is_not_there_names_the_command(tmp_path):
    with pytest.raises(ResultError, match=r'no .*metrics\.json: .*tools/test\.py'):
        read_result(tmp_path)


@pytest.mark.parametrize(
    'text',
    [
        *('', '{', '[]', '{"metrics": {}}', '{"metrics": {}, "protocol": null}'),
        json.dumps({'metrics': None, 'protocol': dict.fromkeys(PROTOCOL_KEYS)}),
    ],
)
def test_result_of_another_kind_is_refused_by_name(tmp_path, text):
    (tmp_path / 'metrics.json').write_text(text)
    with pytest.raises(ResultError, match=r'metrics\.json'):
        read_result(tmp_path)


def test_damaged_predictions_are_refused(tmp_path):
    result = made_result(tmp_path)
    (result.path / 'predictions.npz').write_bytes(b'')
    with pytest.raises(PredictionsError, match=r'predictions\.npz'):
        read_result(result.path)


def test_text_shows_means_intervals_protocol_and_caveats(tmp_path):
    predictions = predictions_of_fold()
    reasons = ['threshold chosen on the test frames', 'epoch chosen on the test frames']
    text = made_result(
        tmp_path,
        predictions=predictions,
        threshold=Thresholds('oracle', dict.fromkeys(NAMES, 0.4)).record(),
        epoch_rule='best on test',
        oracle=reasons,
        synthetic=True,
    ).text()
    assert 'synthetic stand-in for BP4D, test of fold 1' in text
    assert 'ORACLE thresholds' in text
    assert '95 %, subjects drawn anew' in text
    assert 'epoch: best on test' in text
    assert f'ORACLE, not comparable: {"; ".join(reasons)}.' in text
    assert 'SYNTHETIC DATA' in text
    measured = measure(predictions, fixed_thresholds(NAMES, 0.4))
    mean = f'{100 * measured["au_f1/mean"]:.1f}'
    (line,) = [line for line in text.splitlines() if 'au_f1/mean' in line]
    assert mean in line
    assert '..' in line
    assert 'au_f1/AU1' not in text


def test_a_ratio_stands_beside_percentages_as_it_is(tmp_path):
    write_result(
        tmp_path, {'identity/distance_ratio': 1.25, 'probe/accuracy': 0.4}, protocol()
    )
    ratio, share = (
        line.split('|')[1:3]
        for line in read_result(tmp_path).text().splitlines()
        if 'identity' in line or 'probe' in line
    )
    assert [cell.strip() for cell in ratio] == ['identity/distance_ratio', '1.250']
    assert [cell.strip() for cell in share] == ['probe/accuracy [%]', '40.0']


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


def test_conditions_name_threshold_epoch_and_people():
    stated = protocol_of(predictions_of_fold(), epoch_rule='best on validation')
    assert conditions(stated) == (
        'F1 at the fixed threshold 0.5; epoch: best on validation; 4 subjects'
    )
    photographs = protocol_of(predictions_of_photographs(), resampled='image')
    assert conditions(photographs) == 'class of highest score; epoch: last'
    assert oracle_notice(stated) == ''


def test_people_are_drawn_where_a_protocol_leaves_it_open():
    assert drawn_unit({}) == drawn_unit({'resampled': None}) == SUBJECT


def test_oracle_thresholds_without_the_flag_are_neither_written_nor_read(tmp_path):
    predictions = predictions_of_fold()
    tuned = Thresholds('oracle', dict.fromkeys(NAMES, 0.4))
    stated = protocol_of(predictions, threshold=tuned.record(), oracle=['tuned'])
    metrics = measure(predictions, tuned)
    write_result(tmp_path, metrics, stated)
    assert read_result(tmp_path).protocol['oracle'] == ['tuned']
    file = tmp_path / 'metrics.json'
    file.write_text(file.read_text().replace('"tuned"', ''))
    with pytest.raises(ResultError, match=r'metrics\.json.*gives no reason'):
        read_result(tmp_path)
    with pytest.raises(ValueError, match='gives no reason'):
        write_result(tmp_path, metrics, {**stated, 'oracle': []})
