"""Weights of towers: whatever does not fit is refused, and so is any file with code."""

import os
import shutil

import open_clip
import pytest
import torch

from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder
from clef_mm.models.encoders.weights import (
    TOWERS_KEY,
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


def farl(state):
    return {'state_dict': {**state, 'visual.mask_token': torch.zeros(16)}}


def official(state):
    return {**state, 'input_resolution': torch.tensor(16)}


def by_settings(activation):
    """What our own checkpoints, and the tags of open_clip, say of their towers."""
    known = {'activation': activation}
    return lambda state: {
        'state_dict': state,
        'meta': {TOWERS_KEY: {'image': known, 'text': known}},
    }


def test_half_precision_files_load_into_float32(pair, openai):
    pair[0].load({key: value.half() for key, value in openai.items()}, 'half.pth')
    weights = pair[0].tower.state_dict()
    assert weights['proj'].dtype == torch.float32
    assert torch.equal(weights['proj'], openai['visual.proj'].half().float())


def test_position_embeddings_that_are_no_tensor_are_named(pair, openai):
    with pytest.raises(WeightsError, match='positional_embedding no tensor instead'):
        pair[0].load({**openai, 'visual.positional_embedding': 3}, 'bad.pth')


@pytest.mark.parametrize('write', [farl, official, by_settings('QuickGELU')])
@pytest.mark.parametrize('kind', [OpenCLIPImageEncoder, OpenCLIPTextEncoder])
def test_quick_gelu_weights_are_refused_by_a_gelu_tower(arch, openai, write, kind):
    content = write(openai)
    kind(arch).load(content, 'x.pth')
    arch['quick_gelu'] = False
    with pytest.raises(WeightsError, match=r'x\.pth.*trained with QuickGELU.*has GELU'):
        kind(arch).load(content, 'x.pth')


@pytest.mark.parametrize('kind', [OpenCLIPImageEncoder, OpenCLIPTextEncoder])
def test_gelu_weights_are_refused_by_a_quick_gelu_tower(arch, openai, kind):
    content = by_settings('GELU')(openai)
    with pytest.raises(WeightsError, match=r'with GELU.*QuickGELU.*quick_gelu=False'):
        kind(arch).load(content, 'x.pth')
    arch['quick_gelu'] = False
    kind(arch).load(content, 'x.pth')


def test_a_tower_without_either_activation_is_not_asked(arch):
    arch['vision_cfg'] = {'timm_model_name': 'test_resnet', 'image_size': 32}
    encoder = OpenCLIPImageEncoder(arch)
    assert encoder.settings['activation'] is None
    state = {f'visual.{k}': v for k, v in encoder.tower.state_dict().items()}
    OpenCLIPImageEncoder(arch).load(by_settings('QuickGELU')(state), 'x.pth')


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


def test_long_lists_of_keys_are_cut(pair):
    with pytest.raises(WeightsError, match=r'missing \(.*, .* and \d+ more\)'):
        pair[1].load({'state_dict': {}}, 'empty.pth')


def test_an_image_only_checkpoint_does_not_pass_for_a_pair(pair, openai):
    images = {
        key.replace('visual.', 'image_encoder.tower.'): value
        for key, value in openai.items()
        if key.startswith('visual.')
    }
    pair[0].load({'state_dict': images}, 'images.pth')
    with pytest.raises(WeightsError, match=r'images\.pth \(text tower\).*missing'):
        pair[1].load({'state_dict': images}, 'images.pth')


def test_what_is_no_tensor_is_named(pair, openai):
    with pytest.raises(WeightsError, match=r'proj no tensor instead of \(16, 16\)'):
        pair[0].load({**openai, 'visual.proj': 3}, 'bad.pth')


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
