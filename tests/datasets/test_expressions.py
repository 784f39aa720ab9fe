"""The order of the expressions, and the way of every dataset's codes to it."""

import numpy as np
import pytest

from clef_mm.datasets import FaceDataset, FERPlus
from clef_mm.datasets.affectnet import AffectNet
from clef_mm.datasets.expressions import (
    EXPRESSIONS,
    NO_CLASS,
    describe_mapping,
    expression_classes,
    to_class_index,
)
from clef_mm.datasets.rafdb import RAFDB
from clef_mm.prompts import load_bank

DATASETS = (RAFDB, AffectNet, FERPlus)


def test_the_order_is_that_of_the_prompt_bank():
    assert load_bank('expressions').classes == EXPRESSIONS


def test_seven_classes_leave_out_contempt():
    assert expression_classes(8) == EXPRESSIONS
    assert expression_classes(7) == EXPRESSIONS[:7]
    assert 'contempt' not in expression_classes(7)


@pytest.mark.parametrize('count', [6, 9, 0, '8', None])
def test_other_numbers_of_classes_are_refused(count):
    with pytest.raises(ValueError, match='classes must be 8, or 7'):
        expression_classes(count)


@pytest.mark.parametrize('dataset', DATASETS)
@pytest.mark.parametrize('count', [7, 8])
def test_codes_lead_to_the_class_of_their_name(dataset, count):
    classes = expression_classes(count)
    codes = np.array(list(dataset.CODES) * 2)
    for code, index in zip(
        codes, to_class_index(codes, dataset.CODES, classes), strict=True
    ):
        name = dataset.CODES[code]
        assert index == (classes.index(name) if name in classes else NO_CLASS)


def test_every_dataset_has_the_seven_classes():
    for dataset in DATASETS:
        assert set(expression_classes(7)) <= set(dataset.CODES.values())
        assert issubclass(dataset, FaceDataset)


def test_orders_differ_or_the_mapping_would_be_needless():
    """RAF-DB counts from surprise, FERPlus has surprise before sadness."""
    sevens = {tuple(list(dataset.CODES.values())[:7]) for dataset in DATASETS}
    assert len(sevens) == 3


def test_the_mapping_in_words():
    names = {1: 'surprise', 2: 'contempt', 8: 'none'}
    assert describe_mapping(names, expression_classes(7)) == (
        '1 surprise -> 3 surprise, 2 contempt -> left out, 8 none -> left out'
    )
    assert '2 contempt -> 7 contempt' in describe_mapping(names, EXPRESSIONS)
