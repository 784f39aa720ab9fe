"""Damaged weights of every kind: read, described and rewritten, or refused by name."""

import io
import json
import struct

import pytest
import torch
from garbage import GARBAGE, damaged, read_or_refused
from hypothesis import given
from hypothesis import strategies as st

from clef_mm.engine.checkpoint_files import is_whole
from clef_mm.engine.weight_conversion import convert
from clef_mm.engine.weight_inspection import inspect
from clef_mm.models.encoders.key_naming import NAMINGS, split_towers, state_of
from clef_mm.models.encoders.weight_files import write_content
from clef_mm.models.encoders.weights import newest_checkpoint, read_file

STATE = {
    'image_encoder.tower.proj': torch.ones(2, 2),
    'image_encoder.tower.positional_embedding': torch.ones(5, 2),
    'image_encoder.tower.conv1.weight': torch.ones(2, 3, 4, 4),
    'text_encoder.tower.token_embedding.weight': torch.ones(7, 2),
    'text_encoder.tower.transformer.resblocks.0.attn.in_proj_weight': torch.ones(6, 2),
    'logit_scale.log': torch.tensor(1.5),
}
MADE = {
    'version': '0.1',
    'stage': 'ActionUnitRecognizer',
    'config': 'configs/a.py',
    'split': ['BP4D train of fold 1'],
    'crop': None,
    'dataset': 'BP4D',
    'seed': 0,
    'synthetic': True,
    'seen_subjects': ['BP4D/F001'],
    'start_weights': None,
    'start': {},
    'labels': {'kind': 'AUs', 'names': ['AU1']},
}
META = {
    'epoch': 3,
    'clef_mm': MADE,
    'towers': {'image': {'activation': 'GELU', 'image_size': 8}, 'text': {}},
    'dataset_meta': {'fold': 1},
    'published': {
        'fold': 1,
        'epoch_rule': 'last',
        'result': {'measured_on': 'x', 'metrics': {'au_f1/mean': 0.5}},
        'date': '2026',
        'licence': 'x',
    },
    'converted_from': {'file': 'a', 'sha256': 'b'},
}


def read(path):
    content = read_file(path)
    towers = split_towers(state_of(content))
    assert towers.naming is None or towers.naming in NAMINGS
    assert inspect(str(path))
    convert(str(path), str(path.with_name('converted.safetensors')))


def last(path):
    assert newest_checkpoint(path.parent).is_file()


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """The same weights in each kind of file."""
    folder = tmp_path_factory.mktemp('garbage') / 'run'
    for name in ('a.pth', 'a.safetensors'):
        write_content(folder / name, {'state_dict': STATE, 'meta': META})
    torch.save(
        {'state_dict': STATE}, folder / 'old.pt', _use_new_zipfile_serialization=False
    )
    module = torch.nn.Module()
    module.visual = torch.nn.Linear(2, 2)
    torch.jit.script(module).save(folder / 'script.pt')
    (folder / 'last_checkpoint').write_text('/elsewhere/a.pth')
    return folder


FILES = ('a.pth', 'a.safetensors', 'old.pt', 'script.pt')


@pytest.mark.filterwarnings('ignore:.*torch.jit.*')
@pytest.mark.parametrize('name', [*FILES, 'last_checkpoint'])
def test_a_damaged_file_is_read_or_refused(folder, name):
    path, see = folder / name, last if name == 'last_checkpoint' else read
    valid = path.read_bytes()
    see(path)

    @GARBAGE
    @given(damaged(valid) | st.binary(max_size=300))
    def check(content):
        read_or_refused(see, path, content)
        assert is_whole(path) in (True, False)

    check()
    path.write_bytes(valid)


VALUES = st.sampled_from(
    [
        *(None, True, -1, 2.5, '', 'x', [], {}, [1], ['x'], {'a': 1}, {'image': 3}),
        *(torch.ones(2), torch.tensor(1), torch.zeros(0, 3), {'x': torch.ones(1)}),
    ]
)


def places(value, place=()):
    """Yield the path of keys to everything inside nested dicts."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*place, key)
            yield from places(item, (*place, key))


@GARBAGE
@given(
    place=st.sampled_from(list(places({'state_dict': STATE, 'meta': META}))),
    value=VALUES,
)
def test_values_of_other_kinds_are_read_or_refused(folder, place, value):
    content = {'state_dict': dict(STATE), 'meta': _copied(META)}
    inside = content
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    out = io.BytesIO()
    torch.save(content, out)
    read_or_refused(read, folder / 'other.pth', out.getvalue())


def _copied(value):
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return value


HEADERS = st.dictionaries(
    st.sampled_from([*STATE, '__metadata__', '']),
    st.fixed_dictionaries(
        {},
        optional={
            'dtype': st.sampled_from(['F32', 'F64', 'I4', 'X', 3]),
            'shape': st.lists(st.integers(-1, 2**63), max_size=3),
            'data_offsets': st.lists(st.integers(0, 2**63), min_size=1, max_size=3),
            'clef_mm': st.sampled_from(['{}', '[]', '{', '[' * 5000, '{"towers": 3}']),
        },
    ),
    max_size=3,
)


@GARBAGE
@given(header=HEADERS, length=st.none() | st.integers(0, 2**64 - 1))
def test_headers_of_safetensors_are_read_or_refused(folder, header, length):
    text = json.dumps(header).encode()
    start = struct.pack('<Q', len(text) if length is None else length)
    content = start + text + bytes(64)
    read_or_refused(read, folder / 'other.safetensors', content)
