"""Reading and writing: torch.save and safetensors, whole files only."""

import json
import struct
from pathlib import Path

import pytest
import safetensors.torch
import torch

from clef_mm.models.encoders.weight_files import (
    WeightsError,
    read_content,
    write_content,
)

META = {'epoch': 3, 'clef_mm': {'seen': ['BP4D/F001'], 'crop': None, 'rate': 0.5}}


@pytest.fixture
def state():
    wide = torch.randn(4, 6)
    return {
        'half': torch.randn(3).half(),
        'view': wide[:, 1],
        'turned': wide.T,
        'same': wide,
        'layout': torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last),
        'count': torch.tensor(7),
    }


@pytest.mark.parametrize('name', ['a.safetensors', 'a.pth'])
def test_what_is_written_is_read(tmp_path, state, name):
    path = tmp_path / 'new' / name
    write_content(path, {'state_dict': state, 'meta': META, 'optimizer': {}})
    content = read_content(path)
    assert content.keys() == {'state_dict', 'meta'}
    assert content['meta'] == META
    assert content['state_dict'].keys() == state.keys()
    for key, value in content['state_dict'].items():
        assert value.dtype == state[key].dtype
        assert torch.equal(value, state[key]), key
    assert [file.name for file in path.parent.iterdir()] == [name]
    # Shared storages are cut to what is used: 60 numbers and some, and the header.
    assert path.stat().st_size < 6000


def test_safetensors_is_known_by_its_bytes(tmp_path, state):
    write_content(tmp_path / 'a.safetensors', {'state_dict': state, 'meta': META})
    (tmp_path / 'a.safetensors').rename(tmp_path / 'a.bin')
    assert read_content(tmp_path / 'a.bin')['meta'] == META


def test_safetensors_of_others_have_no_meta(tmp_path):
    path = tmp_path / 'open_clip_model.safetensors'
    tensors = {'visual.proj': torch.ones(2, 2)}
    safetensors.torch.save_file(tensors, path, {'format': 'pt'})
    content = read_content(path)
    assert content.keys() == {'state_dict'}
    assert torch.equal(content['state_dict']['visual.proj'], torch.ones(2, 2))


def test_a_file_in_the_old_format_of_torch(tmp_path, state):
    path = tmp_path / 'old.pt'
    torch.save(state, path, _use_new_zipfile_serialization=False)
    assert torch.equal(read_content(path)['turned'], state['turned'])


@pytest.mark.parametrize('name', ['a.pt', 'a.onnx', 'a'])
def test_only_two_endings_are_written(tmp_path, name):
    with pytest.raises(WeightsError, match=r'\.safetensors or \.pth'):
        write_content(tmp_path / name, {'state_dict': {}, 'meta': {}})


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / 'a.safetensors'
    write_content(path, {'state_dict': {'a': torch.ones(1)}, 'meta': {}})
    with pytest.raises(TypeError):  # meta that no JSON can hold
        write_content(path, {'state_dict': {}, 'meta': {'a': object()}})
    assert read_content(path)['state_dict'].keys() == {'a'}


def safetensors_bytes(header, data=b''):
    text = json.dumps(header).encode()
    return struct.pack('<Q', len(text)) + text + data


F4 = {'dtype': 'F32', 'shape': [1], 'data_offsets': [0, 4]}


@pytest.mark.parametrize(
    'data',
    [
        b'',
        b'\xff' * 64,
        struct.pack('<Q', 2**60) + b'{}',
        safetensors_bytes({'a': {**F4, 'shape': [9]}}, b'\0' * 4),
        safetensors_bytes({'a': {**F4, 'data_offsets': [0, 99]}}, b'\0' * 4),
        safetensors_bytes({'a': F4, '__metadata__': {'clef_mm': '{'}}, b'\0' * 4),
    ],
)
def test_a_damaged_safetensors_is_refused(tmp_path, data):
    path = tmp_path / 'bad.safetensors'
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=r'bad\.safetensors is no checkpoint'):
        read_content(path)


@pytest.mark.parametrize('meta', [[], 'text', 3])
def test_meta_must_be_a_dict(tmp_path, meta):
    torch.save({'state_dict': {}, 'meta': meta}, tmp_path / 'a.pth')
    with pytest.raises(WeightsError, match=r'content.meta is .*, not a mapping'):
        read_content(Path(tmp_path, 'a.pth'))


@pytest.mark.parametrize('name', ['a.pth', 'a.safetensors'])
def test_a_place_that_cannot_be_written_to_is_told(tmp_path, name):
    (tmp_path / 'file').write_text('in the way')
    content = {'state_dict': {'a': torch.ones(1)}, 'meta': {}}
    with pytest.raises(WeightsError, match='cannot be written'):
        write_content(tmp_path / 'file' / name, content)
    (tmp_path / name).mkdir()
    with pytest.raises(WeightsError, match='cannot be written'):
        write_content(tmp_path / name, content)
    assert {path.name for path in tmp_path.iterdir()} == {'file', name}
