"""Names and sizes of image-text pairs."""

import open_clip
import pytest

from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder
from clef_mm.models.encoders.architecture import resolve


def test_a_name_is_resolved_by_open_clip():
    sizes = resolve('ViT-B-16-quickgelu')
    assert sizes == open_clip.get_model_config('ViT-B-16-quickgelu')
    assert sizes['quick_gelu'] is True
    vision, text = sizes['vision_cfg'], sizes['text_cfg']
    assert (vision['layers'], vision['width'], vision['patch_size']) == (12, 768, 16)
    assert (text['layers'], text['width'], text['heads']) == (12, 512, 8)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"no model 'ViT-B-16-quickgel'; did you mean"):
        resolve('ViT-B-16-quickgel')


def test_a_dict_is_taken_as_it_is_but_not_handed_on(arch):
    sizes = resolve(arch)
    assert sizes == arch
    sizes['embed_dim'] = 7
    assert arch['embed_dim'] == 16


def test_a_misspelt_key_is_refused_instead_of_changing_the_activation(arch):
    arch['quickgelu'] = arch.pop('quick_gelu')
    with pytest.raises(ValueError, match=r"no 'quickgelu'.*mean 'quick_gelu'"):
        resolve(arch)


def test_a_dict_without_embed_dim_is_refused(arch):
    del arch['embed_dim']
    with pytest.raises(ValueError, match=r"needs 'embed_dim', got only \['quick"):
        resolve(arch)


@pytest.mark.parametrize(
    ('encoder', 'section'),
    [(OpenCLIPImageEncoder, 'vision_cfg'), (OpenCLIPTextEncoder, 'text_cfg')],
)
def test_a_tower_without_its_section_says_which(arch, encoder, section):
    del arch[section]
    with pytest.raises(ValueError, match=f"no '{section}', only"):
        encoder(arch)


def test_one_section_is_enough_for_one_tower(arch):
    images = {key: arch[key] for key in ('embed_dim', 'vision_cfg')}
    texts = {key: arch[key] for key in ('embed_dim', 'text_cfg')}
    assert OpenCLIPImageEncoder(images).embed_dim == 16
    assert OpenCLIPTextEncoder(texts).embed_dim == 16
