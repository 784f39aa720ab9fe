"""Blocks that are computed twice give the same features and gradients."""

import logging

import pytest
import torch

from clef_mm.errors import UserError
from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder

TIMM = {
    'embed_dim': 192,
    'vision_cfg': {
        'timm_model_name': 'vit_tiny_patch16_224',
        'image_size': 32,
        'timm_pool': 'token',
        'timm_proj': 'none',
        'timm_drop': 0.2,
        'timm_drop_path': 0.2,
    },
}
RESNET = {
    'embed_dim': 8,
    'vision_cfg': {'image_size': 32, 'layers': [1, 1, 1, 1], 'width': 8},
}
TEXTS = ['a person', 'a person with raised brows']


def step(kind, arch, gradient_checkpointing):
    """Return what a training step computes, and how often it runs a block."""
    torch.manual_seed(0)
    encoder = kind(arch, gradient_checkpointing=gradient_checkpointing).train()
    runs = []
    tower = getattr(encoder.tower, 'trunk', encoder.tower)
    blocks = tower.blocks if hasattr(tower, 'blocks') else tower.transformer.resblocks
    blocks[0].register_forward_pre_hook(lambda *_: runs.append(1))
    torch.manual_seed(1)  # of dropout
    if kind is OpenCLIPTextEncoder:
        features = encoder.encode(TEXTS)
    else:
        features = encoder(torch.randn(3, 3, encoder.image_size, encoder.image_size))
    (features**2).sum().backward()
    after = torch.rand(1)  # dropout drew as many random numbers
    gradients = [weight.grad for weight in encoder.parameters()]
    return [features.detach(), after, *gradients], len(runs)


@pytest.mark.parametrize('tower', ['image', 'text', 'timm, with dropout'])
def test_gradients_are_the_same_and_blocks_run_twice(tower, arch):
    kind = OpenCLIPTextEncoder if tower == 'text' else OpenCLIPImageEncoder
    sizes = TIMM if tower.startswith('timm') else arch
    kept, once = step(kind, sizes, False)
    computed, twice = step(kind, sizes, True)
    assert (once, twice) == (1, 2)
    for first, second in zip(kept, computed, strict=True):
        assert torch.equal(first, second)
        assert first.abs().max() > 0


def test_dropout_takes_part(arch):
    plain = {**TIMM, 'vision_cfg': {**TIMM['vision_cfg'], 'timm_drop_path': 0.0}}
    plain['vision_cfg']['timm_drop'] = 0.0
    assert not torch.equal(
        step(OpenCLIPImageEncoder, TIMM, True)[0][0],
        step(OpenCLIPImageEncoder, plain, True)[0][0],
    )


@pytest.mark.parametrize('kind', [OpenCLIPImageEncoder, OpenCLIPTextEncoder])
def test_tests_compute_once_and_the_weights_are_named_alike(kind, arch):
    plain, checkpointed = kind(arch), kind(arch, gradient_checkpointing=True)
    assert list(plain.state_dict()) == list(checkpointed.state_dict())
    assert plain.settings == checkpointed.settings


def test_a_tower_that_cannot_is_refused(caplog):
    with (
        caplog.at_level(logging.WARNING),
        pytest.raises(UserError, match=r'ModifiedResNet .*accumulative_counts'),
    ):
        OpenCLIPImageEncoder(RESNET, gradient_checkpointing=True)
    assert not caplog.records
