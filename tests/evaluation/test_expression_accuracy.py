"""ExpressionAccuracy against scikit-learn, and the evaluator around it."""

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from sklearn import metrics as sk

from clef_mm.errors import UserError
from clef_mm.evaluation import ExpressionAccuracy
from clef_mm.registry import EVALUATORS
from clef_mm.structures import FaceSample

NAMES = ('neutral', 'happiness', 'fear', 'anger')


def case(num_samples=80, seed=0):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(num_samples, len(NAMES))).astype(np.float32)
    return scores, rng.integers(0, len(NAMES), num_samples)


@pytest.fixture
def logged(monkeypatch):
    lines = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'info', lines.append)
    return lines


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('convert', [np.asarray, torch.tensor, np.ndarray.tolist])
def test_calculate_equals_scikit_learn(seed, convert):
    scores, targets = case(seed=seed)
    predicted = scores.argmax(axis=1)
    metrics = ExpressionAccuracy.calculate(convert(scores), convert(targets), NAMES)
    assert list(metrics) == ['accuracy', 'uar', *NAMES]
    assert metrics['accuracy'] == pytest.approx(sk.accuracy_score(targets, predicted))
    assert metrics['uar'] == pytest.approx(
        sk.balanced_accuracy_score(targets, predicted)
    )
    recalls = sk.recall_score(targets, predicted, average=None)
    assert [metrics[name] for name in NAMES] == pytest.approx(list(recalls))


def test_always_the_commonest_class_in_closed_form():
    scores = np.tile([1.0, 0.0, 0.0, 0.0], (10, 1))
    targets = [0] * 7 + [1, 2, 3]
    metrics = ExpressionAccuracy.calculate(scores, targets, NAMES)
    assert metrics['accuracy'] == pytest.approx(0.7)
    assert metrics['uar'] == pytest.approx(1 / 4)


def test_class_without_images_is_warned_of_and_left_out_of_the_mean():
    scores, targets = case()
    targets[targets == 2] = 1
    with pytest.warns(UserWarning, match='labelled fear'):
        metrics = ExpressionAccuracy.calculate(scores, targets, NAMES)
    assert np.isnan(metrics['fear'])
    present = [metrics[name] for name in NAMES if name != 'fear']
    assert metrics['uar'] == pytest.approx(np.mean(present))


@pytest.mark.parametrize('names', [NAMES[:3], ('uar', 'a', 'b', 'c')])
def test_calculate_refuses_names_that_do_not_fit(names):
    with pytest.raises(ValueError, match='names'):
        ExpressionAccuracy.calculate(*case(), names)


def test_image_without_a_label_is_refused(logged):
    metric = ExpressionAccuracy(NAMES)
    metric.process(None, [FaceSample(pred_scores=torch.zeros(4))])
    with pytest.raises(ValueError, match='found -1'):
        metric.evaluate(size=1)


def test_image_without_a_prediction_is_named():
    sample = FaceSample(subject='x', sequence='y', frame=3, gt_expression=1)
    with pytest.raises(ValueError, match='x/y/3 has no pred_scores'):
        ExpressionAccuracy(NAMES).process(None, [sample])


def test_evaluator_gives_the_same_numbers_and_a_table(logged):
    scores, targets = case()
    evaluator = Evaluator(EVALUATORS.build({'type': 'ExpressionAccuracy'}))
    evaluator.dataset_meta = {'expressions': NAMES, 'dataset': 'RAF-DB'}
    evaluator.process(
        [
            FaceSample(pred_scores=torch.tensor(row), gt_expression=int(target))
            for row, target in zip(scores, targets, strict=True)
        ]
    )
    metrics = evaluator.evaluate(size=len(targets))
    expected = ExpressionAccuracy.calculate(scores, targets, NAMES)
    predicted = scores.argmax(axis=1)
    assert metrics == pytest.approx(
        {
            'expression/accuracy': expected['accuracy'],
            'expression/uar': expected['uar'],
            'expression/war': sk.recall_score(targets, predicted, average='weighted'),
            'expression/f1_macro': sk.f1_score(targets, predicted, average='macro'),
            **{f'expression/recall/{name}': expected[name] for name in NAMES},
        }
    )
    (text,) = logged
    assert 'RAF-DB: accuracy of 80 images' in text
    for name in NAMES:
        assert f'{100 * expected[name]:.2f}' in text
    assert f'{100 * expected["accuracy"]:.2f}' in text


def test_what_was_said_of_each_image_is_kept(logged):
    scores, targets = case(num_samples=4)
    metric = ExpressionAccuracy(NAMES)
    metric.process(
        None,
        [
            FaceSample(
                img_path=f'aligned/test_{number}.jpg',
                subject='test',
                pred_scores=torch.tensor(row),
                gt_expression=int(target),
            )
            for number, (row, target) in enumerate(zip(scores, targets, strict=True))
        ],
    )
    with pytest.warns(UserWarning, match='labelled'):
        metric.evaluate(size=4)
    kept = metric.predictions
    np.testing.assert_array_equal(kept.scores, scores)
    np.testing.assert_array_equal(kept.targets, targets)
    assert list(kept.sequences) == [f'test_{number}.jpg' for number in range(4)]
    assert set(kept.frames) == {-1}
    assert metric.thresholds is None


def test_own_names_in_another_order_are_refused(logged):
    metric = ExpressionAccuracy(['anger', 'fear'])
    metric.dataset_meta = {'expressions': ['fear', 'anger']}
    metric.process(None, [FaceSample(pred_scores=torch.zeros(2), gt_expression=0)])
    with pytest.raises(UserError, match='calls anger what is fear in the data'):
        metric.evaluate(size=1)


def test_missing_names_are_asked_for(logged):
    metric = ExpressionAccuracy()
    metric.process(None, [FaceSample(pred_scores=torch.zeros(4), gt_expression=0)])
    with pytest.raises(ValueError, match=r'needs class_names'):
        metric.evaluate(size=1)
