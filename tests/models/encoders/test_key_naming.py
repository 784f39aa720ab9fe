"""Each naming, written from known tensors, gives what its own library computes."""

import importlib

import open_clip
import pytest
import timm
import torch
from mmengine.registry import DefaultScope

from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder
from clef_mm.models.encoders.key_naming import naming_of, split_towers, state_of
from clef_mm.models.encoders.weights import WeightsError, read_file

IMAGES = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
TEXTS = ['a photo of a person with brow lowerer', 'smile']


@pytest.fixture
def trained(arch):
    """A pair of open_clip's, other than what a test builds."""
    torch.manual_seed(7)
    return open_clip.CLIP(**arch).eval()


def below(prefix, state):
    return {f'{prefix}{key}': value for key, value in state.items()}


def split(state):
    """Tell the weights of the image tower and of the text tower apart."""
    image = {k.removeprefix('visual.'): v for k, v in state.items() if 'visual.' in k}
    text = {k: v for k, v in state.items() if 'visual.' not in k and k != 'logit_scale'}
    return image, text


def farl(state):
    """What FaRL's release holds: OpenAI's keys, and its head for masked images."""
    head = {
        'visual.mask_token': torch.zeros(16),
        'visual.lm_transformer.resblocks.0.ln_1.weight': torch.zeros(16),
        'visual.ln_lm.weight': torch.zeros(16),
        'visual.lm_head.weight': torch.zeros(32, 16),
    }
    return {'state_dict': {**state, **head}}


def openai(state):
    """OpenAI's own files hold three sizes beside the weights."""
    sizes = ('input_resolution', 'context_length', 'vocab_size')
    return {**state, **{name: torch.tensor(1) for name in sizes}}


def apart(state):
    image, text = split(state)
    scale = {'logit_scale': torch.tensor(1.0)}
    return {**below('visual.', image), **below('text.', text), **scale}


def own(state):
    image, text = split(state)
    state = {
        **below('image_encoder.tower.', image),
        **below('text_encoder.tower.', text),
        'logit_scale.log': torch.tensor(1.0),
        'head.weight': torch.zeros(2),
    }
    return {'state_dict': state, 'meta': {'epoch': 5}, 'message_hub': {}}


def of_several_processes(state):
    return {'state_dict': below('module.', state), 'epoch': 3, 'optimizer': {}}


CLIP_NAMINGS = {
    'open_clip': (dict, of_several_processes),
    'open_clip, text tower apart': (apart,),
    'OpenAI CLIP': (openai,),
    'FaRL': (farl,),
    'CLEF-MM': (own,),
}
WRITERS = [(n, w) for n, writers in CLIP_NAMINGS.items() for w in writers]


@pytest.mark.parametrize(('name', 'write'), WRITERS)
def test_every_clip_naming_gives_the_features_of_the_pair(
    tmp_path, arch, trained, name, write
):
    """And each is known by its name."""
    file = tmp_path / 'pair.pth'
    torch.save(write(trained.state_dict()), file)
    content = read_file(file)
    assert naming_of(state_of(content)).name == name
    images, texts = OpenCLIPImageEncoder(arch), OpenCLIPTextEncoder(arch)
    images.load(content, 'pair.pth')
    texts.load(content, 'pair.pth')
    tokens = open_clip.SimpleTokenizer(context_length=77)(TEXTS)
    with torch.no_grad():
        assert torch.equal(images.eval()(IMAGES), trained.encode_image(IMAGES))
        torch.testing.assert_close(
            texts.eval().encode(TEXTS), trained.encode_text(tokens)
        )


