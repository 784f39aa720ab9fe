"""Shapes of plain data: what fits, and how the first fault is named."""

import pytest

from clef_mm.plain_shape import misfit

SHAPE = {'name': str, 'folds': [int], 'means': {str: (None, int, float)}}
GOOD = {'name': 'x', 'folds': [1, 2], 'means': {'a': 0.5, 'b': None}, 'more': object()}


@pytest.mark.parametrize(
    ('value', 'shape'),
    [
        (GOOD, SHAPE),
        (3, int),
        (True, bool),
        ((), [str]),
        (('a',), [str]),
        ({}, {'a': None}),
        ({}, {'a': (None, int)}),
        ({}, {str: int}),
        ({3: 1}, {str: int}),
        (2, (str, int)),
    ],
)
def test_what_fits(value, shape):
    assert misfit(value, shape, 'it') == ''


@pytest.mark.parametrize(
    ('value', 'shape', 'said'),
    [
        (GOOD | {'name': 3}, SHAPE, 'it.name is 3, not of type str'),
        (GOOD | {'folds': 'ab'}, SHAPE, "it.folds is 'ab', not a list"),
        (GOOD | {'folds': [1, True]}, SHAPE, 'it.folds[1] is True, not of type int'),
        (GOOD | {'means': {'a': []}}, SHAPE, 'it.means.a is [], not of type float'),
        ({}, SHAPE, 'it.name is None, not of type str'),
        ([], SHAPE, 'it is [], not a mapping'),
        (1, bool, 'it is 1, not of type bool'),
        ({'a': 1}, {'a': None}, 'it.a is 1, not left out'),
        ({'a': 1}, {'a': (None, [str])}, 'it.a is 1, not a list'),
    ],
)
def test_the_first_fault_is_named(value, shape, said):
    assert misfit(value, shape, 'it') == said


def test_messages_are_short_whatever_the_value():
    value = 'x' * 10**6
    assert len(misfit(value, int, 'it')) < 100
