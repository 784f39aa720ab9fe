"""Damaged results, predictions and summaries: read and shown, or refused by name."""

import io
import json

import numpy as np
import pytest
from garbage import GARBAGE, damaged, read_or_refused
from hypothesis import given
from hypothesis import strategies as st
from made_results import NAMES, made_result, predictions_of_fold

from clef_mm.evaluation.aggregation import aggregate
from clef_mm.evaluation.predictions import read_predictions
from clef_mm.evaluation.results import METRICS, PREDICTIONS, read_result
from clef_mm.evaluation.summary import read_summary
from clef_mm.evaluation.tables.wording import measured_by


def result(path):
    found = read_result(path.parent)
    found.text()
    json.dumps(found.metrics)


def predictions(path):
    found = read_predictions(path)
    assert found.scores.dtype == np.float32
    assert found.scores.shape == (len(found), len(found.names))
    assert np.isfinite(found.scores).all()
    if found.of_action_units:
        assert set(found.targets.ravel().tolist()) <= {-1, 0, 1}
    else:
        assert ((found.targets >= 0) & (found.targets < len(found.names))).all()
    assert all(isinstance(name, str) for name in found.names)
    assert found.subjects.dtype.kind == found.sequences.dtype.kind == 'U'
    assert found.frames.dtype == np.int64


def summary(path):
    found = read_summary(path)
    found.text()
    measured_by([found])


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """Path and valid content of each file, by what reads it."""
    folder = tmp_path_factory.mktemp('garbage')
    results = [
        made_result(folder, fold, predictions=predictions_of_fold(fold, frames=3))
        for fold in (1, 2)
    ]
    aggregate(results, name='tiny', table=None, recipe=None).write(
        folder / 'crossval/summary.json'
    )
    alone = made_result(folder / 'alone', keep=False)
    paths = {
        result: alone.path / METRICS,
        predictions: results[0].path / PREDICTIONS,
        summary: folder / 'crossval/summary.json',
    }
    return {read: (path, path.read_bytes()) for read, path in paths.items()}


READERS = (result, predictions, summary)


@pytest.mark.parametrize('read', READERS)
def test_a_damaged_file_is_read_or_refused(files, read):
    path, valid = files[read]
    path.write_bytes(valid)
    read(path)

    @GARBAGE
    @given(damaged(valid) | st.binary(max_size=300))
    def check(content):
        read_or_refused(read, path, content)

    check()


VALUES = st.sampled_from(
    [None, True, 0, -1, 2.5, 1e400, '', 'x', [], {}, [1], ['x'], {'a': 1}, [[]], [{}]]
)


def places(value, place=()):
    """Yield the path of keys to everything inside a value of JSON."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*place, key)
            yield from places(item, (*place, key))


@pytest.mark.parametrize('read', [result, summary])
def test_values_of_other_kinds_are_read_or_refused(files, read):
    path, valid = files[read]
    every = st.sampled_from(list(places(json.loads(valid))))

    @GARBAGE
    @given(every, VALUES)
    def check(place, value):
        content = json.loads(valid)
        inside = content
        for key in place[:-1]:
            inside = inside[key]
        inside[place[-1]] = value
        read_or_refused(read, path, json.dumps(content).encode())

    check()


ARRAYS = st.sampled_from(
    [
        np.array(NAMES),
        np.array([b'a', b'b', b'c']),
        np.array([1, 2, 3]),
        np.array('x'),
        np.full((12, 3), np.nan, np.float32),
        np.full((12, 3), 7, np.int8),
        np.full((12, 3), 'x'),
        np.full(12, 99),
        np.full(12, 0.5),
        np.zeros((12, 3, 1)),
        np.array([{'a': 1}], dtype=object),
    ]
)


@GARBAGE
@given(
    changed=st.dictionaries(
        st.sampled_from(
            ['scores', 'targets', 'names', 'subjects', 'sequences', 'frames']
        ),
        ARRAYS,
        min_size=1,
        max_size=3,
    )
)
def test_arrays_of_other_kinds_are_read_or_refused(files, changed):
    path, valid = files[predictions]
    with np.load(io.BytesIO(valid)) as file:
        arrays = {**file, **changed}
    out = io.BytesIO()
    np.savez(out, **arrays)
    read_or_refused(predictions, path, out.getvalue())
