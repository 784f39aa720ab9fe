"""PromptBank: what it hands out, and what it refuses."""

import copy
import pickle

import pytest

from clef_mm.prompts import PromptBank, PromptBankError
from clef_mm.prompts.text_checks import CONTEXT_LENGTH, count_tokens


def bank_data():
    """Two classes, two kinds, two templates and an uneven number of wordings."""
    return {
        'templates': {
            'name': 'a photo of a {name}',
            'scene': ['{scene}, for {name}', 'now {scene}'],
        },
        'classes': {
            'C1': {'name': 'cat', 'scene': ['it purrs', 'it sleeps', 'it jumps']},
            'C2': {'name': 'dog', 'scene': ['it barks', 'it runs']},
        },
    }


@pytest.fixture
def bank():
    return PromptBank.from_dict(bank_data(), source='pets')


def test_texts_gives_one_text_per_class_in_order(bank):
    assert bank.classes == ('C1', 'C2')
    assert bank.kinds == ('name', 'scene')
    assert bank.texts('name') == ['a photo of a cat', 'a photo of a dog']


def test_index_runs_over_templates_then_wordings(bank):
    texts = [bank.texts('scene', index=i) for i in range(bank.count('scene'))]
    assert texts == [
        ['it purrs, for cat', 'it barks, for dog'],
        ['now it purrs', 'now it barks'],
        ['it sleeps, for cat', 'it runs, for dog'],
        ['now it sleeps', 'now it runs'],
        ['it jumps, for cat', 'it barks, for dog'],  # two wordings: back to the first
        ['now it jumps', 'now it barks'],
    ]


def test_wordings_of_a_field_count_only_for_kinds_that_use_it(bank):
    assert bank.count('name') == 1
    assert bank.count('scene') == 6


@pytest.mark.parametrize('index', [-1, 6])
def test_texts_refuses_an_index_out_of_range(bank, index):
    with pytest.raises(IndexError, match='scene'):
        bank.texts('scene', index=index)


@pytest.mark.parametrize('order', [['C2', 'C1'], ['C2'], ('C1',)])
def test_select_and_texts_agree_on_the_order_asked_for(bank, order):
    part = bank.select(order)
    assert part.classes == tuple(order)
    for index in range(part.count('scene')):
        whole = dict(zip(bank.classes, bank.texts('scene', index=index), strict=True))
        assert bank.texts('scene', order, index=index) == part.texts(
            'scene', index=index
        )
        assert part.texts('scene', index=index) == [whole[key] for key in order]


def test_missing_class_names_bank_class_and_nearest(bank):
    with pytest.raises(PromptBankError, match=r"pets: no class 'C11'.*mean 'C1'"):
        bank.select(['C1', 'C11'])
    with pytest.raises(PromptBankError, match="no class '7'"):
        bank.texts('name', [7])


@pytest.mark.parametrize('classes', [[], ['C1', 'C1']])
def test_select_refuses_nothing_and_repetition(bank, classes):
    with pytest.raises(PromptBankError, match='each once'):
        bank.select(classes)


@pytest.mark.parametrize('ask', ['texts', 'count'])
def test_unknown_kind_names_those_that_exist(bank, ask):
    with pytest.raises(PromptBankError, match=r"pets: .*'nome'.*name, scene.*'name'"):
        getattr(bank, ask)('nome')


def test_bank_can_be_copied_and_sent_to_another_process(bank):
    assert copy.deepcopy(bank) == bank
    assert pickle.loads(pickle.dumps(bank)) == bank


def test_braces_in_a_field_are_plain_text():
    data = bank_data()
    data['classes']['C1']['name'] = 'cat {name} {0'
    bank = PromptBank.from_dict(data, source='pets')
    assert bank.texts('name')[0] == 'a photo of a cat {name} {0'


