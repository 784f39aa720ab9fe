"""Stage 2: Eq. 3 to 6, the rows of Table 6, and what is predicted."""

import copy
import math

import numpy as np
import pytest
import torch
from mmengine.optim import OptimWrapper
from torch.nn.functional import normalize

from clef_mm import distributed
from clef_mm.models import (
    ActionUnitRecognizer,
    ActivityPretrainer,
    ExpressionRecognizer,
    FacePreprocessor,
)
from clef_mm.models.losses import (
    ActionUnitLoss,
    CrossModalSupConLoss,
    ExpressionLoss,
    NameDescriptionLoss,
)
from clef_mm.prompts import load_bank

BOTH = ('name', 'description')
ROWS = {'I': (), 'I+N': ('name',), 'I+D': ('description',), 'I+N+D': BOTH}
KINDS = {
    'aus': (
        ActionUnitRecognizer,
        'action_units',
        ('AU1', 'AU12', 'AU4'),
        ActionUnitLoss,
    ),
    'expressions': (
        ExpressionRecognizer,
        'expressions',
        ('anger', 'neutral', 'fear', 'surprise'),
        ExpressionLoss,
    ),
}
AUS = [np.array(row, np.int8) for row in ([1, 0, -1], [0, 0, 1], [1, 1, 0], [-1, 1, 0])]
EXPRESSIONS = [3, 0, 0, 2]
IMAGES = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(5))


@pytest.fixture
def build(towers):
    """Return a function that builds a recogniser of a kind and a row of Table 6."""

    def make(kind='aus', texts=BOTH, **arguments):
        model, bank, classes, loss = KINDS[kind]
        given = {
            'image_encoder': towers['image_encoder'],
            'text_encoder': towers['text_encoder'] if texts else None,
            'classes': classes,
            'bank': bank,
            'texts': texts,
            'loss_label': {'type': loss},
            'loss_text': {'type': NameDescriptionLoss},
            'precision': 'fp32',
            'data_preprocessor': {'type': FacePreprocessor, 'image_size': 16},
        }
        return model(**{**given, **arguments})

    return make


@pytest.fixture
def samples(faces):
    return faces(4, gt_aus=AUS, gt_expression=EXPRESSIONS)['data_samples']


def expected_logits(model, kind, index):
    """Compute cosines over the temperature from the definition."""
    images = normalize(model.image_encoder(IMAGES), dim=1)
    texts = normalize(model.text_encoder.encode(model.bank.texts(kind, index=index)))
    return images @ texts.T * model.logit_scale.log.exp()


def expected_label_loss(kind, logits):
    """Compute Eq. 4 or 5 with weights of 1, one label at a time."""
    total = torch.zeros(())
    for i, row in enumerate(logits):
        if kind == 'expressions':
            total -= row.log_softmax(dim=0)[EXPRESSIONS[i]]
            continue
        for logit, label in zip(row, AUS[i], strict=True):
            if label >= 0:
                score = logit.sigmoid()
                total -= (score if label else 1 - score).log()
    return total / len(logits)


def fix_descriptions(monkeypatch, index):
    """Make every draw of a description's template this one; names have but one."""

    class Fixed:
        def randrange(self, count):
            return min(index, count - 1)

    monkeypatch.setattr(distributed, 'shared_random', Fixed)


