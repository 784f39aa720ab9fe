"""What may not be averaged is refused, with both files and the reason."""

import re

import pytest
from made_results import CROP, NAMES, made_result, predictions_of_fold

from clef_mm.evaluation.agreement import DisagreementError, arrange, shared_protocol
from clef_mm.evaluation.thresholds import Thresholds, fixed_thresholds


def results_of(folder, changes=None, folds=(1, 2, 3), seeds=(0,)):
    """Make results, fold 2 with changes."""
    return [
        made_result(folder, fold, seed, **((changes or {}) if fold == 2 else {}))
        for fold in folds
        for seed in seeds
    ]


def test_results_are_ordered_by_fold_and_seed(tmp_path):
    results = results_of(tmp_path, folds=(3, 1, 2), seeds=(1, 0))
    arranged = arrange(results)
    assert list(arranged) == [1, 2, 3]
    for fold, runs in arranged.items():
        assert list(runs) == [0, 1]
        for seed, result in runs.items():
            assert result.path.name == f'fold{fold}_seed{seed}'


OTHER_VALUES = Thresholds('validation', dict.fromkeys(NAMES, 0.4)).record()
DIFFERENT = {
    'synthetic': ({'synthetic': True}, 'False and True.*no.*real'),
    'dataset': ({'dataset': 'DISFA'}, 'BP4D and DISFA'),
    'split': ({'split': 'all'}, 'test and all'),
    'preset': ({'preset': 'fmae 7901901c'}, 'jaanet ead8585b and fmae 7901901c'),
    'crop': ({'crop': {**CROP, 'hash': 'f'}}, 'aligned 5e0c13ab49d2 and aligned f'),
    'no crop': ({'crop': None}, 'aligned 5e0c13ab49d2 and none.*prepare'),
    'threshold rule': ({'threshold': OTHER_VALUES}, 'validation.*--threshold'),
    'threshold': ({'threshold': fixed_thresholds(NAMES, 0.4).record()}, 'AU1.*0.4'),
    'epoch rule': ({'epoch_rule': 'best on test'}, 'last and best on test.*--epoch'),
    'stages': (
        {'trained': {'stage': 'ActionUnitRecognizer'}},
        'ActionUnitRecognizer after ActivityPretrainer and ActionUnitRecognizer',
    ),
    'texts': ({'texts': 'name'}, 'texts differs: none and name.*same way'),
}


@pytest.mark.parametrize(('changes', 'reason'), DIFFERENT.values(), ids=DIFFERENT)
def test_different_protocols_are_refused(tmp_path, changes, reason):
    with pytest.raises(DisagreementError, match=reason) as refused:
        arrange(results_of(tmp_path, changes))
    assert 'fold1_seed0' in str(refused.value)
    assert 'fold2_seed0' in str(refused.value)


def test_different_labels_are_refused(tmp_path):
    for names in (('AU1', 'AU4', 'AU2'), ('AU1', 'AU2', 'AU6')):
        other = predictions_of_fold(2, names=names)
        with pytest.raises(DisagreementError, match=f'and {", ".join(names)}. Test'):
            arrange(
                [made_result(tmp_path, 1), made_result(tmp_path, 2, predictions=other)]
            )


def test_tuned_thresholds_may_differ_in_their_values(tmp_path):
    results = [
        made_result(
            tmp_path,
            fold,
            threshold=Thresholds('oracle', dict.fromkeys(NAMES, fold / 10)).record(),
            oracle=['threshold chosen on the test frames'],
        )
        for fold in (1, 2)
    ]
    assert list(arrange(results)) == [1, 2]
    assert shared_protocol(results)['threshold'] == {'rule': 'oracle', 'values': {}}


def test_missing_fold_is_named(tmp_path):
    one, _, three = results_of(tmp_path)
    message = r'fold 2 is missing, found: fold 1 \(.*fold1_seed0\), fold 3 \('
    with pytest.raises(DisagreementError, match=message):
        arrange([one, three])
    with pytest.raises(DisagreementError, match='fold 3 is missing'):
        arrange([one], [1, 3])
    assert list(arrange([one, three], [1, 3])) == [1, 3]


def test_all_folds_of_the_preset_are_asked_for_where_their_number_is_known(tmp_path):
    results = [made_result(tmp_path, fold, num_folds=3) for fold in (1, 2)]
    with pytest.raises(DisagreementError, match='fold 3 is missing'):
        arrange(results)
    assert list(arrange(results, [1, 2])) == [1, 2]


def test_fold_missing_for_one_seed_is_named(tmp_path):
    results = results_of(tmp_path, seeds=(0, 7))
    with pytest.raises(DisagreementError, match='fold 3 with seed 7 is missing'):
        arrange(results[:-1])


def test_fold_that_was_not_asked_for_is_named(tmp_path):
    with pytest.raises(DisagreementError, match=r'fold3_seed0 is fold 3, .*leave it'):
        arrange(results_of(tmp_path), [1, 2])


def test_same_fold_and_seed_twice_is_refused(tmp_path):
    results = [made_result(tmp_path / name) for name in ('mine', 'yours')]
    with pytest.raises(DisagreementError) as refused:
        arrange(results)
    assert re.search('mine.*and.*yours.*both fold 1 with seed 0', str(refused.value))


def test_overlapping_folds_are_refused(tmp_path):
    results = results_of(tmp_path)
    results[2].protocol['subjects'].append('F102')
    with pytest.raises(DisagreementError, match=r'fold1_seed0.*fold3_seed0.*F102\. Fo'):
        arrange(results)


@pytest.mark.parametrize(('key', 'value'), [('subjects', ['F199']), ('frames', 7)])
def test_seeds_of_a_fold_must_test_the_same_people(tmp_path, key, value):
    results = results_of(tmp_path, seeds=(0, 1))
    results[1].protocol[key] = value
    with pytest.raises(DisagreementError, match='both fold 1, but test different'):
        arrange(results)


@pytest.mark.parametrize('key', ['dataset', 'subjects'])
def test_what_nobody_knows_the_data_of_is_refused(tmp_path, key):
    with pytest.raises(DisagreementError, match=f'fold2_seed0 does not state {key}'):
        arrange(results_of(tmp_path, {key: None, 'keep': False}))


@pytest.mark.parametrize('fold', [1, 2])
def test_a_measure_that_one_fold_lacks_is_refused(tmp_path, fold):
    """Its mean would be one of other folds, which nothing says."""
    results = results_of(tmp_path)
    results[fold - 1].metrics['probe/accuracy'] = 0.5
    with pytest.raises(
        DisagreementError, match=rf'not hold probe/accuracy, which .*fold{fold}_seed0'
    ):
        arrange(results)


def test_nothing_at_all_is_refused():
    with pytest.raises(DisagreementError, match='no results'):
        arrange([])


def test_shared_protocol_leaves_out_what_is_of_one_run(tmp_path):
    results = results_of(tmp_path, seeds=(0, 1))
    shared = shared_protocol(results)
    assert shared['frames'] == 3 * 120  # once for both seeds
    assert len(shared['subjects']) == 12
    assert shared['threshold'] == fixed_thresholds(NAMES).record()
    assert not {'fold', 'seed', 'checkpoint', 'trained'} & set(shared)