# Each case: the path of the value to change, the value, what the message must hold.
REMOVE = object()
CASES = {
    'not a mapping': ([], ['C1'], ['expected keys']),
    'nothing': ([], None, ['found nothing']),
    'no templates': (['templates'], REMOVE, ["'templates' is missing"]),
    'no classes': (['classes'], REMOVE, ["'classes' is missing"]),
    'unknown part': (['clases'], {}, ["'clases'", "mean 'classes'"]),
    'empty part': (['classes'], {}, ["'classes'", 'empty']),
    'class without fields': (['classes', 'C1'], None, ["class 'C1'", 'nothing']),
    'class is a text': (['classes', 'C1'], 'cat', ["class 'C1'", "'cat' (str)"]),
    'class key is a number': (['classes', 7], {'name': 'x'}, ['7', 'quotes']),
    'missing field': (['classes', 'C2', 'scene'], REMOVE, ["'C2'", "'scene'"]),
    'unknown field': (
        ['classes', 'C2', 'scen'],
        'it digs',
        ["class 'C2'", "'scen'", "mean 'scene'"],
    ),
    'empty text': (['classes', 'C1', 'name'], ' ', ["'C1'", "'name'", 'empty']),
    'empty text in a list': (
        ['classes', 'C1', 'scene'],
        ['it purrs', ''],
        ["'C1'", "'scene'", 'empty'],
    ),
    'empty list': (['classes', 'C1', 'scene'], [], ["'C1'", "'scene'", 'no text']),
    'no text': (['classes', 'C1', 'name'], None, ["'C1'", "'name'", 'nothing']),
    'number as text': (['classes', 'C1', 'name'], 3, ["'C1'", "'name'", '3 (int)']),
    'number in a list': (
        ['classes', 'C1', 'scene'],
        ['it purrs', True],
        ["'C1'", "'scene'", 'True (bool)'],
    ),
    'same name': (['classes', 'C2', 'name'], 'cat', ["'C1'", "'C2'", "'name'"]),
    'same name but for case and spaces': (
        ['classes', 'C2', 'name'],
        '  CAT ',
        ["'C1'", "'C2'", "'name'"],
    ),
    'same text at another index': (
        ['classes', 'C2', 'scene'],
        ['it barks', 'it jumps'],
        ["'C1'", "'C2'", "'scene'"],
    ),
    'template without placeholder': (
        ['templates', 'name'],
        'a photo',
        ["'name'", "'a photo'", "'{name}'"],
    ),
    'template with another placeholder only': (
        ['templates', 'name'],
        'a photo of {nane}',
        ["'name'", "lacks the placeholder '{name}'", "mean 'nane'"],
    ),
    'template with an unknown placeholder': (
        ['templates', 'name'],
        'a photo of {name} and {scenes}',
        ["'name'", "'scenes'", "mean 'scene'"],
    ),
    'unbalanced braces': (['templates', 'name'], 'a {name', ["'name'", "'a {name'"]),
    'nameless placeholder': (['templates', 'name'], 'a {}', ["'name'", "'{}'"]),
    'attribute of a text': (
        ['templates', 'name'],
        'a {name} {name.__class__}',
        ["'name'", "'{name.__class__}'"],
    ),
    'conversion': (['templates', 'name'], 'a {name!r}', ["'name'", "'{name}'"]),
    'format': (['templates', 'name'], 'a {name:>99}', ["'name'", "'{name}'"]),
    'empty template': (['templates', 'name'], [''], ["'name'", 'empty']),
    'text too long': (
        ['classes', 'C2', 'name'],
        'dog ' * 80,
        ["'C2'", "'name'", '86 tokens', str(CONTEXT_LENGTH)],
    ),
}


@pytest.mark.parametrize(('path', 'value', 'parts'), CASES.values(), ids=CASES)
def test_wrong_bank_is_refused_with_its_place(path, value, parts):
    data = bank_data()
    if not path:
        data = value
    else:
        place = data
        for key in path[:-1]:
            place = place[key]
        if value is REMOVE:
            del place[path[-1]]
        else:
            place[path[-1]] = value
    with pytest.raises(PromptBankError) as error:
        PromptBank.from_dict(data, source='pets')
    assert str(error.value).startswith('pets: ')
    for part in parts:
        assert part in str(error.value)


@pytest.mark.parametrize(('words', 'fits'), [(71, True), (72, False)])
def test_length_limit_counts_template_and_end_tokens(words, fits):
    # 'a photo of a' is 4 tokens and 'dog' is one; start and end make two more.
    dogs = ' '.join(['dog'] * words)
    assert count_tokens(f'a photo of a {dogs}') == words + 6
    data = {'templates': {'name': ['{name}', 'a photo of a {name}']}}
    data['classes'] = {'C1': {'name': 'cat'}, 'C2': {'name': dogs}}
    if fits:
        PromptBank.from_dict(data, source='pets')
    else:
        with pytest.raises(PromptBankError, match='78 tokens'):
            PromptBank.from_dict(data, source='pets')


def test_length_limit_holds_for_text_that_is_short_only_in_characters():
    data = bank_data()
    data['classes']['C2']['name'] = '犬' * 30  # 90 bytes
    assert count_tokens(f'a photo of a {"犬" * 30}') > CONTEXT_LENGTH
    with pytest.raises(PromptBankError, match="'C2'"):
        PromptBank.from_dict(data, source='pets')
