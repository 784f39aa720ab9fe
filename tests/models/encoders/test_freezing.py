"""A frozen part keeps its weights and its statistics; the rest is trained."""

import copy

import pytest
import torch
from mmengine.model import convert_sync_batchnorm
from torch import nn

from clef_mm.errors import UserError
from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder

TEXTS = ['a person', 'a person with raised brows']
RESNET = {
    'embed_dim': 8,
    'vision_cfg': {'timm_model_name': 'test_resnet', 'image_size': 32},
}


def trained(encoder, forward):
    """Train a step and return the names of the tensors that are other than before."""
    before = copy.deepcopy(encoder.tower.state_dict())
    # Decay moves whatever the optimizer touches, a gradient of zero included.
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=0.1, weight_decay=0.1)
    (forward(encoder) ** 2).sum().backward()
    optimizer.step()
    after = encoder.tower.state_dict()
    return {name for name in after if not torch.equal(before[name], after[name])}


def test_frozen_tokens_are_kept_and_the_rest_learns(arch):
    encoder = OpenCLIPTextEncoder(arch, frozen=['token_embedding']).train()
    changed = trained(encoder, lambda encoder: encoder.encode(TEXTS))
    assert set(encoder.tower.state_dict()) - changed == {'token_embedding.weight'}


def test_gradients_of_the_rest_are_those_of_the_whole(arch):
    gradients = []
    for frozen in ((), ('token_embedding', 'transformer.resblocks.0')):
        torch.manual_seed(0)
        encoder = OpenCLIPTextEncoder(arch, frozen=frozen)
        (encoder.encode(TEXTS) ** 2).sum().backward()
        gradients.append(
            {name: weight.grad for name, weight in encoder.tower.named_parameters()}
        )
    whole, rest = gradients
    kept = {name for name, gradient in rest.items() if gradient is not None}
    assert whole.keys() - kept == {
        name
        for name in whole
        if name.startswith(('token_embedding', 'transformer.resblocks.0'))
    }
    assert all(torch.equal(whole[name], rest[name]) for name in kept)


def test_frozen_batch_norm_keeps_its_statistics_in_training():
    encoder = OpenCLIPImageEncoder(RESNET, frozen=['trunk']).train()
    images = torch.randn(4, 3, 32, 32)
    changed = trained(encoder, lambda encoder: encoder(images))
    assert changed
    assert all(name.startswith('head') for name in changed)
    trunk = copy.deepcopy(encoder).train().tower.trunk  # as a moving average copies it
    assert not any(module.training for module in trunk.modules())


def test_the_whole_tower_may_be_frozen(arch):
    encoder = OpenCLIPImageEncoder(arch, frozen=['']).train()
    assert not any(weight.requires_grad for weight in encoder.parameters())
    assert encoder.training
    assert not encoder.tower.training


def test_frozen_batch_norm_keeps_its_statistics_when_processes_share_theirs():
    encoder = OpenCLIPImageEncoder(RESNET, frozen=['trunk.bn1'])
    encoder = convert_sync_batchnorm(encoder, 'torch').train()  # as sync_bn='torch'
    assert isinstance(encoder.tower.trunk.bn1, nn.SyncBatchNorm)
    assert not encoder.tower.trunk.bn1.training
    assert encoder.tower.trunk.layer1[0].bn1.training


def test_an_unknown_part_is_refused_with_those_that_exist(arch):
    with pytest.raises(UserError, match=r'no part .*token_embedding, transformer'):
        OpenCLIPTextEncoder(arch, frozen=['tokens'])


@pytest.mark.parametrize('frozen', ['', 'tokens', None, [None], [['tokens']]])
def test_names_that_are_no_list_are_refused(arch, frozen):
    with pytest.raises(UserError, match=r'frozen.* is .*, not .*give names'):
        OpenCLIPTextEncoder(arch, frozen=frozen)
