"""Stage 1: which losses, which labels, and the gradient of encoding every text."""

import math

import open_clip
import pytest
import torch
from mmengine.optim import OptimWrapper

from clef_mm import distributed
from clef_mm.models import ActivityPretrainer, FacePreprocessor
from clef_mm.models.losses import CrossModalSupConLoss
from clef_mm.prompts import load_bank

ACTIVITIES = [2, 0, 2, 5, 0, 2]
BANK = load_bank('bp4d_activities')
PREPROCESSOR = {'type': FacePreprocessor, 'image_size': 16, 'views': 2}
SWITCHES = {
    'PA + PI': {},
    'PI': {'text_pairs': False},
    'PA': {'image_pairs': False},
    'SimCLR': {'text_pairs': False, 'pairing': 'image'},
}


@pytest.fixture
def build(towers):
    """Return a function that builds a pretrainer; its text tower where it needs one."""

    def make(**arguments):
        if not arguments.get('text_pairs', True):
            towers['text_encoder'] = None
        given = {
            'activities': 'bp4d_activities',
            'loss': {'type': CrossModalSupConLoss},
            'precision': 'fp32',
            'data_preprocessor': PREPROCESSOR,
            **towers,
        }
        return ActivityPretrainer(**{**given, **arguments})

    return make


def draw_template(index):
    """Set the shared random numbers so that the next batch takes this template."""
    count = BANK.count('activity')
    for seed in range(1000):
        distributed.shared_random().seed(seed)
        if distributed.shared_random().randrange(count) == index:
            distributed.shared_random().seed(seed)
            return
    raise AssertionError(f'no seed draws {index} of {count}')


@pytest.mark.parametrize('row', SWITCHES)
def test_parts_of_each_row_of_table_6(build, faces, row):
    model = build(**SWITCHES[row])
    samples = faces(6, activity=ACTIVITIES)['data_samples']
    images = torch.randn(12, 3, 16, 16)
    draw_template(1)
    losses = model(images, samples, mode='loss')

    features = model.image_encoder(images)
    labels = torch.tensor(ACTIVITIES)
    expected = {}
    if row in ('PA + PI', 'PI'):
        expected['loss_image'] = model.contrast(features[:6], features[6:], labels)
    if row == 'SimCLR':
        own = torch.arange(6)
        expected['loss_image'] = model.contrast(features[:6], features[6:], own)
    if row in ('PA + PI', 'PA'):
        texts = model.text_encoder.encode(
            [BANK.texts('activity', index=1)[activity] for activity in ACTIVITIES]
        )
        expected['loss_text'] = model.contrast(features[:6], texts, labels)
    assert set(losses) == set(expected)
    for name, value in expected.items():
        torch.testing.assert_close(losses[name], value)


def test_gradients_are_those_of_encoding_the_text_of_every_image(
    build, faces, monkeypatch
):
    model = build()
    samples = faces(6, activity=ACTIVITIES)['data_samples']
    images = torch.randn(12, 3, 16, 16)

    def gradients():
        model.zero_grad()
        draw_template(2)
        sum(model(images, samples, mode='loss').values()).backward()
        return {name: p.grad for name, p in model.named_parameters()}

    cut = gradients()
    tokenizer = open_clip.SimpleTokenizer(context_length=77)
    encoded = []

    def encode_all(texts):
        encoded.append(len(texts))
        return model.text_encoder.tower(tokenizer(texts))

    monkeypatch.setattr(model.text_encoder, 'encode', encode_all)
    plain = gradients()
    assert encoded == [6]
    for name, gradient in plain.items():
        scale = gradient.abs().max()
        assert scale > 0, name
        assert (cut[name] - gradient).abs().max() < 1e-4 * scale, name


def test_every_template_is_drawn_and_one_for_the_whole_batch(build, faces, monkeypatch):
    model, chosen = build(), set()
    samples = faces(6, activity=ACTIVITIES)['data_samples']
    encode = model.text_encoder.encode
    monkeypatch.setattr(
        model.text_encoder,
        'encode',
        lambda texts: chosen.add(tuple(texts)) or encode(texts),
    )
    distributed.shared_random().seed(0)
    for _ in range(30):
        model.loss(torch.randn(12, 16), samples)
    assert chosen == {
        tuple(BANK.texts('activity', index=index)[activity] for activity in ACTIVITIES)
        for index in range(BANK.count('activity'))
    }


def test_simclr_pairs_are_distinct_over_ranks(build, faces, monkeypatch):
    model = build(**SWITCHES['SimCLR'])
    labels = []
    monkeypatch.setattr(distributed, 'world_size', lambda: 3)
    for rank, count in enumerate((4, 2, 3)):
        monkeypatch.setattr(distributed, 'rank', lambda rank=rank: rank)
        labels += model._pair_labels(faces(count)['data_samples']).tolist()
    assert len(set(labels)) == 9


