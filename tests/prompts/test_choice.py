"""TextChoice: which texts stand for a class, against loops over the bank's fields."""

import json

import pytest

from clef_mm.prompts import PromptBank, PromptBankError, TextChoice, text_choices

TEMPLATES = ['here {scene}', 'now {scene}', 'see, {scene}']
SCENES = {'C1': ['it purrs', 'it sleeps', 'it jumps'], 'C2': ['it barks', 'it runs']}
BANK = PromptBank.from_dict(
    {
        'templates': {'name': 'a {name}', 'scene': TEMPLATES},
        'classes': {
            key: {'name': f'pet {key}', 'scene': scenes}
            for key, scenes in SCENES.items()
        },
        'absence': {'scene': 'an empty room'},
    },
    'pets',
)


def slow_texts(template, wording):
    """Fill in each class by hand."""
    found = []
    for scenes in SCENES.values():
        texts = []
        for w in range(3) if wording == 'all' else [wording]:
            for t in range(3) if template == 'all' else [template]:
                text = TEMPLATES[t].replace('{scene}', scenes[w % len(scenes)])
                if text not in texts:
                    texts.append(text)
        found.append(tuple(texts))
    return found


@pytest.mark.parametrize('template', [0, 1, 2, 'all'])
@pytest.mark.parametrize('wording', [0, 1, 2, 'all'])
def test_texts_of_each_class(template, wording):
    choice = TextChoice('scene', template, wording)
    assert choice.texts(BANK) == slow_texts(template, wording)


def test_a_wording_that_a_class_would_repeat_weighs_no_more():
    first, second = TextChoice('scene', 'all', 'all').texts(BANK)
    assert (len(first), len(second)) == (9, 6)


def test_the_default_is_the_first_text():
    assert TextChoice('scene').texts(BANK) == [('here it purrs',), ('here it barks',)]


def test_absence_is_chosen_alike():
    choice = TextChoice('scene', 'all', 'all')
    assert choice.texts(BANK, absent=True) == [('an empty room',)] * 2


@pytest.mark.parametrize(
    ('choice', 'message'),
    [
        (TextChoice('scene', 3), "'scene' has templates 0 to 2, or 'all'.*found 3"),
        (TextChoice('scene', -1), 'templates 0 to 2'),
        (TextChoice('scene', 0, 'mean'), "wordings 0 to 2, or 'all'.*found 'mean'"),
        (TextChoice('name', 1), "'name' has templates 0 to 0"),
        (TextChoice('sceen'), "did you mean 'scene'"),
    ],
)
def test_what_the_bank_does_not_have(choice, message):
    with pytest.raises(PromptBankError, match=message):
        choice.texts(BANK)


def test_a_result_states_every_text():
    stated = TextChoice('scene', 'all', 1).describe(BANK, absence=True)
    assert json.loads(json.dumps(stated)) == {
        'kind': 'scene',
        'template': 'all',
        'wording': 1,
        'texts': {
            'C1': ['here it sleeps', 'now it sleeps', 'see, it sleeps'],
            'C2': ['here it runs', 'now it runs', 'see, it runs'],
        },
        'texts_of_absence': {'C1': ['an empty room'], 'C2': ['an empty room']},
    }
    assert 'texts_of_absence' not in TextChoice('scene').describe(BANK)


def test_every_choice_of_a_bank():
    choices = list(text_choices(BANK))
    assert choices == [
        TextChoice('name'),
        *(TextChoice('scene', t, w) for w in range(3) for t in range(3)),
        TextChoice('scene', 'all', 'all'),
    ]
