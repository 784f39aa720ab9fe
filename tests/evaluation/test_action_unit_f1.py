"""ActionUnitF1: the numbers without a Runner, and the evaluator around them."""

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from sklearn.metrics import f1_score

from clef_mm.errors import UserError
from clef_mm.evaluation import ActionUnitF1
from clef_mm.evaluation.measures import measure
from clef_mm.evaluation.thresholds import Thresholds
from clef_mm.registry import EVALUATORS
from clef_mm.structures import FaceSample

NAMES = ('AU1', 'AU2', 'AU4')


def case(num_samples=60, seed=0):
    rng = np.random.default_rng(seed)
    scores = rng.random((num_samples, len(NAMES)), dtype=np.float32)
    targets = rng.integers(-1, 2, (num_samples, len(NAMES))).astype(np.int8)
    return scores, targets


def samples_of(scores, targets):
    return [
        FaceSample(subject='F001', pred_scores=torch.as_tensor(row), gt_aus=labels)
        for row, labels in zip(scores, targets, strict=True)
    ]


@pytest.fixture
def logged(monkeypatch):
    """Everything the current logger is told."""
    lines = []
    logger = MMLogger.get_current_instance()
    monkeypatch.setattr(logger, 'info', lines.append)
    return lines


@pytest.mark.parametrize('threshold', [0.3, 0.5])
def test_calculate_equals_scikit_learn(threshold):
    scores, targets = case()
    f1 = ActionUnitF1.calculate(scores, targets, NAMES, threshold)
    assert list(f1) == [*NAMES, 'mean']
    expected = []
    for column, name in enumerate(NAMES):
        known = targets[:, column] != -1
        predicted = scores[known, column] >= threshold
        expected.append(f1_score(targets[known, column], predicted))
        assert f1[name] == pytest.approx(expected[-1])
    assert f1['mean'] == pytest.approx(np.mean(expected))
    assert all(type(value) is float for value in f1.values())


@pytest.mark.parametrize(
    'convert',
    [
        torch.tensor,
        np.ndarray.tolist,
        lambda array: torch.tensor(array).double(),
        lambda array: torch.tensor(array).to(torch.float64).requires_grad_(),
    ],
    ids=['tensor', 'lists', 'double', 'gradient'],
)
def test_calculate_takes_tensors_and_lists(convert):
    scores, targets = case()
    assert ActionUnitF1.calculate(
        convert(scores), convert(targets), NAMES
    ) == ActionUnitF1.calculate(scores, targets, NAMES)


def test_calculate_takes_half_precision():
    scores = torch.tensor([[0.75, 0.25, 0.5]])
    for dtype in (torch.bfloat16, torch.float16):
        f1 = ActionUnitF1.calculate(scores.to(dtype), [[1, 1, 1]], NAMES)
        assert f1 == {'AU1': 1.0, 'AU2': 0.0, 'AU4': 1.0, 'mean': pytest.approx(2 / 3)}


def test_calculate_is_invariant_to_the_order_of_frames_and_units():
    scores, targets = case()
    f1 = ActionUnitF1.calculate(scores, targets, NAMES)
    order = np.random.default_rng(1).permutation(len(scores))
    assert ActionUnitF1.calculate(scores[order], targets[order], NAMES) == f1
    flipped = ActionUnitF1.calculate(scores[:, ::-1], targets[:, ::-1], NAMES[::-1])
    assert flipped == pytest.approx(f1)


def test_unit_without_a_known_positive_counts_as_zero_and_one_unknown_not_at_all():
    scores, targets = case()
    targets[:, 1] = np.minimum(targets[:, 1], 0)
    targets[:, 2] = -1
    with pytest.warns(UserWarning, match='show AU2: the F1 is 0'):
        f1 = ActionUnitF1.calculate(scores, targets, NAMES)
    assert f1['AU2'] == 0
    assert np.isnan(f1['AU4'])
    assert f1['mean'] == pytest.approx(f1['AU1'] / 2)


@pytest.mark.parametrize('names', [NAMES[:2], ('AU1', 'AU1', 'AU2')])
def test_calculate_refuses_names_that_do_not_fit(names):
    with pytest.raises(ValueError, match='names'):
        ActionUnitF1.calculate(*case(), names)