@pytest.mark.parametrize(
    ('write', 'kind'),
    [
        (dict, open_clip.CLIP),
        (dict, open_clip.CustomTextCLIP),
        (of_several_processes, open_clip.CLIP),
        (of_several_processes, open_clip.CustomTextCLIP),
        (apart, open_clip.CustomTextCLIP),
    ],
)
def test_same_as_open_clips_own_loading(tmp_path, arch, trained, write, kind):
    torch.save(write(trained.state_dict()), tmp_path / 'pair.pth')
    theirs = kind(**arch).eval()
    open_clip.load_checkpoint(theirs, str(tmp_path / 'pair.pth'))
    content = read_file(tmp_path / 'pair.pth')
    images, texts = OpenCLIPImageEncoder(arch), OpenCLIPTextEncoder(arch)
    images.load(content, 'pair.pth')
    texts.load(content, 'pair.pth')
    tokens = open_clip.SimpleTokenizer(context_length=77)(TEXTS)
    with torch.no_grad():
        assert torch.equal(images.eval()(IMAGES), theirs.encode_image(IMAGES))
        torch.testing.assert_close(
            texts.eval().encode(TEXTS), theirs.encode_text(tokens)
        )


def test_towers_share_no_key_and_lose_none(trained):
    state = farl(trained.state_dict())['state_dict']
    towers = split_towers(state)
    image, text = split(trained.state_dict())
    assert towers.image.keys() == image.keys()
    assert towers.text.keys() == text.keys()
    assert len(towers.rest) == len(state) - len(image) - len(text) == 5


def test_a_key_that_nobody_knows_is_refused_by_name(arch, trained):
    state = {**trained.state_dict(), 'ema.decay': torch.zeros(1)}
    with pytest.raises(WeightsError, match=r'1 unexpected \(ema\.decay\)'):
        OpenCLIPTextEncoder(arch).load(state, 'bad.pth')


def test_no_naming_is_guessed():
    towers = split_towers({'conv1.weight': torch.zeros(1)})
    assert towers.naming is None
    assert (towers.image, towers.text) == ({}, {})
    assert list(towers.rest) == ['conv1.weight']


# ImageNet ViTs


VIT = {
    'embed_dim': 64,
    'vision_cfg': {
        'timm_model_name': 'test_vit',
        'timm_pool': 'token',
        'timm_proj': 'none',
        'image_size': 32,
    },
}
FACES = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def vit():
    """timm's classifier of 10 classes, as one trained on ImageNet."""
    torch.manual_seed(8)
    model = timm.create_model(
        'test_vit', num_classes=10, img_size=32, global_pool='token'
    ).eval()
    for parameter in model.parameters():  # biases and norms are trivial at first
        torch.nn.init.normal_(parameter, std=0.2)
    return model


@pytest.mark.parametrize(
    'wrap',
    [
        dict,
        lambda state: {'model': state, 'epoch': 3},  # DeiT, MAE
        lambda state: {'state_dict': below('module.', state)},
        lambda state: {**state, 'pre_logits.fc.weight': torch.zeros(1)},  # 21k
    ],
)
def test_a_timm_file_gives_the_class_token_without_the_classifier(vit, wrap):
    encoder = OpenCLIPImageEncoder(VIT)
    encoder.load(wrap(vit.state_dict()), 'vit.pth')
    with torch.no_grad():
        features = encoder.eval()(FACES)
        assert features.shape == (2, encoder.embed_dim) == (2, 64)
        expected = vit.forward_head(vit.forward_features(FACES), pre_logits=True)
    torch.testing.assert_close(features, expected)


def test_an_mmpretrain_file_gives_the_class_token(tmp_path):
    """Saved by mmpretrain's own classifier, compared with its own backbone."""
    mmpretrain = importlib.import_module('mmpretrain.models')
    torch.manual_seed(9)
    sizes = {'embed_dims': 64, 'num_layers': 6, 'num_heads': 2}
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        classifier = mmpretrain.ImageClassifier(
            backbone=dict(
                type='VisionTransformer',
                arch={**sizes, 'feedforward_channels': 192},
                img_size=32,
                patch_size=16,
            ),
            head=dict(type='VisionTransformerClsHead', num_classes=10, in_channels=64),
        ).eval()
    for parameter in classifier.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    torch.save(
        {'state_dict': classifier.state_dict(), 'meta': {}}, tmp_path / 'vit.pth'
    )
    content = read_file(tmp_path / 'vit.pth')
    assert naming_of(content['state_dict']).name == 'mmpretrain ViT'
    encoder = OpenCLIPImageEncoder(VIT)
    encoder.load(content, 'vit.pth')
    with torch.no_grad():
        expected = classifier.backbone(FACES)[-1]
        torch.testing.assert_close(encoder.eval()(FACES), expected)


