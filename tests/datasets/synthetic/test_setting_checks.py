"""setting_checks: what a user may ask a writer for."""

import pytest

from clef_mm.datasets.synthetic.setting_checks import (
    SyntheticSettingError,
    check_choice,
    check_ids,
    check_range,
)
from clef_mm.errors import UserError


def test_possible_settings_pass():
    check_ids('subjects', ('b', 'a'), ('a', 'b', 'c'), 'there are a, b, c')
    check_range('size', 16, 16, 20)
    check_range('size', 20, 16, 20)
    check_choice('packaging', 'zip', ('frames', 'zip'))


@pytest.mark.parametrize(
    ('ids', 'message'),
    [
        (('x', 'a', 'y'), r'^subjects: x, y; there are a, b$'),
        ((), r'^subjects: none given, or one given twice; there are a, b$'),
        (('a', 'a'), r'^subjects: none given, or one given twice; there are a, b$'),
    ],
)
def test_wrong_ids_are_named_with_the_right_ones(ids, message):
    with pytest.raises(SyntheticSettingError, match=message):
        check_ids('subjects', ids, ('a', 'b'), 'there are a, b')


@pytest.mark.parametrize('value', [15, 21])
def test_a_number_out_of_range_is_named_with_the_range(value):
    message = rf'^size: {value} not in 16 \.\. 20 pixels$'
    with pytest.raises(SyntheticSettingError, match=message):
        check_range('size', value, 16, 20, 'pixels')


def test_an_unknown_choice_is_named_with_the_known_ones():
    with pytest.raises(UserError, match=r"^packaging: 'tar' is none of frames, zip$"):
        check_choice('packaging', 'tar', ('frames', 'zip'))
