"""Means of folds and seeds against numbers worked out by hand."""

import numpy as np
import pytest
from made_results import (
    NAMES,
    made_result,
    predictions_of_fold,
    predictions_of_photographs,
)

from clef_mm.evaluation import Summary, aggregate, read_summary
from clef_mm.evaluation.agreement import DisagreementError
from clef_mm.evaluation.bootstrap import count_units, fold_intervals
from clef_mm.evaluation.measures import measure
from clef_mm.evaluation.predictions import Predictions, join_predictions
from clef_mm.evaluation.results import ResultError
from clef_mm.evaluation.thresholds import Thresholds, fixed_thresholds


def counted(fold, hits, false, missed, right):
    """Predictions of one AU with these outcomes."""
    calls = [0.9] * (hits + false) + [0.1] * (missed + right)
    labels = [1] * hits + [0] * false + [1] * missed + [0] * right
    count = len(calls)
    return Predictions(
        np.array(calls, np.float32)[:, None],
        np.array(labels, np.int8)[:, None],
        ('AU1',),
        np.array([f'F{fold}{number % 2}' for number in range(count)]),
        np.full(count, 'T1'),
        np.arange(count),
    )


# Outcomes by fold and their F1, 2 TP / (2 TP + FP + FN), by hand.
COUNTS = {1: (8, 2, 2, 0), 2: (1, 3, 1, 15), 3: (30, 0, 30, 40)}
F1 = {1: 16 / 20, 2: 2 / 6, 3: 60 / 90}


def test_mean_of_folds_and_pooled_f1_in_closed_form(tmp_path):
    results = [
        made_result(tmp_path, fold, predictions=counted(fold, *counts))
        for fold, counts in COUNTS.items()
    ]
    found = aggregate(results).metrics['au_f1/AU1']
    assert found['folds'] == {str(fold): [value] for fold, value in F1.items()}
    assert found['mean'] == pytest.approx((0.8 + 1 / 3 + 2 / 3) / 3)
    # 39 hits, 5 false alarms, 33 misses
    assert found['pooled'] == pytest.approx(78 / (78 + 5 + 33))
    assert found['std'] is None
    assert found['interval'][0] < found['mean'] < found['interval'][1]


def test_published_folds_give_the_published_mean(tmp_path):
    """Three folds of DISFA as their authors report them, and the mean they give."""
    results = []
    for fold, f1 in enumerate((0.5776, 0.6562, 0.6717), 1):
        result = made_result(
            tmp_path, fold, predictions=predictions_of_fold(fold), keep=False
        )
        result.metrics['au_f1/mean'] = f1
        results.append(result)
    assert aggregate(results).metrics['au_f1/mean']['mean'] == pytest.approx(
        0.6352, abs=5e-5
    )


def test_seeds_are_averaged_after_the_folds(tmp_path):
    hits = {1: {1: 8, 2: 5}, 2: {1: 6, 2: 9}, 3: {1: 7, 2: 7}}  # seed, fold
    results = [
        made_result(
            tmp_path, fold, seed, predictions=counted(fold, n, 10 - n, 10 - n, n)
        )
        for seed, folds in hits.items()
        for fold, n in folds.items()
    ]
    summary = aggregate(results)
    found = summary.metrics['au_f1/AU1']
    assert (summary.folds, summary.seeds) == ([1, 2], [1, 2, 3])
    # With as many misses as false alarms the F1 is the share of hits.
    assert found['folds'] == {
        '1': pytest.approx([0.8, 0.6, 0.7]),
        '2': pytest.approx([0.5, 0.9, 0.7]),
    }
    assert found['mean'] == pytest.approx((0.65 + 0.75 + 0.7) / 3)
    assert found['std'] == pytest.approx(0.05)  # of 0.65, 0.75, 0.70
    assert found['pooled'] == pytest.approx((13 / 20 + 15 / 20 + 14 / 20) / 3)


def test_every_measure_is_averaged_pooled_and_has_its_interval(tmp_path):
    folds = [predictions_of_fold(fold) for fold in (1, 2, 3)]
    results = [
        made_result(tmp_path, number, predictions=one)
        for number, one in enumerate(folds, 1)
    ]
    summary = aggregate(results)
    limits = fixed_thresholds(NAMES)
    alone = [measure(one, limits) for one in folds]
    pooled = measure(join_predictions(folds), limits)
    protocol = {'threshold': limits.record()}
    intervals = fold_intervals([[count_units(one, protocol)] for one in folds])
    assert set(summary.metrics) == set(pooled)
    for name, found in summary.metrics.items():
        assert found['mean'] == pytest.approx(np.mean([one[name] for one in alone]))
        assert found['pooled'] == pytest.approx(pooled[name])
        assert found['interval'] == intervals.get(name)
    assert summary.measure == 'f1'


