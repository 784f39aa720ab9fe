"""ACTION_UNITS and face_parameters: how action units add up."""

import pytest

from clef_mm.datasets.synthetic.action_units import (
    ACTION_UNITS,
    AU_NUMBERS,
    PARAMETERS,
    face_parameters,
)
from clef_mm.datasets.synthetic.bp4d_layout import BP4D_AUS

DISFA_AUS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)


def test_every_au_of_bp4d_and_disfa_is_simulated():
    assert set(BP4D_AUS) | set(DISFA_AUS) == set(AU_NUMBERS)


def test_every_parameter_is_moved_by_some_au_and_no_other_is_named():
    named = {name for unit in ACTION_UNITS.values() for name in unit.effects}
    assert named == set(PARAMETERS)


def test_no_two_aus_do_the_same():
    effects = [frozenset(unit.effects.items()) for unit in ACTION_UNITS.values()]
    assert len(set(effects)) == len(effects)


def test_rest_is_zero_everywhere():
    assert face_parameters({}) == dict.fromkeys(PARAMETERS, 0.0)
    assert face_parameters(dict.fromkeys(AU_NUMBERS, 0.0)) == face_parameters({})


@pytest.mark.parametrize('number', AU_NUMBERS)
def test_one_au_scales_with_its_intensity(number):
    effects = ACTION_UNITS[number].effects
    face = face_parameters({number: 0.4})
    for name in PARAMETERS:
        assert face[name] == pytest.approx(0.4 * effects.get(name, 0.0))


def test_shared_effects_add_up():
    face = face_parameters({10: 0.5, 12: 0.4})
    shared = ACTION_UNITS[10].effects['nasolabial_upper'] * 0.5
    shared += ACTION_UNITS[12].effects['nasolabial_upper'] * 0.4
    assert face['nasolabial_upper'] == pytest.approx(shared)


def test_sums_are_capped_at_one_whatever_the_order():
    everything = dict.fromkeys(AU_NUMBERS, 1.0)
    face = face_parameters(everything)
    assert max(face.values()) == 1.0
    assert face == face_parameters(dict(reversed(everything.items())))


@pytest.mark.parametrize(
    ('intensities', 'message'),
    [({3: 0.5}, 'AU 3 is not simulated'), ({12: 1.2}, 'AU 12'), ({12: -0.1}, 'AU 12')],
)
def test_wrong_intensities_are_refused(intensities, message):
    with pytest.raises(ValueError, match=message):
        face_parameters(intensities)
