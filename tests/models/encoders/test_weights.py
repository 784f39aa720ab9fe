"""Files of tower weights: three namings, and everything that does not fit refused."""

import os
import shutil

import open_clip
import pytest
import torch

from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder
from clef_mm.models.encoders.weights import (
    WeightsError,
    load_exactly,
    newest_checkpoint,
    read_file,
)


@pytest.fixture
def pair(arch):
    return OpenCLIPImageEncoder(arch), OpenCLIPTextEncoder(arch)


@pytest.fixture
def openai(arch):
    """Weights in OpenAI's naming, of a pair other than that of the test."""
    torch.manual_seed(7)
    return open_clip.CLIP(**arch).state_dict()


def below(prefix, state):
    return {f'{prefix}{key}': value for key, value in state.items()}


def farl(state):
    """What FaRL's release holds: OpenAI's keys, and its masked-image head."""
    head = {
        'visual.mask_token': torch.zeros(16),
        'visual.lm_transformer.resblocks.0.ln_1.weight': torch.zeros(16),
        'visual.ln_lm.weight': torch.zeros(16),
        'visual.lm_head.weight': torch.zeros(32, 16),
    }
    return {'state_dict': {**state, **head}}


def official(state):
    """OpenAI's own files hold three sizes beside the weights."""
    sizes = ('input_resolution', 'context_length', 'vocab_size')
    return {**state, **{name: torch.tensor(1) for name in sizes}}


def split(state):
    """Tell the weights of the image tower and of the text tower apart."""
    image = {k.removeprefix('visual.'): v for k, v in state.items() if 'visual.' in k}
    text = {k: v for k, v in state.items() if 'visual.' not in k and k != 'logit_scale'}
    return image, text


def custom(state):
    image, text = split(state)
    return {**below('visual.', image), **below('text.', text), 'logit_scale': 1.0}


def own(state):
    image, text = split(state)
    state = {
        **below('image_encoder.tower.', image),
        **below('text_encoder.tower.', text),
        'logit_scale.log': torch.tensor(1.0),
    }
    return {'state_dict': state, 'meta': {'epoch': 5}, 'message_hub': {}}


def of_ddp(state):
    return {'state_dict': below('module.', state), 'epoch': 3}


@pytest.mark.parametrize('naming', [dict, farl, official, custom, own, of_ddp])
def test_every_naming_fills_both_towers(tmp_path, pair, openai, naming):
    torch.save(naming(openai), tmp_path / 'pair.pth')
    content = read_file(tmp_path / 'pair.pth')
    for encoder, expected in zip(pair, split(openai), strict=True):
        assert any(
            not torch.equal(value, expected[key])
            for key, value in encoder.tower.state_dict().items()
        )
        encoder.load(content, 'pair.pth')
        loaded = encoder.tower.state_dict()
        assert set(loaded) == set(expected)
        for key, value in loaded.items():
            assert torch.equal(value, expected[key]), key


def test_half_precision_files_load_into_float32(pair, openai):
    pair[0].load({key: value.half() for key, value in openai.items()}, 'half.pth')
    weights = pair[0].tower.state_dict()
    assert weights['proj'].dtype == torch.float32
    assert torch.equal(weights['proj'], openai['visual.proj'].half().float())


@pytest.mark.parametrize('naming', [farl, official])
@pytest.mark.parametrize('kind', [OpenCLIPImageEncoder, OpenCLIPTextEncoder])
def test_quick_gelu_weights_are_refused_by_a_gelu_tower(arch, openai, naming, kind):
    arch['quick_gelu'] = False
    with pytest.raises(WeightsError, match=r'x\.pth.*trained with QuickGELU.*has GELU'):
        kind(arch).load(naming(openai), 'x.pth')


def test_open_clips_own_gelu_files_load_into_a_gelu_tower(arch):
    arch['quick_gelu'] = False
    state = open_clip.CLIP(**arch).state_dict()
    encoder = OpenCLIPImageEncoder(arch)
    encoder.load(state, 'laion.pth')
    assert torch.equal(encoder.tower.proj, state['visual.proj'])


def test_missing_unexpected_and_misshapen_keys_are_named(pair, openai):
    state = dict(openai)
    del state['visual.ln_pre.weight']
    state['visual.extra.bias'] = torch.zeros(1)
    state['visual.proj'] = torch.zeros(16, 9)
    before = {k: v.clone() for k, v in pair[0].tower.state_dict().items()}
    with pytest.raises(WeightsError) as caught:
        pair[0].load(state, 'bad.pth')
    assert str(caught.value) == (
        'bad.pth (image tower) does not fit VisionTransformer: '
        '1 missing (ln_pre.weight); 1 unexpected (extra.bias); '
        '1 of another shape (proj (16, 9) instead of (16, 16))'
    )
    for key, value in pair[0].tower.state_dict().items():
        assert torch.equal(value, before[key])  # nothing was half loaded