@pytest.mark.parametrize('label_weight', [2.0, 0.5])
@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('row', ROWS)
def test_objective_of_each_row(build, samples, monkeypatch, row, kind, label_weight):
    model = build(kind, ROWS[row], label_weight=label_weight)
    fix_descriptions(monkeypatch, 3)
    losses = model(IMAGES, samples, mode='loss')
    if row == 'I':
        logits = model.head(model.image_encoder(IMAGES))
    elif row == 'I+D':
        logits = expected_logits(model, 'description', 3)
    else:
        logits = expected_logits(model, 'name', 0)
    expected = {'loss_label': expected_label_loss(kind, logits)}
    if row == 'I+N+D':
        names, descriptions = (
            normalize(model.text_encoder.encode(model.bank.texts(text, index=index)))
            for text, index in (('name', 0), ('description', 3))
        )
        similar = descriptions @ names.T / 0.07
        match = -similar.log_softmax(dim=1).diagonal().mean()
        expected = {
            'loss_label': label_weight * expected['loss_label'] / 2,
            'loss_text': match / 2,
        }
    assert set(losses) == set(expected)
    for name, value in expected.items():
        torch.testing.assert_close(losses[name], value, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('row', ROWS)
def test_what_is_built_and_what_learns(build, faces, row):
    model = build(texts=ROWS[row])
    texts = row != 'I'
    assert (model.text_encoder is not None) is texts
    assert hasattr(model, 'logit_scale') is texts
    assert hasattr(model, 'head') is not texts
    assert (model.loss_text is not None) is (row == 'I+N+D')
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = OptimWrapper(torch.optim.AdamW(model.parameters(), lr=1e-3))
    log = model.train_step(faces(4, gt_aus=AUS), optimizer)
    assert math.isfinite(log['loss'])
    for name, weight in model.named_parameters():
        assert not torch.equal(weight, before[name]), name


@pytest.mark.parametrize('kind', KINDS)
def test_steps_lower_the_loss(build, faces, kind):
    still = {'crop': (1.0, 1.0), 'flip': 0.0, 'rotation': 0.0}
    preprocessor = {'type': FacePreprocessor, 'image_size': 16, **still}
    model = build(kind, data_preprocessor=preprocessor)
    optimizer = OptimWrapper(torch.optim.AdamW(model.parameters(), lr=1e-2))
    data = faces(4, gt_aus=AUS, gt_expression=EXPRESSIONS)
    losses = [model.train_step(data, optimizer)['loss'].item() for _ in range(8)]
    assert losses[-1] < losses[0]


# Temperature


def test_both_losses_share_one_learnable_temperature(build, samples):
    model = build()
    losses = model(IMAGES, samples, mode='loss')
    of_parts = [
        torch.autograd.grad(loss, model.logit_scale.log, retain_graph=True)[0]
        for loss in losses.values()
    ]
    assert all(gradient != 0 for gradient in of_parts)
    sum(losses.values()).backward()
    torch.testing.assert_close(model.logit_scale.log.grad, sum(of_parts))
    scales = [name for name in model.state_dict() if name.startswith('logit_scale')]
    assert scales == ['logit_scale.log']


def test_temperature_starts_as_asked_and_is_clamped_in_use(build, samples):
    model = build(temperature=0.2)
    assert model.logit_scale.log.exp().item() == pytest.approx(5)
    with torch.no_grad():
        model.logit_scale.log.fill_(9.0)  # exp(9) is about 8100
    model(IMAGES, samples, mode='loss')
    assert model.logit_scale.log.exp().item() == pytest.approx(100, rel=1e-5)


# Texts in training


@pytest.mark.parametrize('row', ['I+N', 'I+D', 'I+N+D'])
def test_every_description_and_the_one_name_are_drawn(build, samples, row, monkeypatch):
    model, calls = build(texts=ROWS[row]), []
    encode = model.text_encoder.encode
    monkeypatch.setattr(
        model.text_encoder, 'encode', lambda texts: calls.append(texts) or encode(texts)
    )
    distributed.shared_random().seed(0)
    for _ in range(30):
        model.loss(torch.randn(4, 16), samples)
    assert len(calls) == 30  # both kinds in one call
    bank, seen = model.bank, {kind: set() for kind in ROWS[row]}
    for texts in calls:
        for kind, place in zip(ROWS[row], (0, 3), strict=False):
            seen[kind].add(tuple(texts[place : place + 3]))
    for kind, drawn in seen.items():
        count = bank.count(kind)
        assert drawn == {tuple(bank.texts(kind, index=i)) for i in range(count)}


def test_draws_are_shared_by_all_ranks(build, samples):
    models = [build()] * 2
    losses = []
    for rank_seed, model in enumerate(models):
        torch.manual_seed(rank_seed)
        distributed.shared_random().seed(4)
        losses.append(model(IMAGES, samples, mode='loss'))
    assert losses[0] == losses[1]


def test_class_texts_follow_the_order_of_the_classes(build):
    bank = load_bank('action_units')
    model = build(classes=('AU12', 'AU1'))
    assert model.bank.texts('name') == bank.texts('name', ('AU12', 'AU1'))


# Predictions


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('row', ROWS)
def test_predictions_are_scores_against_a_fixed_template(build, samples, row, kind):
    model = build(kind, ROWS[row]).eval()
    distributed.shared_random().seed(1)
    predicted = model(IMAGES, samples, mode='predict')
    assert predicted is samples
    if row == 'I':
        logits = model.head(model.image_encoder(IMAGES))
    else:
        logits = expected_logits(model, ROWS[row][0], index=0)
    expected = logits.sigmoid() if kind == 'aus' else logits.softmax(dim=1)
    scores = torch.stack([sample.pred_scores for sample in samples])
    torch.testing.assert_close(scores, expected, rtol=1e-4, atol=1e-5)
    assert not scores.requires_grad
    assert scores.device.type == 'cpu'


@pytest.mark.parametrize('row', ROWS)
def test_tensor_mode_gives_the_image_features(build, row):
    model = build(texts=ROWS[row])
    torch.testing.assert_close(model(IMAGES), model.image_encoder(IMAGES))


@pytest.fixture
def counted(build, samples, monkeypatch):
    """A model, a function that predicts, and a list that grows as texts are encoded."""
    model, calls = build(), []
    encode = model.text_encoder.encode
    monkeypatch.setattr(
        model.text_encoder, 'encode', lambda texts: calls.append(1) or encode(texts)
    )

    def predict():
        model(IMAGES, samples, mode='predict')
        return torch.stack([sample.pred_scores for sample in samples])

    return model, predict, calls


def test_class_texts_are_encoded_once_for_a_whole_test(counted):
    model, predict, calls = counted
    model.eval()
    scores = [predict() for _ in range(3)]
    assert len(calls) == 1
    assert torch.equal(scores[0], scores[2])


def test_class_texts_are_encoded_anew_after_training(counted, faces):
    model, predict, calls = counted
    model.eval()
    before = predict()
    model.train()
    optimizer = OptimWrapper(
        torch.optim.SGD([*model.text_encoder.parameters()], lr=0.5)
    )
    model.train_step(faces(4, gt_aus=AUS), optimizer)
    model.eval()
    calls.clear()
    after = predict(), predict()
    assert len(calls) == 1
    assert torch.equal(*after)
    assert not torch.allclose(before, after[0])  # the images' tower did not move


def test_class_texts_are_encoded_anew_for_other_weights(counted, build):
    model, predict, calls = counted
    model.eval()
    before = predict()
    torch.manual_seed(3)
    model.load_state_dict(build().state_dict())
    assert not torch.allclose(predict(), before)
    assert len(calls) == 2


def test_class_texts_are_encoded_anew_where_the_model_goes(counted):
    model, predict, calls = counted
    model.eval()
    predict()
    model.to('cpu')
    predict()
    assert len(calls) == 2


def test_class_texts_are_never_kept_while_training(counted):
    _, predict, calls = counted
    predict(), predict()
    assert len(calls) == 2


def test_a_copy_of_a_tested_model_forgets_for_itself(build, samples):
    model = build().eval()
    model(IMAGES, samples, mode='predict')
    twin = copy.deepcopy(model)
    torch.manual_seed(3)
    twin.load_state_dict(build().state_dict())
    assert not twin._encoded
    assert model._encoded


# Precision


def test_towers_run_in_bfloat16_and_logits_do_not(build, samples, monkeypatch):
    for texts in ((), BOTH):
        model, towers, logits = build(texts=texts, precision='bf16'), [], []
        for encoder in filter(None, (model.image_encoder, model.text_encoder)):
            encoder.tower.transformer.resblocks[1].mlp.c_fc.register_forward_hook(
                lambda module, given, made, seen=towers: seen.append(made.dtype)
            )
        model.loss_label.register_forward_pre_hook(
            lambda module, given, seen=logits: seen.append(given[0].dtype)
        )
        losses = model(IMAGES, samples, mode='loss')
        assert towers == [torch.bfloat16] * (2 if texts else 1)
        assert logits == [torch.float32]
        assert {loss.dtype for loss in losses.values()} == {torch.float32}
        model(IMAGES, samples, mode='predict')
        assert samples[0].pred_scores.dtype == torch.float32


# Labels and their weights


@pytest.mark.parametrize('given', [list, np.asarray, torch.tensor])
def test_set_label_weight_weighs_positives(build, samples, monkeypatch, given):
    model = build(texts=('name',))
    fix_descriptions(monkeypatch, 0)
    plain = model(IMAGES, samples, mode='loss')['loss_label']
    model.set_label_weight(given([3.0, 1.0, 1.0]))
    weighed = model(IMAGES, samples, mode='loss')['loss_label']
    score = expected_logits(model, 'name', 0).sigmoid()
    first_unit = -(score[0, 0].log() + score[2, 0].log()) / 4  # images 0 and 2 show it
    torch.testing.assert_close(weighed - plain, 2 * first_unit, rtol=1e-4, atol=1e-5)
    assert not any('weight' in name for name in model.loss_label.state_dict())


def test_class_weights_of_expressions(build, samples):
    model = build('expressions', texts=('name',))
    plain = model(IMAGES, samples, mode='loss')['loss_label']
    model.set_label_weight([2.0] * 4)
    torch.testing.assert_close(
        model(IMAGES, samples, mode='loss')['loss_label'], 2 * plain
    )


@pytest.mark.parametrize(
    ('kind', 'labels'),
    [
        ('aus', {'gt_aus': [AUS[0], AUS[1], None, AUS[3]]}),
        ('expressions', {'gt_expression': [0, 1, -1, 2]}),
    ],
)
def test_an_image_without_its_label_is_named(build, faces, kind, labels):
    samples = faces(4, **labels)['data_samples']
    with pytest.raises(ValueError, match='the image F001/T1/2 has no label'):
        build(kind)(IMAGES, samples, mode='loss')


def test_other_labels_than_classes_are_refused(build, samples):
    with pytest.raises(ValueError, match=r'\(4, 2\) and \(4, 3\)'):
        build(classes=('AU1', 'AU2'))(IMAGES, samples, mode='loss')


# Construction


def test_stage_2_starts_from_the_towers_of_stage_1(build, towers, tmp_path):
    stage_1 = ActivityPretrainer(
        activities='bp4d_activities', loss={'type': CrossModalSupConLoss}, **towers
    )
    checkpoint = {'state_dict': stage_1.state_dict(), 'meta': {'epoch': 5}}
    torch.save(checkpoint, tmp_path / 'stage_1.pth')
    for texts in ((), BOTH):
        model = build(texts=texts, weights=str(tmp_path / 'stage_1.pth'))
        model.init_weights()
        for name, value in model.state_dict().items():
            if 'encoder' in name:
                assert torch.equal(value, checkpoint['state_dict'][name]), name
        assert model.weights_meta == {'epoch': 5}


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'texts': ('names',)}, r"texts must be one of .*got \('names',\)"),
        ({'texts': ('description', 'name')}, r"got \('description', 'name'\)"),
        ({'text_encoder': None}, r"texts=\('name', 'description'\) needs a text_enc"),
        ({'loss_text': None}, r'need loss_text \(Eq\. 3\)'),
        ({'classes': ('AU1', 'AU3')}, "no class 'AU3'"),
        ({'classes': 'AU1'}, r"such as \[AU1\], got 'AU1'"),
        ({'bank': 'action_unit'}, "no prompt bank is called 'action_unit'"),
        ({'temperature': 0.0}, r'temperature must be in \[0\.01, 1\], got 0\.0'),
    ],
)
def test_refuses_what_cannot_be_trained(build, arguments, message):
    with pytest.raises(ValueError, match=message):
        build(**arguments)


def test_refuses_a_text_tower_that_nothing_would_train(build, towers):
    with pytest.raises(ValueError, match=r'texts=\(\) trains no text_encoder'):
        build(texts=(), text_encoder=towers['text_encoder'])


def test_a_frozen_image_tower_leaves_a_linear_probe(build, towers, samples):
    frozen = {**towers['image_encoder'], 'frozen': ['']}
    model = build(texts=(), image_encoder=frozen).train()
    sum(model(IMAGES, samples, mode='loss').values()).backward()
    learnt = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert learnt == {'head.weight', 'head.bias'}
    assert model.head.weight.grad.abs().max() > 0
