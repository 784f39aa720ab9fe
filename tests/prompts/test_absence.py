"""What a bank says where a class is absent."""

import copy

import pytest

from clef_mm.prompts import PromptBank, PromptBankError, load_bank

DATA = {
    'templates': {
        'name': 'a {name}',
        'scene': ['here {scene}', 'now {scene}', 'see, {scene}'],
    },
    'classes': {
        'C1': {'name': 'cat', 'scene': ['it purrs', 'it sleeps']},
        'C2': {'name': 'dog', 'scene': 'it barks'},
    },
    'absence': {'name': 'no {name}', 'scene': 'an empty room'},
}


def bank(**absence):
    data = copy.deepcopy(DATA)
    data['absence'].update(absence)
    return PromptBank.from_dict(data, 'pets')


def test_each_template_has_its_absence():
    pets = bank(scene=['not {scene}', 'never {scene}', 'nothing'])
    assert pets.texts('name', absent=True) == ['no cat', 'no dog']
    assert [pets.texts('scene', index=index, absent=True) for index in range(6)] == [
        ['not it purrs', 'not it barks'],
        ['never it purrs', 'never it barks'],
        ['nothing', 'nothing'],
        ['not it sleeps', 'not it barks'],
        ['never it sleeps', 'never it barks'],
        ['nothing', 'nothing'],
    ]


def test_one_text_of_absence_serves_all_templates():
    pets = bank()
    for index in range(pets.count('scene')):
        assert pets.texts('scene', index=index, absent=True) == ['an empty room'] * 2


def test_selecting_classes_keeps_absence():
    assert bank().select(['C2']).texts('name', absent=True) == ['no dog']
    assert bank().texts('name', ['C2'], absent=True) == ['no dog']


def test_a_bank_without_absence_says_what_to_add():
    pets = PromptBank.from_dict({**DATA, 'absence': {'name': 'no {name}'}}, 'pets')
    with pytest.raises(PromptBankError, match=r"pets: no text.*face without {scene}'"):
        pets.texts('scene', absent=True)


@pytest.mark.parametrize(
    ('absence', 'message'),
    [
        (
            {'nam': 'no {name}'},
            "absence of 'nam': the bank has no.*did you mean 'name'",
        ),
        ({'scene': ['one', 'two']}, r'2 templates; give one, or one for each of the 3'),
        ({'name': 'no {nmae}'}, "asks for the field 'nmae'.*did you mean 'name'"),
        ({'name': 'no {name!r}'}, r"absence of 'name': .* is not a plain field name"),
        (
            {'name': 'A  dog'},
            "absence of 'name': .*'C1' also says that 'C2' is present",
        ),
        ({'name': 'no ' * 80 + '{name}'}, "'C1', field 'name': 8. tokens"),
        ({'name': []}, "absence of 'name': holds no text"),
    ],
)
def test_mistakes_are_named(absence, message):
    with pytest.raises(PromptBankError, match=message):
        bank(**absence)


@pytest.mark.parametrize('kind', ['name', 'description'])
def test_action_units_can_be_denied(kind):
    units = load_bank('action_units')
    present = units.texts(kind)
    for text, absent in zip(present, units.texts(kind, absent=True), strict=True):
        assert text != absent
