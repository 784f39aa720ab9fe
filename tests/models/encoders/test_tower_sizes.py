"""Sizes read off weights are those that the tower was built with."""

import open_clip
import pytest
import timm
import torch

from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder
from clef_mm.models.encoders.tower_sizes import tower_sizes


@pytest.mark.parametrize(('size', 'patch', 'layers'), [(16, 8, 2), (48, 8, 1)])
def test_a_vit_of_open_clip(arch, size, patch, layers):
    arch['embed_dim'] = 24
    arch['vision_cfg'].update(image_size=size, patch_size=patch, layers=layers)
    tower = OpenCLIPImageEncoder(arch).tower
    assert tower_sizes(tower.state_dict()) == {
        'weights': sum(parameter.numel() for parameter in tower.parameters()),
        'dtypes': ['float32'],
        'layers': layers,
        'width': 16,
        'patch_size': patch,
        'image_size': size,
        'features': 24,
    }


def test_a_vit_of_timm():
    model = timm.create_model('test_vit', img_size=64, num_classes=0)
    found = tower_sizes({f'trunk.{k}': v for k, v in model.state_dict().items()})
    assert found == {
        'weights': sum(parameter.numel() for parameter in model.parameters()),
        'dtypes': ['float32'],
        'layers': 6,
        'width': 64,
        'patch_size': 16,
        'image_size': 64,
    }


def test_a_text_tower(arch):
    arch['text_cfg']['layers'] = 12  # two digits
    state = OpenCLIPTextEncoder(arch).tower.state_dict()
    state['ln_final.bias'] = state['ln_final.bias'].half()
    found = tower_sizes(state)
    del found['weights']
    assert found == {
        'dtypes': ['float16', 'float32'],
        'layers': 12,
        'width': 16,
        'context_length': 77,
        'vocabulary': 49408,
        'features': 16,
    }


def test_of_another_tower_only_its_weights_are_counted():
    model = timm.create_model('test_resnet', num_classes=0)
    found = tower_sizes({f'trunk.{k}': v for k, v in model.state_dict().items()})
    running = sum(
        value.numel() for name, value in model.named_buffers() if 'running' in name
    )
    weights = sum(parameter.numel() for parameter in model.parameters())
    assert found == {'weights': weights + running, 'dtypes': ['float32']}


def test_the_sizes_of_clip_itself():
    """Shapes alone: nothing is allocated."""
    with torch.device('meta'):
        clip = open_clip.CLIP(**open_clip.get_model_config('ViT-B-16-quickgelu'))
    state = clip.visual.state_dict()
    found = tower_sizes(state)
    assert found['weights'] == 86_192_640  # the 86 M of ViT-B/16
    assert (found['layers'], found['image_size'], found['features']) == (12, 224, 512)
