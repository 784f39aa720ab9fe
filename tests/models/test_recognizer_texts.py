"""What images are tested against: kinds, templates, means, absence, other labels."""

import math

import pytest
import torch
import yaml
from torch.nn.functional import normalize

from clef_mm.models import (
    ActionUnitRecognizer,
    ActivityPretrainer,
    ExpressionRecognizer,
    FacePreprocessor,
)
from clef_mm.models.encoders.weights import WeightsError
from clef_mm.models.losses import (
    ActionUnitLoss,
    CrossModalSupConLoss,
    ExpressionLoss,
    NameDescriptionLoss,
)
from clef_mm.prompts import PromptBankError, TextChoice, load_bank

AUS = ('AU1', 'AU12', 'AU4')
EXPRESSIONS = ('anger', 'neutral', 'fear')
IMAGES = torch.randn(5, 3, 16, 16, generator=torch.Generator().manual_seed(5))


@pytest.fixture
def build(towers):
    """Return a function that builds a recogniser of AUs or expressions for a test."""

    def make(kind='aus', **arguments):
        model, classes, bank, loss = {
            'aus': (ActionUnitRecognizer, AUS, 'action_units', ActionUnitLoss),
            'expressions': (
                *(ExpressionRecognizer, EXPRESSIONS, 'expressions', ExpressionLoss),
            ),
        }[kind]
        given = {
            **towers,
            'classes': classes,
            'bank': bank,
            'loss_label': {'type': loss},
            'loss_text': {'type': NameDescriptionLoss},
            'precision': 'fp32',
            'data_preprocessor': {'type': FacePreprocessor, 'image_size': 16},
        }
        if arguments.get('texts') == ():
            given['text_encoder'] = None
        return model(**{**given, **arguments}).eval()

    return make


def scores_of(model):
    return model.scores(model.image_encoder(IMAGES))


def slow_similarities(model, texts):
    """Compute logits from each class's list of texts, one text at a time."""
    images = normalize(model.image_encoder(IMAGES), dim=1)
    columns = []
    for own in texts:
        features = [normalize(model.text_encoder.encode([t])[0], dim=0) for t in own]
        columns.append(images @ normalize(sum(features), dim=0))
    return torch.stack(columns, dim=1) * model.logit_scale.log.exp()


@pytest.mark.parametrize('kind', ['aus', 'expressions'])
@pytest.mark.parametrize(
    'choice',
    [
        TextChoice('name'),
        TextChoice('description'),
        TextChoice('description', 2, 1),
        TextChoice('description', 'all', 0),
        TextChoice('description', 'all', 'all'),
    ],
)
@torch.no_grad()
def test_scores_against_the_texts_chosen(build, kind, choice):
    model = build(
        kind,
        test_texts=choice.kind,
        test_template=choice.template,
        test_wording=choice.wording,
    )
    bank = load_bank(model.bank_name).select(model.classes)
    logits = slow_similarities(model, choice.texts(bank))
    expected = logits.sigmoid() if kind == 'aus' else logits.softmax(dim=1)
    torch.testing.assert_close(scores_of(model), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    'texts', [('name',), ('description',), ('name', 'description')]
)
def test_the_kind_trained_with_is_the_default(build, texts):
    model = build(texts=texts)
    assert model.test_choice == TextChoice(texts[0])


@torch.no_grad()
def test_absence_is_a_softmax_over_presence_and_absence(build):
    model = build(test_absence=True)
    names = [load_bank('action_units').texts('name', [au])[0] for au in AUS]
    denied = [name.replace(' with ', ' without ') for name in names]
    present, absent = (
        slow_similarities(model, [[text] for text in texts])
        for texts in (names, denied)
    )
    expected = torch.stack([present, absent]).softmax(dim=0)[0]
    torch.testing.assert_close(scores_of(model), expected, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_half_means_as_near_to_presence_as_to_absence_at_any_temperature(build):
    model = build(test_absence=True)
    before = scores_of(model)
    model.logit_scale.log.fill_(math.log(100))
    after = scores_of(model)
    assert not torch.allclose(before, after)
    assert torch.equal(before >= 0.5, after >= 0.5)


def test_all_texts_of_a_test_are_encoded_once(build, monkeypatch):
    model, calls = build(test_template='all', test_absence=True), []
    encode = model.text_encoder.encode
    monkeypatch.setattr(
        model.text_encoder, 'encode', lambda texts: calls.append(texts) or encode(texts)
    )
    for _ in range(3):
        scores_of(model)
    assert len(calls) == 2  # presence and absence


def test_gradients_reach_the_texts_of_a_model_in_test_mode(build):
    model = build()
    texts = ['a smile', 'a frown']
    with torch.no_grad():
        kept = model.text_features(texts)
    weights = [w for w in model.text_encoder.parameters() if w.requires_grad]
    for _ in range(2):  # each time anew: neither a kept tensor nor a used-up graph
        model.text_features(texts)[:, 0].sum().backward()
    assert any(w.grad is not None and w.grad.any() for w in weights)
    with torch.no_grad():
        assert model.text_features(texts) is kept


def test_texts_can_be_changed_and_are_stated(build, tmp_path):
    model = build()
    data = {
        'templates': {'nickname': 'look: {nickname}'},
        'classes': {au: {'nickname': f'move {au}'} for au in ('AU2', *AUS)},
    }
    path = tmp_path / 'mine.yaml'
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    before = scores_of(model)
    model.set_test_texts(str(path), TextChoice('nickname'))
    assert not torch.allclose(scores_of(model), before)
    assert model.describe_test_texts() == {
        'bank': str(path),
        'zero_shot': False,
        'kind': 'nickname',
        'template': 0,
        'wording': 0,
        'texts': {au: [f'look: move {au}'] for au in AUS},
    }
    assert build(bank=str(path), test_texts='nickname').bank.classes == AUS


def test_a_model_without_texts_states_none(build):
    assert build(texts=()).describe_test_texts() is None


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'test_texts': 'nam'}, "no texts of kind 'nam'.*did you mean 'name'"),
        ({'test_template': 1}, "'name' has templates 0 to 0, or 'all'"),
        ({'test_texts': 'description', 'test_wording': 'any'}, "or 'all'.*'any'"),
    ],
)
def test_texts_that_the_bank_lacks(build, arguments, message):
    with pytest.raises(PromptBankError, match=message):
        build(**arguments)


