"""Which checkpoints a model may be tested with, by the labels of both."""

from types import SimpleNamespace

import pytest

from clef_mm.engine.provenance import KEY
from clef_mm.engine.trained_labels import check_labels, describe_labels
from clef_mm.models.encoders.weights import WeightsError

TRAINED = ['AU1', 'AU2', 'AU4']


def model(names, kind='au_names', texts=('name',)):
    return SimpleNamespace(label_names=(kind, tuple(names)), texts=texts)


def meta(names, kind='au_names'):
    return {KEY: {'labels': {'kind': kind, 'names': names}}}


@pytest.mark.parametrize('names', [TRAINED, TRAINED[::-1], TRAINED[:1]])
def test_texts_may_ask_for_what_was_trained_in_any_order(names):
    check_labels(model(names), meta(TRAINED), 'x.pth')


@pytest.mark.parametrize('texts', [('name',), ()])
def test_the_same_labels_pass(texts):
    check_labels(model(TRAINED, texts=texts), meta(TRAINED), 'x.pth', exactly=True)


@pytest.mark.parametrize(
    ('own', 'exactly', 'message'),
    [
        (model([*TRAINED, 'AU6']), False, r'AU2, AU4; the model has au_names .*AU6\.'),
        (model(['AU6']), False, 'set model.zero_shot=True'),
        (model(TRAINED, kind='expressions'), False, 'trained on au_names AU1'),
        (model(TRAINED[::-1], texts=()), False, 'the same, in order: only texts'),
        (model(TRAINED[:1], texts=()), False, 'only texts can ask for other labels'),
        (model(TRAINED[:1]), True, 'x.pth was trained on'),
    ],
)
def test_other_labels_are_refused(own, exactly, message):
    with pytest.raises(WeightsError, match=message):
        check_labels(own, meta(TRAINED), 'x.pth', exactly)


def test_nothing_is_refused_where_nothing_is_stated():
    check_labels(model(TRAINED), {}, 'x.pth')
    check_labels(SimpleNamespace(), meta(TRAINED), 'x.pth')


def test_labels_as_a_checkpoint_states_them():
    assert describe_labels(model(TRAINED)) == {'kind': 'au_names', 'names': TRAINED}
    assert describe_labels(SimpleNamespace()) is None