def test_each_fold_is_pooled_at_its_own_thresholds(tmp_path):
    results = [
        made_result(
            tmp_path,
            fold,
            predictions=counted(fold, 4, 2, 1, 3),
            threshold=Thresholds('validation', {'AU1': limit}).record(),
        )
        for fold, limit in ((1, 0.5), (2, 0.95))  # nothing reaches 0.95
    ]
    summary = aggregate(results)
    found = summary.metrics['au_f1/AU1']
    assert found['folds'] == {'1': [pytest.approx(8 / 11)], '2': [0]}
    assert found['pooled'] == pytest.approx(8 / (8 + 2 + 1 + 5))
    assert summary.protocol['threshold'] == {'rule': 'validation', 'values': {}}
    assert 'tuned on validation subjects' in summary.text()


def test_unit_that_a_fold_never_shows_is_named(tmp_path):
    results = []
    for fold in (1, 2, 3):
        predictions = predictions_of_fold(fold)
        if fold == 2:
            predictions.targets[:, 1] = np.minimum(predictions.targets[:, 1], 0)
        results.append(made_result(tmp_path, fold, predictions=predictions))
    summary = aggregate(results)
    assert summary.unseen == {'2': ['AU2']}
    assert summary.undefined == {
        'au_balanced_accuracy/AU2': [2],
        'au_auc/AU2': [2],
        'au_ap/AU2': [2],
    }
    f1, auc = (summary.metrics[f'{name}/AU2'] for name in ('au_f1', 'au_auc'))
    assert f1['folds']['2'] == [0]  # by convention, and in the mean
    assert f1['mean'] == pytest.approx((f1['folds']['1'][0] + f1['folds']['3'][0]) / 3)
    assert auc['folds']['2'] == [None]
    assert auc['mean'] == pytest.approx(
        (auc['folds']['1'][0] + auc['folds']['3'][0]) / 2
    )
    text = summary.text()
    assert 'fold 2: no image is known to show AU2; F1 of 0 is a convention' in text
    assert 'au_auc/AU2 does not exist in fold 2: left out' in text


def test_unit_that_nobody_coded_in_a_fold_is_left_out_and_has_no_f1_of_0(tmp_path):
    results = []
    for fold in (1, 2):
        predictions = predictions_of_fold(fold)
        if fold == 2:
            predictions.targets[:] = -1
        results.append(made_result(tmp_path, fold, predictions=predictions))
    summary = aggregate(results)
    assert summary.unseen == {}
    found = summary.metrics['au_f1/mean']
    assert found['folds']['2'] == [None]
    assert found['mean'] == found['folds']['1'][0]
    assert 'au_f1/AU2 does not exist in fold 2: left out' in summary.text()


def test_class_without_images_is_said_to_have_no_recall(tmp_path):
    predictions = predictions_of_photographs()
    predictions.targets[predictions.targets == 2] = 0
    stated = {'fold': None, 'resampled': 'image'}
    text = aggregate([made_result(tmp_path, predictions=predictions, **stated)]).text()
    assert 'expression/recall/fear does not exist' in text
    assert 'convention' not in text


def test_official_test_part_is_one_fold(tmp_path):
    predictions = predictions_of_photographs()
    result = made_result(
        tmp_path,
        predictions=predictions,
        dataset='RAF-DB',
        fold=None,
        preset=None,
        resampled='image',
    )
    for folds in (None, []):
        summary = aggregate([result], folds=folds)
        assert (summary.measure, summary.folds) == ('accuracy', [1])
        found = summary.metrics['expression/accuracy']
        assert found['mean'] == found['pooled'] == result.metrics['expression/accuracy']
        assert found['interval'] == result.intervals['expression/accuracy']


def test_without_predictions_there_are_means_but_nothing_pooled(tmp_path):
    results = [made_result(tmp_path, fold, keep=fold != 2) for fold in (1, 2, 3)]
    found = aggregate(results).metrics['au_f1/mean']
    assert found['mean'] == pytest.approx(
        np.mean([result.metrics['au_f1/mean'] for result in results])
    )
    assert found['pooled'] is found['interval'] is None


def test_predictions_of_another_test_are_noticed(tmp_path):
    results = [made_result(tmp_path, fold) for fold in (1, 2)]
    results[1].metrics['au_f1/mean'] += 0.01
    with pytest.raises(DisagreementError, match=r'fold2_seed0: the predictions give'):
        aggregate(results)


@pytest.mark.parametrize(
    ('key', 'stated'),
    [('labels', ['AU2', 'AU1', 'AU4']), ('subjects', ['F100']), ('frames', 119)],
)
def test_predictions_of_other_labels_or_people_are_noticed(tmp_path, key, stated):
    result = made_result(tmp_path)
    result.protocol[key] = stated
    with pytest.raises(DisagreementError, match=rf'fold1_seed0: the {key} of the pred'):
        aggregate([result])


def test_summary_of_results_that_state_no_oracle_is_read_again(tmp_path):
    results = [made_result(tmp_path, fold, oracle=None) for fold in (1, 2)]
    path = aggregate(results).write(tmp_path / 'summary.json')
    assert read_summary(path).oracle == []


