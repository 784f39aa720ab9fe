"""The image tower is open_clip's own."""

import open_clip
import pytest
import torch
from open_clip.transformer import QuickGELU
from torch import nn

from clef_mm.models.encoders import OpenCLIPImageEncoder

IMAGES = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def test_features_are_those_of_open_clip(arch):
    encoder = OpenCLIPImageEncoder(arch)
    theirs = open_clip.CLIP(**arch).visual
    theirs.load_state_dict(encoder.tower.state_dict())
    features = encoder(IMAGES)
    assert features.shape == (3, encoder.embed_dim) == (3, 16)
    torch.testing.assert_close(features, theirs(IMAGES))


def test_sizes_and_activation_of_the_name_that_people_type(monkeypatch):
    arch = open_clip.get_model_config('ViT-B-16-quickgelu')
    arch['vision_cfg']['layers'] = 1
    monkeypatch.setattr(open_clip, 'get_model_config', lambda name: arch)
    encoder = OpenCLIPImageEncoder('ViT-B-16-quickgelu')
    assert (encoder.embed_dim, encoder.image_size) == (512, 224)
    found = [m for m in encoder.modules() if isinstance(m, QuickGELU | nn.GELU)]
    assert [type(m) for m in found] == [QuickGELU]


def test_image_size_is_open_clips_own_where_none_is_given(arch):
    del arch['vision_cfg']['image_size']
    encoder = OpenCLIPImageEncoder(arch)
    assert encoder.image_size == 224
    assert encoder(torch.zeros(1, 3, 224, 224)).shape == (1, 16)


@pytest.mark.parametrize('name', ['test_resnet', 'test_vit'])
def test_a_timm_tower(arch, name):
    arch['vision_cfg'] = {'timm_model_name': name, 'image_size': 32}
    encoder = OpenCLIPImageEncoder(arch)
    assert encoder(torch.randn(2, 3, 32, 32)).shape == (2, 16)


def test_channels_last_is_a_layout_not_another_function(arch):
    arch['vision_cfg'] = {'timm_model_name': 'test_resnet', 'image_size': 32}
    plain = OpenCLIPImageEncoder(arch).eval()
    last = OpenCLIPImageEncoder(arch, channels_last=True).eval()
    last.load_state_dict(plain.state_dict())
    images = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(last(images), plain(images), rtol=1e-4, atol=1e-5)
    kernels = [m.weight for m in last.modules() if isinstance(m, nn.Conv2d)]
    assert all(k.is_contiguous(memory_format=torch.channels_last) for k in kernels)


def test_only_the_image_tower_is_held(arch):
    names = {
        name.split('.')[0] for name, _ in OpenCLIPImageEncoder(arch).named_parameters()
    }
    assert names == {'tower'}
    assert not hasattr(OpenCLIPImageEncoder(arch), 'init_weights')  # see the class
