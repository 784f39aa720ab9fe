"""Weights rewritten in our naming and in OpenAI's: the same features on either side."""

import math

import open_clip
import pytest
import torch

from clef_mm.engine.weight_conversion import convert
from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder
from clef_mm.models.encoders.weight_files import sha256
from clef_mm.models.encoders.weights import TOWERS_KEY, WeightsError, read_file

ARCH = {
    'embed_dim': 16,
    'quick_gelu': True,
    'vision_cfg': {
        'image_size': 16,
        'patch_size': 8,
        'layers': 1,
        'width': 16,
        'head_width': 8,
    },
    'text_cfg': {
        'context_length': 77,
        'vocab_size': 49408,
        'width': 16,
        'heads': 2,
        'layers': 1,
    },
}
TEXTS = ['a photo of a face', 'smile']
IMAGES = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope='module')
def pair():
    torch.manual_seed(3)
    return open_clip.CLIP(**ARCH).eval()


@pytest.fixture
def farl(pair, tmp_path):
    """A file as FaRL's: half precision, a head for masked images."""
    state = {key: value.half() for key, value in pair.state_dict().items()}
    state['logit_scale'] = torch.tensor(3.5)
    state['visual.mask_token'] = torch.zeros(16)
    path = tmp_path / 'farl.pth'
    torch.save({'state_dict': state}, path)
    return path


def features(content):
    images, texts = OpenCLIPImageEncoder(ARCH), OpenCLIPTextEncoder(ARCH)
    images.load(content, 'x')
    texts.load(content, 'x')
    with torch.no_grad():
        return images.eval()(IMAGES), texts.eval().encode(TEXTS)


@pytest.mark.parametrize('suffix', ['.pth', '.safetensors'])
@pytest.mark.parametrize('naming', ['clef_mm', 'openai'])
def test_features_survive(farl, tmp_path, naming, suffix):
    target = tmp_path / f'out/converted{suffix}'
    said = convert(str(farl), str(target), naming)
    assert str(target) in said
    assert 'visual.mask_token' in said  # what was left out
    for before, after in zip(
        features(read_file(farl)), features(read_file(target)), strict=True
    ):
        assert torch.equal(before, after)
    content = read_file(target)
    assert {value.dtype for value in content['state_dict'].values()} <= {
        torch.float16,
        torch.float32,
    }
    assert content['meta']['converted_from'] == {
        'file': 'farl.pth',
        'sha256': sha256(farl),
    }


@pytest.mark.parametrize('suffix', ['.pth', '.safetensors'])
@pytest.mark.parametrize('custom_text', [False, True])
def test_open_clip_loads_what_is_named_as_openai(farl, tmp_path, suffix, custom_text):
    target = tmp_path / f'pair{suffix}'
    convert(str(farl), str(target), 'openai')
    theirs = (open_clip.CustomTextCLIP if custom_text else open_clip.CLIP)(**ARCH)
    open_clip.load_checkpoint(theirs.eval(), str(target))  # strictly
    images, texts = features(read_file(target))
    tokens = open_clip.SimpleTokenizer(context_length=77)(TEXTS)
    with torch.no_grad():
        assert torch.equal(theirs.encode_image(IMAGES), images)
        torch.testing.assert_close(theirs.encode_text(tokens), texts)
    assert theirs.logit_scale.item() == 3.5


@pytest.mark.parametrize('suffix', ['.pth', '.safetensors'])
def test_open_clip_creates_a_model_from_it(farl, tmp_path, monkeypatch, suffix):
    target = tmp_path / f'pair{suffix}'
    convert(str(farl), str(target), 'openai')
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, 'tiny-pair', ARCH)
    model = open_clip.create_model('tiny-pair', pretrained=str(target))
    with torch.no_grad():
        found = model.eval().encode_image(IMAGES)
    assert torch.equal(found, features(read_file(farl))[0])


@pytest.mark.parametrize('naming', ['clef_mm', 'openai'])
def test_the_activation_goes_along(farl, tmp_path, naming):
    convert(str(farl), str(tmp_path / 'a.pth'), naming)
    gelu = OpenCLIPImageEncoder({**ARCH, 'quick_gelu': False})
    with pytest.raises(WeightsError, match='was trained with QuickGELU'):
        gelu.load(read_file(tmp_path / 'a.pth'), 'a.pth')


def test_what_is_not_known_is_not_claimed(pair, tmp_path):
    torch.save(pair.state_dict(), tmp_path / 'pair.pth')
    convert(str(tmp_path / 'pair.pth'), str(tmp_path / 'a.pth'))
    meta = read_file(tmp_path / 'a.pth')['meta']
    assert meta[TOWERS_KEY] == {'image': {}, 'text': {}}