def test_expressions_have_no_text_of_absence(build):
    with pytest.raises(
        PromptBankError, match="add 'absence' with a template of 'name'"
    ):
        build('expressions', test_absence=True)


@pytest.mark.parametrize('option', ['test_texts', 'test_absence', 'zero_shot'])
def test_a_linear_layer_cannot_be_asked_by_texts(build, option):
    with pytest.raises(ValueError, match='knows no texts and no other classes'):
        build(texts=(), **{option: 'name' if option == 'test_texts' else True})


@pytest.mark.parametrize(
    ('kind', 'loss', 'name'),
    [
        ('aus', ActionUnitLoss, 'positive_weight'),
        ('expressions', ExpressionLoss, 'class_weight'),
    ],
)
def test_class_weights_of_other_classes_are_refused(build, kind, loss, name):
    build(kind, loss_label={'type': loss, name: [1.0] * 3})
    with pytest.raises(
        ValueError, match=rf'loss_label\.{name} has 12 numbers for the 3'
    ):
        build(kind, loss_label={'type': loss, name: [1.0] * 12})


# Weights that were not trained on the labels


def as_stored(model, naming):
    state = {name: value + 0.01 for name, value in model.state_dict().items()}
    if naming == 'clef_mm':
        return {'state_dict': state, 'meta': {}}
    image, text = 'image_encoder.tower.', 'text_encoder.tower.'
    bare = {
        'visual.' + name.removeprefix(image): value
        for name, value in state.items()
        if name.startswith(image)
    }
    bare |= {
        name.removeprefix(text): value
        for name, value in state.items()
        if name.startswith(text)
    }
    bare['logit_scale'] = state['logit_scale.log']
    return {'state_dict': bare} if naming == 'farl' else bare


@pytest.mark.parametrize('naming', ['clef_mm', 'farl', 'openai'])
def test_zero_shot_takes_towers_and_temperature_of_any_file(build, naming):
    trained, model = build('aus'), build('expressions', zero_shot=True)
    model.load_zero_shot(as_stored(trained, naming), 'some.pth')
    for name, value in trained.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], value + 0.01)


def test_zero_shot_encodes_the_texts_anew(build):
    model = build('expressions', zero_shot=True)
    before = scores_of(model)
    model.load_zero_shot(as_stored(build('aus'), 'clef_mm'), 'some.pth')
    after = scores_of(model)
    assert not torch.allclose(before, after)
    model._encoded.clear()
    torch.testing.assert_close(scores_of(model), after)


def test_zero_shot_of_stage_1_keeps_the_temperature_of_the_config(build, towers):
    stage_1 = ActivityPretrainer(
        activities='bp4d_activities', loss={'type': CrossModalSupConLoss}, **towers
    )
    model = build('expressions', zero_shot=True, temperature=0.1)
    model.load_zero_shot({'state_dict': stage_1.state_dict()}, 'stage_1.pth')
    for name, value in stage_1.state_dict().items():
        assert torch.equal(model.state_dict()[name], value)
    assert model.logit_scale().item() == pytest.approx(10)


def test_a_model_of_images_alone_has_no_texts_to_ask_with(build, tmp_path):
    content = {'state_dict': build(texts=()).state_dict(), 'meta': {}}
    model = build('expressions', zero_shot=True)
    with pytest.raises(
        WeightsError, match=r'images\.pth has no text tower.*text_weights'
    ):
        model.load_zero_shot(content, 'images.pth')
    donor = build('expressions')
    torch.save(as_stored(donor, 'farl'), tmp_path / 'farl.pth')
    model.text_weights = str(tmp_path / 'farl.pth')
    model.load_zero_shot(content, 'images.pth')
    for name, value in donor.text_encoder.state_dict().items():
        torch.testing.assert_close(model.text_encoder.state_dict()[name], value + 0.01)


def test_a_zero_shot_model_is_not_trained(build):
    with pytest.raises(WeightsError, match='can be tested, not trained'):
        build('expressions', zero_shot=True).init_weights()


def test_stage_1_encodes_its_activities_once_for_a_whole_test(
    towers, faces, monkeypatch
):
    model = ActivityPretrainer(
        activities='bp4d_activities', loss={'type': CrossModalSupConLoss}, **towers
    ).eval()
    calls = []
    encode = model.text_encoder.encode
    monkeypatch.setattr(
        model.text_encoder, 'encode', lambda texts: calls.append(1) or encode(texts)
    )
    samples = faces(5)['data_samples']
    scores = []
    for _ in range(3):
        model(IMAGES, samples, mode='predict')
        scores.append(torch.stack([sample.pred_scores for sample in samples]))
    assert len(calls) == 1
    images = normalize(model.image_encoder(IMAGES), dim=1)
    texts = normalize(encode(model.bank.texts('activity')), dim=1)
    torch.testing.assert_close(scores[2], (images @ texts.T / 0.25).softmax(dim=1))