@pytest.mark.parametrize('row', SWITCHES)
def test_predict_gives_unit_features_and_activity_scores(build, faces, row):
    model = build(**SWITCHES[row]).eval()
    data = faces(3)
    images = FacePreprocessor(16)(data)['inputs']
    samples = model.test_step(data)
    features = torch.nn.functional.normalize(model.image_encoder(images), dim=1)
    texts = None
    if model.text_encoder is not None:
        texts = model.text_encoder.encode(BANK.texts('activity', index=0))
        texts = torch.nn.functional.normalize(texts, dim=1)
    for row_features, sample in zip(features, samples, strict=True):
        torch.testing.assert_close(sample.pred_features, row_features)
        if texts is None:
            assert sample.pred_scores is None
        else:
            scores = (texts @ row_features / 0.25).softmax(dim=0)
            torch.testing.assert_close(sample.pred_scores, scores)
            assert not sample.pred_scores.requires_grad


@pytest.mark.parametrize('row', SWITCHES)
def test_tensor_mode_gives_the_image_features(build, row):
    model, images = build(**SWITCHES[row]), torch.randn(2, 3, 16, 16)
    torch.testing.assert_close(model(images), model.image_encoder(images))


@pytest.mark.parametrize('row', ['PI', 'SimCLR'])
def test_no_text_tower_is_built_without_texts(build, row):
    model = build(**SWITCHES[row])
    assert model.text_encoder is None
    assert not any('text' in name for name in model.state_dict())


@pytest.mark.parametrize('row', SWITCHES)
def test_steps_lower_the_loss_and_move_every_tower(build, faces, row):
    still = {**PREPROCESSOR, 'crop': (0.95, 1.0), 'rotation': 0.0, 'flip': 0.0}
    model = build(data_preprocessor=still, **SWITCHES[row])
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = OptimWrapper(torch.optim.AdamW(model.parameters(), lr=1e-2))
    data = faces(6, activity=ACTIVITIES)
    losses = [model.train_step(data, optimizer)['loss'].item() for _ in range(5)]
    assert losses[-1] < losses[0]
    assert all(math.isfinite(loss) for loss in losses)
    for name, weight in model.named_parameters():
        assert not torch.equal(weight, before[name]), name


def test_the_towers_run_in_bfloat16_and_the_losses_do_not(build, faces):
    model, dtypes = build(precision='bf16'), []
    for encoder in (model.image_encoder, model.text_encoder):
        encoder.tower.transformer.resblocks[1].mlp.c_fc.register_forward_hook(
            lambda module, given, made: dtypes.append(made.dtype)
        )
    samples = faces(6, activity=ACTIVITIES)['data_samples']
    losses = model(torch.randn(12, 3, 16, 16), samples, mode='loss')
    assert dtypes == [torch.bfloat16] * 2
    assert [loss.dtype for loss in losses.values()] == [torch.float32] * 2


def test_activities_are_those_of_the_bank_in_its_order(build):
    assert build().activities == ('T1', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7', 'T8')


@pytest.mark.parametrize('row', ['PA + PI', 'PI', 'PA'])
@pytest.mark.parametrize('activity', [-1, 8])
def test_an_image_without_an_activity_of_the_bank_is_named(build, faces, activity, row):
    model = build(**SWITCHES[row])
    samples = faces(3, activity=[0, activity, 1])['data_samples']
    with pytest.raises(ValueError, match=rf'F001/T1/1 has activity {activity}.*0 to 7'):
        model(torch.zeros(6, 3, 16, 16), samples, mode='loss')


def test_simclr_needs_no_activities(build, faces):
    samples = faces(3)['data_samples']
    assert samples[0].activity == -1
    model = build(**SWITCHES['SimCLR'])
    assert model(torch.randn(6, 3, 16, 16), samples, mode='loss')['loss_image'] > 0


def test_one_view_is_refused(build, faces):
    model = build(data_preprocessor={**PREPROCESSOR, 'views': 1})
    optimizer = OptimWrapper(torch.optim.SGD(model.parameters(), lr=1.0))
    with pytest.raises(ValueError, match=r'3 features for 3 images.*views=2'):
        model.train_step(faces(3, activity=[0, 1, 2]), optimizer)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'pairing': 'subject'}, "pairing must be .*got 'subject'"),
        (
            {'image_pairs': False, 'text_pairs': False},
            'image_pairs, text_pairs or both',
        ),
        ({'pairing': 'image'}, r'set text_pairs=False'),
        ({'text_encoder': None}, 'text_pairs=True with no encoder'),
    ],
)
def test_refuses_switches_that_contradict_each_other(build, arguments, message):
    with pytest.raises(ValueError, match=message):
        build(**arguments)


def test_refuses_a_text_tower_that_nothing_would_train(build, towers):
    text_encoder = towers['text_encoder']
    with pytest.raises(ValueError, match='text_pairs=False with an encoder'):
        build(text_pairs=False, text_encoder=text_encoder)