def test_there_and_back_again(farl, tmp_path):
    first, second = tmp_path / 'ours.safetensors', tmp_path / 'theirs.pth'
    convert(str(farl), str(first))
    convert(str(first), str(second), 'openai')
    state, original = (read_file(f)['state_dict'] for f in (second, farl))
    assert state.keys() == original.keys() - {'visual.mask_token'}
    for key, value in state.items():
        assert torch.equal(value, original[key]), key


def test_towers_without_a_temperature_get_that_where_clip_starts(pair, tmp_path):
    first, second = tmp_path / 'ours.pth', tmp_path / 'theirs.pth'
    state = pair.state_dict()
    del state['logit_scale']
    torch.save(state, tmp_path / 'pair.pth')
    convert(str(tmp_path / 'pair.pth'), str(first))
    said = convert(str(first), str(second), 'openai')
    scale = read_file(second)['state_dict']['logit_scale']
    assert scale == pytest.approx(math.log(1 / 0.07))
    assert '1 / 0.07 was written' in said


def test_a_checkpoint_of_ours_keeps_everything_but_the_optimizer(tmp_path):
    state = {
        'image_encoder.tower.proj': torch.ones(2),
        'logit_scale.log': torch.tensor(2.5),
        'head.weight': torch.ones(3),
    }
    meta = {'epoch': 5, 'clef_mm': {'seen_subjects': ['F001']}}
    content = {'state_dict': state, 'meta': meta, 'optimizer': {'state': {}}}
    torch.save(content, tmp_path / 'epoch_5.pth')
    said = convert(str(tmp_path / 'epoch_5.pth'), str(tmp_path / 'a.safetensors'))
    written = read_file(tmp_path / 'a.safetensors')
    assert 'left out' not in said
    assert written['state_dict'].keys() == state.keys()
    assert written.keys() == {'state_dict', 'meta'}
    assert {'epoch': 5, 'clef_mm': {'seen_subjects': ['F001']}}.items() <= (
        written['meta'].items()
    )


def test_our_temperature_is_clips_logit_scale(pair, tmp_path):
    own = {f'image_encoder.tower.{k}': v for k, v in pair.visual.state_dict().items()}
    texts = OpenCLIPTextEncoder(ARCH).tower.state_dict()
    own |= {f'text_encoder.tower.{key}': value for key, value in texts.items()}
    own['logit_scale.log'] = torch.tensor(2.5)
    torch.save({'state_dict': own, 'meta': {}}, tmp_path / 'own.pth')
    convert(str(tmp_path / 'own.pth'), str(tmp_path / 'pair.pth'), 'openai')
    theirs = open_clip.CLIP(**ARCH)
    open_clip.load_checkpoint(theirs, str(tmp_path / 'pair.pth'))
    assert theirs.logit_scale.item() == 2.5


def test_a_timm_vit_becomes_an_image_tower_of_ours(tmp_path):
    import timm

    vit = timm.create_model('test_vit', num_classes=10)
    torch.save(vit.state_dict(), tmp_path / 'vit.pth')
    said = convert(str(tmp_path / 'vit.pth'), str(tmp_path / 'ours.pth'))
    assert 'left out: head.bias, head.weight (2 in all)' in said
    state = read_file(tmp_path / 'ours.pth')['state_dict']
    assert {key.split('.')[2] for key in state} >= {'trunk'}
    with pytest.raises(WeightsError, match=r'vit\.pth holds no text tower'):
        convert(str(tmp_path / 'vit.pth'), str(tmp_path / 'pair.pth'), 'openai')
    assert not (tmp_path / 'pair.pth').exists()


def test_a_file_without_a_known_tower_is_refused(tmp_path):
    torch.save({'conv1.weight': torch.ones(1)}, tmp_path / 'other.pth')
    with pytest.raises(WeightsError, match=r'known: CLEF-MM, FaRL, OpenAI CLIP'):
        convert(str(tmp_path / 'other.pth'), str(tmp_path / 'a.pth'))


def test_another_ending_is_refused(farl, tmp_path):
    with pytest.raises(WeightsError, match=r'a\.bin: weights are written to'):
        convert(str(farl), str(tmp_path / 'a.bin'))


def test_a_converted_clip_is_tested_at_its_own_temperature(farl, tmp_path):
    target = tmp_path / 'ours.pth'
    assert 'logit_scale' not in convert(str(farl), str(target))
    assert read_file(target)['state_dict']['logit_scale'] == 3.5