def test_a_text_key_that_is_left_over_is_named(pair, openai):
    with pytest.raises(WeightsError, match=r'1 unexpected \(ema\.decay\)'):
        pair[1].load({**openai, 'ema.decay': torch.zeros(1)}, 'bad.pth')


def test_long_lists_of_keys_are_cut(pair):
    with pytest.raises(WeightsError, match=r'missing \(.*, .* and \d+ more\)'):
        pair[1].load({'state_dict': {}}, 'empty.pth')


def test_an_image_only_checkpoint_does_not_pass_for_a_pair(pair, openai):
    state = own(openai)['state_dict']
    images = {k: v for k, v in state.items() if k.startswith('image_')}
    pair[0].load({'state_dict': images}, 'images.pth')
    with pytest.raises(WeightsError, match=r'images\.pth \(text tower\).*missing'):
        pair[1].load({'state_dict': images}, 'images.pth')


def test_load_exactly_takes_what_fits():
    source, target = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    load_exactly(target, source.state_dict(), 'here')
    assert torch.equal(target.weight, source.weight)
    with pytest.raises(
        WeightsError, match=r'here does not fit Linear: 1 missing \(bias\)'
    ):
        load_exactly(target, {'weight': source.weight}, 'here')


# Files that cannot be read


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r'there is no weights file .*none\.pth'):
        read_file(tmp_path / 'none.pth')


@pytest.mark.parametrize('share', [0, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path, openai, share):
    path = tmp_path / 'cut.pth'
    torch.save(openai, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(WeightsError, match=r'cut\.pth is no checkpoint .* damaged'):
        read_file(path)


def test_a_web_page_is_no_checkpoint(tmp_path):
    path = tmp_path / 'page.pth'
    path.write_text('<html>Not found</html>')
    with pytest.raises(WeightsError, match=r'page\.pth is no checkpoint'):
        read_file(path)


class Hostile:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (self.mark,)


def test_a_hostile_file_is_refused_and_not_run(tmp_path, openai):
    mark = str(tmp_path / 'it_ran')
    torch.save({'state_dict': openai, 'meta': Hostile(mark)}, tmp_path / 'evil.pth')
    with pytest.raises(WeightsError, match=r'evil\.pth .*mkdir.*never run') as caught:
        read_file(tmp_path / 'evil.pth')
    assert 'weights_only' not in str(caught.value)  # torch's own advice would run it
    assert not os.path.exists(mark)
    torch.load(tmp_path / 'evil.pth', weights_only=False)
    assert os.path.exists(mark)  # the file was a real threat


def test_something_other_than_a_dict_is_refused(tmp_path):
    torch.save([torch.zeros(1)], tmp_path / 'list.pth')
    with pytest.raises(WeightsError, match=r'list\.pth holds a list, not a dict'):
        read_file(tmp_path / 'list.pth')


# Work directories


@pytest.fixture
def work_dir(tmp_path):
    folder = tmp_path / 'first'
    folder.mkdir()
    for epoch in (1, 2):
        torch.save({'state_dict': {}, 'epoch': epoch}, folder / f'epoch_{epoch}.pth')
    (folder / 'last_checkpoint').write_text(f'{folder}/epoch_2.pth\n')
    return folder


def test_a_work_dir_stands_for_its_last_checkpoint(work_dir):
    assert newest_checkpoint(work_dir) == work_dir / 'epoch_2.pth'
    assert read_file(str(work_dir))['epoch'] == 2


def test_a_moved_work_dir_still_does(work_dir, tmp_path):
    moved = tmp_path / 'elsewhere' / 'second'
    shutil.copytree(work_dir, moved)
    shutil.rmtree(work_dir)
    assert newest_checkpoint(moved) == moved / 'epoch_2.pth'
    assert read_file(moved)['epoch'] == 2


def test_a_work_dir_without_a_checkpoint_says_so(tmp_path, work_dir):
    with pytest.raises(WeightsError, match=f'no checkpoint was written in {tmp_path}'):
        newest_checkpoint(tmp_path)
    (work_dir / 'epoch_2.pth').unlink()
    with pytest.raises(WeightsError, match=r'no weights file .*epoch_2\.pth'):
        newest_checkpoint(work_dir)


def test_a_file_stands_for_itself(work_dir):
    path = work_dir / 'epoch_1.pth'
    assert newest_checkpoint(path) == path