def test_result_without_a_measure_of_the_tables_is_refused(tmp_path):
    result = made_result(tmp_path, keep=False)
    result.metrics.clear()
    result.metrics['probe/accuracy'] = 0.3
    with pytest.raises(
        DisagreementError, match=r'holds neither .* only probe/accuracy'
    ):
        aggregate([result])


def test_oracle_and_synthetic_are_flagged_in_file_and_text(tmp_path):
    results = [
        made_result(
            tmp_path,
            fold,
            synthetic=True,
            epoch_rule='best on test',
            oracle=['epoch chosen on the test frames'],
        )
        for fold in (1, 2)
    ]
    summary = aggregate(results)
    assert summary.oracle == ['epoch chosen on the test frames']
    assert 'not a result on BP4D' in summary.notice
    text = summary.text()
    assert 'ORACLE, not comparable: epoch chosen on the test frames.' in text
    assert 'SYNTHETIC DATA' in text
    assert 'synthetic stand-in for BP4D' in text


def test_summary_is_read_as_it_was_written(tmp_path):
    results = [made_result(tmp_path, f, s) for f in (1, 2) for s in (0, 1)]
    summary = aggregate(results, 'CLEF', 'table2', 'configs/recipes/clef.py', [1, 2])
    path = summary.write(tmp_path / 'new' / 'summary.json')
    assert read_summary(path) == summary
    assert (summary.name, summary.table, summary.dataset) == ('CLEF', 'table2', 'BP4D')
    assert summary.protocol['frames'] == 240
    assert len(summary.protocol['subjects']) == 8
    assert 'checkpoint' not in summary.protocol


def test_text_is_a_table_of_folds_with_what_was_done(tmp_path):
    summary = aggregate([made_result(tmp_path, f, s) for f in (1, 2) for s in (0, 1)])
    text = summary.text()
    assert 'BP4D, test, folds 1, 2, 2 seeds' in text
    assert 'F1 at the fixed threshold 0.5; epoch: last; 8 subjects' in text
    found = summary.metrics['au_f1/AU4']
    (line,) = [line for line in text.splitlines() if 'au_f1/AU4' in line]
    numbers = [
        *(np.mean(found['folds'][str(fold)]) for fold in (1, 2)),
        *(found['mean'], *found['interval'], found['std'], found['pooled']),
    ]
    cells = line.replace('..', '|').split('|')[2:-1]
    assert [cell.strip() for cell in cells] == [f'{100 * one:.1f}' for one in numbers]


def test_summary_with_a_damaged_measure_is_refused(tmp_path):
    summary = aggregate([made_result(tmp_path)])
    del summary.metrics['au_f1/AU1']['interval']
    path = summary.write(tmp_path / 'summary.json')
    with pytest.raises(ResultError, match=r'summary\.json: au_f1/AU1 lacks interval'):
        read_summary(path)


@pytest.mark.parametrize('ends', [[None, None], [0.1], [0.1, 0.2, 0.3]])
def test_summary_with_an_interval_of_other_than_two_ends_is_refused(tmp_path, ends):
    summary = aggregate([made_result(tmp_path)])
    summary.metrics['au_f1/mean']['interval'] = ends
    path = summary.write(tmp_path / 'summary.json')
    with pytest.raises(ResultError, match=r'summary\.json: .*au_f1/mean'):
        read_summary(path)


@pytest.mark.parametrize(
    ('key', 'value'), [('crop', 'aligned'), ('every', 3), ('frames', '120')]
)
def test_summary_with_a_damaged_protocol_is_refused(tmp_path, key, value):
    summary = aggregate([made_result(tmp_path)])
    summary.protocol[key] = value
    path = summary.write(tmp_path / 'summary.json')
    with pytest.raises(ResultError, match=rf'protocol\.{key} is {value!r}, not'):
        read_summary(path)


def test_summary_cannot_lose_the_flag_of_its_protocol(tmp_path):
    summary = aggregate([made_result(tmp_path, oracle=['epoch chosen on the test'])])
    summary.oracle.clear()
    summary.protocol['oracle'] = ['epoch chosen on the test']
    path = summary.write(tmp_path / 'summary.json')
    with pytest.raises(ResultError, match='oracle is not what its protocol says'):
        read_summary(path)


@pytest.mark.parametrize('text', ['{', '{"name": "CLEF"}'])
def test_file_that_is_no_summary_is_refused(tmp_path, text):
    path = tmp_path / 'summary.json'
    with pytest.raises(ResultError, match=r'no .*summary\.json'):
        read_summary(path)
    path.write_text(text)
    with pytest.raises(ResultError, match=r'summary\.json .*crossval\.py'):
        read_summary(path)


def test_summary_states_versions_and_date(tmp_path):
    summary = aggregate([made_result(tmp_path)])
    assert isinstance(summary, Summary)
    assert summary.versions['numpy'] == np.__version__
    assert summary.date.endswith('+00:00')
