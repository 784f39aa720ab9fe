"""Another image size: the same numbers as open_clip's and timm's own resizing."""

import copy
from types import SimpleNamespace

import open_clip
import pytest
import timm
import torch
from open_clip.model import resize_pos_embed
from timm.layers import resample_abs_pos_embed

from clef_mm.models.encoders import OpenCLIPImageEncoder
from clef_mm.models.encoders.position_embedding import interpolate
from clef_mm.models.encoders.weights import WeightsError


def resized_by_open_clip(embedding, grid):
    state = {'visual.positional_embedding': embedding}
    resize_pos_embed(
        state, SimpleNamespace(visual=SimpleNamespace(grid_size=(grid, grid)))
    )
    return state['visual.positional_embedding']


@pytest.mark.parametrize(('side', 'grid'), [(14, 7), (7, 14), (14, 24), (2, 3), (5, 1)])
def test_same_as_open_clip_and_timm(side, grid):
    embedding = torch.randn(1 + side**2, 6)
    ours = interpolate(embedding, (grid, grid), extra=1)
    assert ours.shape == (1 + grid**2, 6)
    torch.testing.assert_close(ours, resized_by_open_clip(embedding, grid))
    batched = interpolate(embedding[None], (grid, grid), extra=1)
    torch.testing.assert_close(
        batched, resample_abs_pos_embed(embedding[None], [grid, grid])
    )
    assert torch.equal(ours[0], embedding[0])  # the class token is no patch


def test_a_constant_stays_constant_and_a_ramp_a_ramp():
    flat = interpolate(torch.full((1 + 16, 2), 0.5), (6, 6), extra=1)
    torch.testing.assert_close(flat, torch.full((37, 2), 0.5))
    ramp = torch.arange(8.0).repeat(8, 1).reshape(64, 1)
    wider = interpolate(ramp, (8, 16), extra=0).reshape(8, 16)
    middle = wider[:, 4:12]  # cubic, so exact for a line away from the borders
    torch.testing.assert_close(middle.diff(dim=1), torch.full((8, 7), 0.5))
    torch.testing.assert_close(wider, wider[:1].expand(8, 16))


def test_half_precision_stays_half():
    embedding = torch.randn(17, 4).half()
    resized = interpolate(embedding, (3, 3), extra=1)
    assert resized.dtype == torch.float16
    exact = interpolate(embedding.float(), (3, 3), extra=1)
    torch.testing.assert_close(resized.float(), exact, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize('length', [1, 2 + 1 + 4, 1 + 12])
def test_what_is_no_square_of_patches_is_left_to_be_refused(length):
    embedding = torch.randn(length, 4)
    assert interpolate(embedding, (3, 3), extra=1) is embedding


@pytest.mark.parametrize('size', [24, 8, 40])
def test_a_tower_for_other_images_is_that_of_open_clip(tmp_path, arch, size):
    trained = open_clip.CLIP(**arch).eval()
    torch.nn.init.normal_(trained.visual.positional_embedding)
    torch.save(trained.state_dict(), tmp_path / 'pair.pth')
    arch['vision_cfg']['image_size'] = size
    theirs = open_clip.CLIP(**copy.deepcopy(arch)).eval()
    open_clip.load_checkpoint(theirs, str(tmp_path / 'pair.pth'))
    ours = OpenCLIPImageEncoder(arch).eval()
    ours.load(trained.state_dict(), 'pair.pth')
    images = torch.randn(2, 3, size, size)
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs.encode_image(images))


def test_it_is_said(arch, monkeypatch):
    from clef_mm.models.encoders import weights

    said = []
    monkeypatch.setattr(weights, 'print_log', lambda text, logger: said.append(text))
    trained = OpenCLIPImageEncoder(arch)
    state = {f'visual.{k}': v for k, v in trained.tower.state_dict().items()}
    OpenCLIPImageEncoder(arch).load(state, 'pair.pth')
    assert said == []
    arch['vision_cfg']['image_size'] = 24
    OpenCLIPImageEncoder(arch).load(state, 'pair.pth')
    assert said == [
        'pair.pth (image tower): positional_embedding interpolated from (5, 16) to '
        '(10, 16) for images of another size'
    ]


@pytest.mark.parametrize('size', [16, 64, 96])
def test_a_timm_tower_for_other_images_is_that_of_timm(size):
    trained = timm.create_model('test_vit', img_size=32, global_pool='token').eval()
    for parameter in trained.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    vision = {'timm_model_name': 'test_vit', 'timm_pool': 'token', 'timm_proj': 'none'}
    arch = {'embed_dim': 64, 'vision_cfg': {**vision, 'image_size': size}}
    ours = OpenCLIPImageEncoder(arch).eval()
    ours.load(trained.state_dict(), 'vit.pth')
    assert ours.tower.trunk.patch_embed.grid_size == (size // 16, size // 16)
    trained.set_input_size(size)
    images = torch.randn(2, 3, size, size)
    with torch.no_grad():
        expected = trained.forward_head(
            trained.forward_features(images), pre_logits=True
        )
        torch.testing.assert_close(ours(images), expected)


def test_another_width_is_refused_not_resized(arch):
    state = OpenCLIPImageEncoder(arch).tower.state_dict()
    state = {f'visual.{key}': value for key, value in state.items()}
    state['visual.positional_embedding'] = torch.zeros(10, 8)
    with pytest.raises(WeightsError, match=r'positional_embedding \(5, 8\) instead'):
        OpenCLIPImageEncoder(arch).load(state, 'pair.pth')


def test_a_longer_context_of_texts_is_refused(arch):
    """Words have no size: their positions are not interpolated."""
    from clef_mm.models.encoders import OpenCLIPTextEncoder

    state = OpenCLIPTextEncoder(arch).tower.state_dict()
    arch['text_cfg']['context_length'] = 26
    state = {f'text.{key}': value for key, value in state.items()}
    with pytest.raises(WeightsError, match=r'positional_embedding \(77, 16\) instead'):
        OpenCLIPTextEncoder(arch).load(state, 'pair.pth')
