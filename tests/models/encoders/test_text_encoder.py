"""Distinct texts and a cut context change neither features nor gradients."""

import copy

import open_clip
import pytest
import torch
from open_clip.transformer import QuickGELU
from torch import nn

from clef_mm.models.encoders import OpenCLIPTextEncoder
from clef_mm.prompts import load_bank

LONG = 'wide ' * 75  # 75 tokens and both ends fill the context


@pytest.fixture
def encoder(arch):
    return OpenCLIPTextEncoder(arch)


def vit_b_16(layers):
    arch = open_clip.get_model_config('ViT-B-16-quickgelu')
    arch['text_cfg']['layers'] = layers
    return arch


def plain(encoder, texts):
    """Encode every text at full length through open_clip's own forward pass."""
    return encoder.tower(open_clip.SimpleTokenizer(context_length=77)(texts))


@pytest.mark.parametrize('size', ['tiny', 'ViT-B-16-quickgelu, 2 layers'])
def test_features_and_gradients_are_those_of_encoding_every_text(arch, size):
    encoder = OpenCLIPTextEncoder(arch if size == 'tiny' else vit_b_16(2))
    assert encoder.embed_dim == (16 if size == 'tiny' else 512)
    assert encoder.context_length == 77
    texts = load_bank('action_units').texts('description')[:4]
    texts = [texts[i] for i in (2, 0, 2, 1, 0, 3, 2)]
    assert len(encoder.tokenize(texts)[0]) < 40  # far below 77: something was cut
    toward = torch.randn(len(texts), encoder.embed_dim)
    results = []
    for encode in (encoder.encode, lambda texts: plain(encoder, texts)):
        encoder.zero_grad()
        features = encode(texts)
        (features * toward).sum().backward()
        gradients = {name: p.grad for name, p in encoder.named_parameters()}
        results.append((features.detach(), gradients))
    (cut, cut_gradients), (full, full_gradients) = results
    torch.testing.assert_close(cut, full, rtol=1e-4, atol=1e-5)
    for name, gradient in full_gradients.items():
        scale = gradient.abs().max()
        assert scale > 0, name
        assert (cut_gradients[name] - gradient).abs().max() < 1e-4 * scale, name


@pytest.mark.parametrize('text', ['a', LONG])
def test_shortest_and_longest_text(encoder, text):
    torch.testing.assert_close(
        encoder.encode([text, 'a photo']), plain(encoder, [text, 'a photo'])
    )


def test_a_text_does_not_depend_on_the_others(encoder):
    alone = encoder.encode(['a nose'])
    torch.testing.assert_close(encoder.encode(['a mouth', LONG, 'a nose'])[2:], alone)


def test_each_distinct_text_is_encoded_once(encoder, monkeypatch):
    encoded = []
    forward = encoder.forward
    monkeypatch.setattr(
        encoder, 'forward', lambda ids: encoded.append(len(ids)) or forward(ids)
    )
    features = encoder.encode(['smile', 'frown', 'smile', 'smile', 'frown'])
    assert encoded == [2]
    assert torch.equal(features[[0, 1, 0, 0, 1]], features)
    assert not torch.equal(features[0], features[1])


def test_token_ids_are_those_of_open_clip_without_the_tail(encoder):
    texts = ['A photo of a person, with  brow lowerer!', 'smile', LONG]
    expected = open_clip.SimpleTokenizer(context_length=77)(texts)
    assert torch.equal(encoder.tokenize(texts), expected)
    assert torch.equal(encoder.tokenize(texts[:2]), expected[:2, :14])
    assert expected[0, 13] == encoder.tokenize(texts[:1]).max()


def test_a_text_is_tokenised_once(encoder, monkeypatch):
    first = encoder.tokenize(['smile', 'frown'])
    monkeypatch.setattr(encoder._tokenizer, 'encode', None)
    assert torch.equal(encoder.tokenize(['smile', 'frown']), first)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        (LONG + 'face', r'1 to 75 tokens, this one has 76: .*face'),
        ('', "this one has 0: ''"),
        ('  ', 'this one has 0'),
    ],
)
def test_refuses_texts_that_open_clip_would_cut_or_pad(encoder, text, message):
    with pytest.raises(ValueError, match=message):
        encoder.encode(['smile', text])


def test_a_shorter_context_refuses_earlier(arch):
    arch['text_cfg']['context_length'] = 4
    encoder = OpenCLIPTextEncoder(arch)
    assert encoder.encode(['wide mouth']).shape == (1, 16)
    with pytest.raises(ValueError, match='1 to 2 tokens, this one has 3'):
        encoder.encode(['a wide mouth'])


@pytest.mark.parametrize(('quick', 'kind'), [(True, QuickGELU), (False, nn.GELU)])
def test_activation_is_that_of_the_architecture(arch, quick, kind):
    arch['quick_gelu'] = quick
    modules = list(OpenCLIPTextEncoder(arch).modules())
    found = [m for m in modules if isinstance(m, QuickGELU | nn.GELU)]
    assert [type(m) for m in found] == [kind] * 2  # one a layer


@pytest.mark.parametrize(
    'other',
    [
        {'embed_cls': True},
        {'no_causal_mask': True},
        {'pool_type': 'last'},
        {'pool_type': 'eos'},
        {'proj_bias': True},
        {'proj_type': 'none'},
        {'vocab_size': 32000},
    ],
)
def test_refuses_towers_of_another_kind(arch, other):
    arch['text_cfg'].update(other)
    with pytest.raises(ValueError, match='must be like that of CLIP: causal'):
        OpenCLIPTextEncoder(arch)


def test_runs_under_autocast_and_in_eval_mode(encoder):
    expected = encoder.encode(['smile', 'frown'])
    with torch.autocast('cpu', dtype=torch.bfloat16):
        features = encoder.encode(['smile', 'frown'])
    assert features.dtype == torch.bfloat16
    torch.testing.assert_close(features.float(), expected, rtol=0.1, atol=0.05)
    with torch.no_grad():
        still = copy.deepcopy(encoder).eval().encode(['smile', 'frown'])
    torch.testing.assert_close(still, expected)