def test_threshold_is_checked_when_the_evaluator_is_built():
    with pytest.raises(ValueError, match='threshold'):
        ActionUnitF1(NAMES, threshold=50)
    with pytest.raises(ValueError, match="a number or 'oracle', got 'best'"):
        ActionUnitF1(NAMES, threshold='best')


def test_evaluator_gives_the_same_numbers_batch_by_batch(logged):
    scores, targets = case(num_samples=7)
    evaluator = Evaluator(EVALUATORS.build({'type': 'ActionUnitF1'}))
    evaluator.dataset_meta = {'au_names': NAMES, 'dataset': 'BP4D'}
    samples = samples_of(scores, targets)
    for start in range(0, 7, 3):
        evaluator.process(samples[start : start + 3])
    metrics = evaluator.evaluate(size=7)
    expected = ActionUnitF1.calculate(scores, targets, NAMES)
    f1 = {key: value for key, value in metrics.items() if key.startswith('au_f1/')}
    assert f1 == pytest.approx({f'au_f1/{name}': v for name, v in expected.items()})
    assert list(metrics)[4:] == [
        'au_f1_micro',
        *('au_balanced_accuracy/mean', 'au_auc/mean', 'au_ap/mean'),
    ]


def test_everything_else_follows_from_what_the_evaluator_keeps(logged):
    scores, targets = case()
    metric = ActionUnitF1(NAMES, threshold=0.25)
    samples = samples_of(scores, targets)
    for number, sample in enumerate(samples):
        sample.subject, sample.sequence, sample.frame = f'F{number % 7}', 'T1', number
    metric.process(None, samples)
    logged_metrics = metric.evaluate(size=len(samples))
    kept = metric.predictions
    np.testing.assert_array_equal(kept.scores, scores)
    np.testing.assert_array_equal(kept.targets, targets)
    assert kept.names == NAMES
    assert list(kept.subjects[:8]) == [*(f'F{n}' for n in range(7)), 'F0']
    assert set(kept.sequences) == {'T1'}
    assert list(kept.frames) == list(range(len(samples)))
    assert metric.thresholds.values == dict.fromkeys(NAMES, 0.25)
    everything = measure(kept, metric.thresholds)
    assert logged_metrics == {name: everything[name] for name in logged_metrics}


def test_samples_repeated_to_fill_the_last_batch_are_dropped(logged):
    scores, targets = case(num_samples=7)
    metric = ActionUnitF1(NAMES)
    samples = samples_of(scores, targets)
    metric.process(None, [*samples, samples[0]])
    assert len(metric.results) == 8
    expected = ActionUnitF1.calculate(scores, targets, NAMES)
    assert metric.evaluate(size=7)['au_f1/mean'] == expected['mean']


def test_results_do_not_keep_the_batch_in_memory(logged):
    scores, targets = case(num_samples=4)
    batch = torch.tensor(scores)
    metric = ActionUnitF1(NAMES)
    metric.process(None, samples_of(batch, targets))
    batch.zero_()
    expected = ActionUnitF1.calculate(scores, targets, NAMES)
    assert metric.evaluate(size=4)['au_f1/mean'] == expected['mean']


def test_own_names_win_over_those_of_the_dataset(logged):
    metric = ActionUnitF1(NAMES, prefix='mine')
    metric.dataset_meta = {'au_names': ('x', 'y', 'z')}
    metric.process(None, samples_of(*case()))
    found = list(metric.evaluate(size=60))
    assert found[:4] == [f'mine/au_f1/{n}' for n in (*NAMES, 'mean')]


@pytest.mark.parametrize(
    ('stated', 'said'),
    [
        (NAMES[::-1], f'calls {NAMES[0]} what is {NAMES[-1]} in the data'),
        ((*NAMES, 'AU99'), f'has {len(NAMES)} names.*for the {len(NAMES) + 1} labels'),
    ],
)
def test_own_names_in_another_order_or_number_are_refused(logged, stated, said):
    metric = ActionUnitF1(NAMES)
    metric.dataset_meta = {'au_names': stated}
    metric.process(None, samples_of(*case()))
    with pytest.raises(UserError, match=said):
        metric.evaluate(size=60)


