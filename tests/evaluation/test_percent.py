"""Fractions as tables print them."""

import pytest

from clef_mm.evaluation.percent import percent, percent_range


@pytest.mark.parametrize(
    ('value', 'digits', 'text'),
    [
        (0.6449, 1, '64.5'),
        (1, 2, '100.00'),
        (None, 1, '-'),
        (float('nan'), 1, '-'),
    ],
)
def test_fractions_are_printed_in_percent(value, digits, text):
    assert percent(value, digits) == text


def test_ranges_have_two_ends_or_none():
    assert percent_range([0.5, 0.625]) == '50.0 .. 62.5'
    assert percent_range(None) == '-'
