"""The file of predictions: what is written is read, and nothing else."""

import pickle

import numpy as np
import pytest
from made_results import predictions_of_fold, predictions_of_photographs

from clef_mm.evaluation.predictions import (
    Predictions,
    PredictionsError,
    join_predictions,
    place_of,
    read_predictions,
)
from clef_mm.structures import FaceSample

FIELDS = ('scores', 'targets', 'subjects', 'sequences', 'frames')


@pytest.mark.parametrize('make', [predictions_of_fold, predictions_of_photographs])
def test_what_is_written_is_read(tmp_path, make):
    predictions = make()
    path = predictions.write(tmp_path / 'new' / 'predictions.npz')
    again = read_predictions(path)
    assert again.names == predictions.names
    assert again.of_action_units == (make is predictions_of_fold)
    for field in FIELDS:
        mine, other = getattr(predictions, field), getattr(again, field)
        assert mine.dtype == other.dtype
        np.testing.assert_array_equal(mine, other)
    assert [file.name for file in path.parent.iterdir()] == ['predictions.npz']


def test_folds_are_joined_in_order():
    parts = [predictions_of_fold(1), predictions_of_fold(2, subjects=2)]
    joined = join_predictions(parts)
    assert len(joined) == len(parts[0]) + len(parts[1])
    for field in FIELDS:
        np.testing.assert_array_equal(
            getattr(joined, field),
            np.concatenate([getattr(part, field) for part in parts]),
        )


def damaged(path):
    path.write_bytes(b'no zip')


def cut_short(path):
    predictions_of_fold().write(path)
    path.write_bytes(path.read_bytes()[:200])


def without_labels(path):
    with path.open('wb') as file:
        np.savez(file, scores=np.zeros(3))


def with_code(path):
    path.write_bytes(pickle.dumps({'scores': np.zeros(3)}))


@pytest.mark.parametrize(
    'write', [damaged, cut_short, without_labels, with_code], ids=lambda f: f.__name__
)
def test_another_file_is_refused_by_name(tmp_path, write):
    path = tmp_path / 'predictions.npz'
    write(path)
    with pytest.raises(
        PredictionsError, match=r'predictions\.npz is damaged or no predictions'
    ):
        read_predictions(path)


def test_changed_bytes_are_refused_by_name_or_change_nothing_vital(tmp_path):
    path = predictions_of_fold().write(tmp_path / 'predictions.npz')
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        changed = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            changed[place] = rng.integers(256)
        path.write_bytes(changed)
        try:
            read_predictions(path)
        except PredictionsError:
            refused += 1
    assert refused > 200


@pytest.mark.parametrize('field', ['scores', 'targets', 'subjects', 'sequences'])
def test_columns_of_another_length_are_refused(field):
    predictions = predictions_of_fold()
    columns = {name: getattr(predictions, name) for name in FIELDS}
    columns[field] = columns[field][1:]
    with pytest.raises(ValueError, match=f'need {field} of shape'):
        Predictions(names=predictions.names, **columns)


def test_place_of_a_photograph_is_its_file():
    frame = FaceSample('x/1.jpg', subject='F001', sequence='T1', frame=7)
    assert place_of(frame) == ('F001', 'T1', 7)
    photograph = FaceSample('aligned/test_1.jpg', subject='test')
    assert place_of(photograph) == ('test', 'test_1.jpg', -1)