def mmpretrain_names(state):
    """timm's keys as mmpretrain spells them, written independently of the table."""
    spelt = {
        'blocks': 'layers',
        'norm1': 'ln1',
        'norm2': 'ln2',
        'mlp.fc1': 'ffn.layers.0.0',
        'mlp.fc2': 'ffn.layers.1',
        'patch_embed.proj': 'patch_embed.projection',
    }
    named = {}
    for key, value in state.items():
        for ours, theirs in spelt.items():
            key = key.replace(ours, theirs)
        if key.startswith('norm.'):
            key = key.replace('norm.', 'ln1.')
        if key.startswith('fc_norm.'):
            key = key.replace('fc_norm.', 'ln2.')
        if key.startswith('head.'):
            key = key.replace('head.', 'head.layers.head.')
        named[key] = value
    return named


@pytest.mark.parametrize('prefix', ['', 'backbone.'])
def test_mmpretrain_names_with_and_without_a_classifier(vit, prefix):
    state = mmpretrain_names(vit.state_dict())
    backbone = {k: v for k, v in state.items() if not k.startswith('head.')}
    head = {k: v for k, v in state.items() if k.startswith('head.')}
    encoder = OpenCLIPImageEncoder(VIT)
    encoder.load({'state_dict': {**below(prefix, backbone), **head}}, 'vit.pth')
    for key, value in encoder.tower.trunk.state_dict().items():
        assert torch.equal(value, vit.state_dict()[key]), key


def test_a_vit_that_averages_patches(vit):
    arch = {**VIT, 'vision_cfg': {**VIT['vision_cfg'], 'timm_pool': 'avg'}}
    trained = timm.create_model('test_vit', img_size=32, global_pool='avg')
    for write in (dict, mmpretrain_names):
        encoder = OpenCLIPImageEncoder(arch)
        encoder.load(write(trained.state_dict()), 'vit.pth')
        for key, value in encoder.tower.trunk.state_dict().items():
            assert torch.equal(value, trained.state_dict()[key]), key


def test_a_vit_does_not_fit_a_tower_of_open_clips_own(arch, vit):
    with pytest.raises(WeightsError, match=r"timm ViT.*timm_model_name='vit_base_"):
        OpenCLIPImageEncoder(arch).load(vit.state_dict(), 'vit.pth')


def test_a_vit_has_no_text_tower(arch, vit):
    with pytest.raises(WeightsError, match=r'vit\.pth \(text tower\).*missing'):
        OpenCLIPTextEncoder(arch).load(vit.state_dict(), 'vit.pth')


def test_a_vit_with_layers_that_the_tower_lacks_is_refused(vit):
    state = {**vit.state_dict(), 'norm_pre.weight': torch.zeros(64)}
    with pytest.raises(WeightsError, match=r'1 unexpected \(trunk\.norm_pre\.weight\)'):
        OpenCLIPImageEncoder(VIT).load(state, 'vit.pth')


def test_the_vit_of_table_4_is_an_arch(monkeypatch):
    """timm's ViT-B/16, one layer of it to be quick: 768 numbers of the class token."""
    build = timm.create_model
    monkeypatch.setattr(timm, 'create_model', lambda *a, **k: build(*a, depth=1, **k))
    arch = {
        'embed_dim': 768,
        'vision_cfg': {
            'timm_model_name': 'vit_base_patch16_224',
            'timm_pool': 'token',
            'timm_proj': 'none',
        },
    }
    encoder = OpenCLIPImageEncoder(arch).eval()
    theirs = build('vit_base_patch16_224', depth=1, num_classes=1000).eval()
    encoder.load(theirs.state_dict(), 'vit.pth')
    images = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        expected = theirs.forward_features(images)[:, 0]
        torch.testing.assert_close(encoder(images), expected)
    assert encoder.image_size == 224
