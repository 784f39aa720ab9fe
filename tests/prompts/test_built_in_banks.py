"""The banks that ship with the package: complete, readable, in the paper's form."""

import pytest

from clef_mm.prompts import load_bank, loading
from clef_mm.prompts.text_checks import CONTEXT_LENGTH, count_tokens

ACTION_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26)
CLASSES = {
    'action_units': tuple(f'AU{number}' for number in ACTION_UNITS),
    'expressions': (
        'neutral',
        'happiness',
        'sadness',
        'surprise',
        'fear',
        'disgust',
        'anger',
        'contempt',
    ),
    'action_unit_intensities': tuple(
        f'AU{number} {level}'
        for number in (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
        for level in ('low', 'high')
    ),
    'bp4d_activities': tuple(f'T{number}' for number in range(1, 9)),
    'bp4d_plus_activities': tuple(f'T{number}' for number in range(1, 11)),
}
BUILT_IN = sorted(path.stem for path in loading._BANKS.glob('*.yaml'))


@pytest.mark.parametrize(('name', 'classes'), CLASSES.items())
def test_classes_are_complete_and_in_order(name, classes):
    assert load_bank(name).classes == classes


@pytest.mark.parametrize('name', ['action_units', 'expressions'])
def test_labels_have_names_and_several_descriptions(name):
    bank = load_bank(name)
    assert bank.kinds == ('name', 'description')
    assert bank.templates['name'] == ('a photo of a person with {name}',)
    assert len(bank.templates['description']) > 1
    for fields in bank.fields.values():
        assert len(fields['name']) == 1
        assert len(fields['description']) > 1


def test_intensities_stand_in_the_names_as_on_the_poster():
    bank, units = load_bank('action_unit_intensities'), load_bank('action_units')
    for key, text in zip(bank.classes, bank.texts('name'), strict=True):
        unit, level = key.split()
        assert text == f'{units.texts("name", [unit])[0]} with {level} intensity'


@pytest.mark.parametrize('name', ['bp4d_activities', 'bp4d_plus_activities'])
def test_activities_state_the_target_emotion_in_every_text(name):
    bank = load_bank(name)
    assert bank.kinds == ('activity',)
    assert bank.count('activity') > 1
    for index in range(bank.count('activity')):
        texts = bank.texts('activity', index=index)
        for key, text in zip(bank.classes, texts, strict=True):
            assert bank.fields[key]['emotion'][0] in text


@pytest.mark.parametrize(
    ('task', 'emotion'),
    [
        ('T1', 'happiness'),
        ('T2', 'sadness'),
        ('T3', 'surprise'),
        ('T4', 'embarrassment'),
        ('T5', 'fear'),
        ('T6', 'pain'),
        ('T7', 'anger'),
        ('T8', 'disgust'),
    ],
)
def test_bp4d_tasks_target_their_emotion(task, emotion):
    assert emotion in load_bank('bp4d_activities').texts('activity', [task])[0]


@pytest.mark.parametrize(
    ('task', 'emotion'),
    [
        ('T1', 'happiness'),
        ('T2', 'surprise'),
        ('T3', 'sadness'),
        ('T4', 'startle'),
        ('T5', 'skepticism'),
        ('T6', 'embarrassment'),
        ('T7', 'fear'),
        ('T8', 'pain'),
        ('T9', 'anger'),
        ('T10', 'disgust'),
    ],
)
def test_bp4d_plus_tasks_target_their_emotion(task, emotion):
    assert emotion in load_bank('bp4d_plus_activities').texts('activity', [task])[0]


@pytest.mark.parametrize('name', BUILT_IN)
def test_every_text_fits_the_text_encoder(name):
    bank = load_bank(name)
    lengths = [
        count_tokens(text)
        for kind in bank.kinds
        for index in range(bank.count(kind))
        for text in bank.texts(kind, index=index)
    ]
    assert max(lengths) <= CONTEXT_LENGTH


@pytest.mark.parametrize('name', BUILT_IN)
def test_no_text_has_a_stop_or_stray_space(name):
    bank = load_bank(name)
    for fields in bank.fields.values():
        for texts in fields.values():
            for text in texts:
                assert text == ' '.join(text.split())
                assert not text.endswith(('.', ','))


def test_token_count_is_that_of_the_tokenizer_models_use():
    import open_clip

    text = load_bank('action_units').texts('description')[0]
    tokens = open_clip.get_tokenizer('ViT-B-16')(text)[0]
    assert count_tokens(text) == int((tokens != 0).sum())
