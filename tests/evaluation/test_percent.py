"""Measures as tables print them."""

import pytest

from clef_mm.evaluation.percent import percent, printed, printed_range, titled


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
    assert printed_range('au_f1/mean', [0.5, 0.625]) == '50.0 .. 62.5'
    assert printed_range('identity/distance_ratio', [0.5, 1.25]) == '0.500 .. 1.250'
    assert printed_range('au_f1/mean', None) == '-'


@pytest.mark.parametrize(
    ('name', 'value', 'title', 'text'),
    [
        ('au_f1/mean', 0.659, 'au_f1/mean [%]', '65.9'),
        ('identity/distance_ratio', 1.234, 'identity/distance_ratio', '1.234'),
        ('identity/distance_ratio', None, 'identity/distance_ratio', '-'),
    ],
)
def test_a_ratio_is_not_printed_in_percent(name, value, title, text):
    assert titled(name) == title
    assert printed(name, value) == text