def test_missing_names_are_asked_for(logged):
    metric = ActionUnitF1()
    metric.process(None, samples_of(*case()))
    with pytest.raises(ValueError, match=r"needs au_names.*'au_names'"):
        metric.evaluate(size=60)


@pytest.mark.parametrize('field', ['pred_scores', 'gt_aus'])
def test_sample_without_labels_or_prediction_is_named(field):
    (sample,) = samples_of(*case(num_samples=1))
    sample.sequence, sample.frame = 'T1', 2440
    setattr(sample, field, None)
    with pytest.raises(ValueError, match=f'F001/T1/2440 has no {field}'):
        ActionUnitF1(NAMES).process(None, [sample])


def test_table_states_protocol_support_and_percent(logged):
    metric = ActionUnitF1(threshold=0.25)
    metric.dataset_meta = {
        'au_names': NAMES,
        'dataset': 'BP4D',
        'split': 'test',
        'fold': 2,
    }
    scores = [[0.9, 0.9, 0.1], [0.1, 0.25, 0.1], [0.9, 0.2, 0.9]]
    targets = [[1, 1, 1], [0, 1, -1], [0, 0, 1]]
    metric.process(None, samples_of(np.float32(scores), np.int8(targets)))
    metric.evaluate(size=3)
    (text,) = logged
    assert 'BP4D, test of fold 2: F1 of 3 frames at the fixed threshold 0.25' in text
    assert 'unknown labels left out' in text
    assert 'SYNTHETIC' not in text
    rows = {
        cells[1].strip(): [cell.strip() for cell in cells[2:-1]]
        for line in text.splitlines()
        if len(cells := line.split('|')) > 2
    }
    # F1, AUC, AP, balanced accuracy, positive, known
    assert rows['AU1'] == ['66.7', '75.0', '50.0', '75.0', '1', '3']
    assert rows['AU2'] == ['100.0', '100.0', '100.0', '100.0', '2', '3']
    assert rows['AU4'] == ['66.7', '-', '100.0', '-', '2', '2']
    assert rows['mean'] == ['77.8', '87.5', '83.3', '87.5', '', '']
    assert rows['micro'] == ['80.0', '', '', '', '', '']


def test_oracle_is_tuned_on_the_frames_and_says_so(logged):
    scores, targets = case()
    metric = ActionUnitF1(NAMES, threshold='oracle')
    metric.process(None, samples_of(scores, targets))
    metrics = metric.evaluate(size=60)
    assert metric.thresholds.rule == 'oracle'
    fixed = ActionUnitF1.calculate(scores, targets, NAMES)
    assert all(metrics[f'au_f1/{name}'] >= fixed[name] for name in NAMES)
    assert metrics['au_f1/mean'] > fixed['mean']
    assert 'ORACLE thresholds, tuned on the test frames themselves' in logged[0]
    for value in metric.thresholds.values.values():
        assert f'{value:.3f}' in logged[0]


def test_thresholds_by_name_are_taken_as_they_are(logged):
    scores, targets = case()
    given = Thresholds('validation', {'AU4': 0.9, 'AU1': 0.1, 'AU2': 0.5})
    metric = ActionUnitF1(NAMES, threshold=given)
    metric.process(None, samples_of(scores, targets))
    metrics = metric.evaluate(size=60)
    for column, (name, threshold) in enumerate(
        zip(NAMES, (0.1, 0.5, 0.9), strict=True)
    ):
        alone = ActionUnitF1.calculate(
            scores[:, [column]], targets[:, [column]], [name], threshold
        )
        assert metrics[f'au_f1/{name}'] == pytest.approx(alone[name])
    assert 'thresholds tuned on validation subjects' in logged[0]


def test_table_says_that_synthetic_data_is_no_result(logged):
    metric = ActionUnitF1(NAMES)
    metric.dataset_meta = {'dataset': 'BP4D', 'synthetic': True}
    metric.process(None, samples_of(*case()))
    metric.evaluate(size=60)
    assert 'synthetic stand-in for BP4D' in logged[0]
    assert 'not a result on BP4D' in logged[0]
