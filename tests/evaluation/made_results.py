"""Results of tests that never were, for what averages and shows results."""

import numpy as np

from clef_mm.evaluation.measures import measure
from clef_mm.evaluation.predictions import Predictions
from clef_mm.evaluation.results import read_result, write_result
from clef_mm.evaluation.thresholds import fixed_thresholds, thresholds_of

NAMES = ('AU1', 'AU2', 'AU4')
CROP = {'name': 'aligned', 'hash': '5e0c13ab49d2'}
TRAINED = {'stage': 'ActionUnitRecognizer', 'start': {'stage': 'ActivityPretrainer'}}


def predictions_of_fold(fold=1, seed=0, subjects=4, frames=30, names=NAMES):
    """AU scores that know something of the labels; one person is harder to read."""
    rng = np.random.default_rng([fold, seed])
    targets = np.random.default_rng(fold).integers(
        -1, 2, (subjects * frames, len(names))
    )
    number = np.repeat(np.arange(subjects), frames)
    skill = np.where(number == 0, 0.05, 0.3)[:, None]
    scores = 0.4 + skill * targets + rng.normal(0, 0.2, targets.shape)
    return Predictions(
        scores=scores.clip(0, 1).astype(np.float32),
        targets=targets.astype(np.int8),
        names=tuple(names),
        subjects=np.array([f'F{fold}{index:02}' for index in number]),
        sequences=np.full(len(number), 'T1'),
        frames=np.tile(np.arange(frames), subjects),
    )


def predictions_of_photographs(seed=0, images=40, names=('neutral', 'anger', 'fear')):
    rng = np.random.default_rng(seed)
    return Predictions(
        scores=rng.random((images, len(names))).astype(np.float32),
        targets=np.arange(images) % len(names),
        names=tuple(names),
        subjects=np.full(images, 'test'),
        sequences=np.array([f'test_{number}.jpg' for number in range(images)]),
        frames=np.full(images, -1),
    )


def protocol_of(predictions, **changes):
    thresholds = None
    if predictions.of_action_units:
        thresholds = fixed_thresholds(predictions.names).record()
    return {
        'dataset': 'BP4D',
        'split': 'test',
        'fold': 1,
        'preset': 'jaanet ead8585b',
        'crop': CROP,
        'labels': list(predictions.names),
        'subjects': sorted(set(predictions.subjects.tolist())),
        'frames': len(predictions),
        'threshold': thresholds,
        'epoch_rule': 'last',
        'checkpoint': 'run/epoch_15.pth',
        'seed': 0,
        'trained': TRAINED,
        'synthetic': False,
        'oracle': [],
        **changes,
    }


def made_result(folder, fold=1, seed=0, predictions=None, keep=True, **changes):
    """Write a result into ``folder`` and read it again."""
    if predictions is None:
        predictions = predictions_of_fold(fold, seed)
    protocol = protocol_of(predictions, **{'fold': fold, 'seed': seed, **changes})
    metrics = measure(predictions, thresholds_of(protocol))
    place = folder / f'fold{fold}_seed{seed}'
    write_result(place, metrics, protocol, predictions if keep else None)
    return read_result(place)
