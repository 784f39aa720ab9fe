"""Damaged indexes, caches, landmarks and archives: read within bounds, or refused."""

import io
import json
import zipfile

import h5py
import numpy as np
import pytest
from garbage import GARBAGE, damaged, read_or_refused
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import savemat

from clef_mm.datasets import Categories, FrameTable, Paths
from clef_mm.datasets.fold_presets import find_preset
from clef_mm.datasets.load_report import LoadReport
from clef_mm.datasets.prepared_index import read_header, read_index, write_index
from clef_mm.datasets.reading.affectnet_npy import find_npy_parts, load_npy_part
from clef_mm.datasets.reading.image_reading import read_image
from clef_mm.datasets.reading.label_cache import read_cached, write_cached
from clef_mm.datasets.reading.landmark_files import read_points, read_tracked_points

SUBJECTS = ('F001', 'F002')


def index(path):
    assert read_header(path.parent)['dataset'] == 'BP4D'
    for record in read_index(path.parent, 'BP4D'):
        assert record['img_path'].startswith(f'{path.parent}/')
        assert '..' not in record['img_path']
        assert isinstance(record['frame'], int)
        assert isinstance(record['subject'], str)
        assert isinstance(record['sequence'], str)


def cache(path):
    arrays = read_cached(path, 'signature')
    assert arrays is None or all(a.dtype.kind in 'iufbSU' for a in arrays.values())


def affectnet(path):
    root = path.parents[2]
    part = find_npy_parts(root)['train']
    frames = load_npy_part('train', part, LoadReport(), 11)
    for record in frames:
        assert 0 <= record['expression'] < 11
        for name in ('valence', 'arousal'):
            assert np.isnan(record[name]) or -1 <= record[name] <= 1


def tracked(path):
    points = read_tracked_points(path, np.array([1, 2, 9]))
    assert points.shape == (3, 5, 2)
    assert points.dtype == np.float32


def landmarks(path):
    points = read_points(path)
    assert points.shape == (5, 2)
    assert points.dtype == np.float32


def image(path):
    pixels = read_image(path / 'F001/T1/1.png')
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3


def split(path):
    preset = find_preset('BP4D', str(path))
    assert len(preset.parts) >= preset.num_folds >= 1
    assert len(set(preset.subjects)) == len(preset.subjects)
    assert isinstance(preset.source, str)
    assert isinstance(preset.name, str)
    assert all(isinstance(fold, int) for n in preset.numbering.values() for fold in n)


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    """One valid file of each kind, in a folder of its own."""
    root = tmp_path_factory.mktemp('garbage')
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
    folder = root / 'prepared'
    frames = FrameTable(
        {
            'img_path': Paths(
                Categories.of([f'{folder}/faces/{name}' for name in SUBJECTS]),
                np.array(['1.jpg', '2.jpg']),
            ),
            'subject': Categories.of(SUBJECTS),
            'sequence': Categories.of(['T1', 'T1']),
            'frame': np.arange(2, dtype=np.int32),
            'gt_aus': np.array([[1, 0], [0, -1]], np.int8),
        }
    )
    write_index(folder, frames, {'dataset': 'BP4D', 'crop': None})
    write_cached(root / 'cache/a.npz', 'signature', {'label': np.eye(3)})

    (root / 'affectnet/train_set/images').mkdir()
    for number in (1, 2):
        (root / f'affectnet/train_set/images/{number}.jpg').touch()
        for field, value in (('exp', '3'), ('val', 0.5), ('aro', -0.5)):
            place = root / f'affectnet/train_set/annotations/{number}_{field}.npy'
            np.save(place, np.array(value))

    face = np.arange(98.0).reshape(49, 2) + 1
    savemat(root / 'old/1.mat', {'fit': {'pred': face, 'frame': 1.0}})
    savemat(root / 'disfa/1_lm.mat', {'pts': face})
    with h5py.File(root / 'new/1.mat', 'w') as file:
        references = np.empty((2, 1), h5py.ref_dtype)
        for row in range(2):
            references[row, 0] = file.create_dataset(f'#refs#/{row}', data=face.T).ref
        file.create_dataset('fit/pred', data=references)
        file.create_dataset('fit/frame', data=np.array([1.0, 9.0]))

    png = _png()
    with zipfile.ZipFile(root / 'images/F001.zip', 'w', zipfile.ZIP_DEFLATED) as file:
        file.writestr('F001/T1/1.png', png)
    parts = [['F001', 'F002'], ['M001'], ['M002']]
    text = json.dumps({'dataset': 'BP4D', 'preset': 'mine', 'parts': parts}, indent=1)
    (root / 'split/mine.json').write_text(text)
    return root


def _png():
    import cv2

    return cv2.imencode('.png', np.zeros((4, 4, 3), np.uint8))[1].tobytes()


FILES = {
    'prepared/index.npz': index,
    'cache/a.npz': cache,
    'affectnet/train_set/annotations/1_exp.npy': affectnet,
    'affectnet/train_set/annotations/2_val.npy': affectnet,
    'old/1.mat': tracked,
    'new/1.mat': tracked,
    'disfa/1_lm.mat': landmarks,
    'images/F001.zip': image,
    'split/mine.json': split,
}


@pytest.fixture(autouse=True)
def cache_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv('CLEF_MM_CACHE', '/dev/null/nowhere')


@pytest.mark.parametrize('name', FILES)
def test_a_damaged_file_is_read_or_refused(root, name):
    read, path = FILES[name], root / name
    valid = path.read_bytes()
    read(path)

    @GARBAGE
    @given(damaged(valid) | st.binary(max_size=300))
    def check(content):
        read_or_refused(read, path, content)

    check()
    path.write_bytes(valid)


ARRAYS = st.sampled_from(
    [
        np.array(['F001', 'F002']),
        np.array([b'1.jpg', b'../2.jpg']),
        np.array([b'\xff', b'2']),
        np.array(['/etc', '../..']),
        np.array([0, 1], np.int32),
        np.array([-1, 7], np.int64),
        np.array([0.5, np.nan]),
        np.array(3),
        np.zeros((0, 2)),
        np.array([], np.int32),
        np.array([{'a': 1}, None], dtype=object),
        np.frombuffer(b'{"dataset": "BP4D"}', np.uint8),
        np.frombuffer(b'[' * 5000, np.uint8),
    ]
)


@pytest.mark.parametrize('name', ['prepared/index.npz', 'cache/a.npz'])
def test_arrays_of_other_kinds_are_read_or_refused(root, name):
    read, path = FILES[name], root / name
    valid = path.read_bytes()
    with np.load(path) as file:
        arrays = dict(file)

    @GARBAGE
    @given(st.dictionaries(st.sampled_from([*arrays, 'new']), ARRAYS, max_size=3))
    def check(changed):
        out = io.BytesIO()
        np.savez(out, **{**arrays, **changed})
        read_or_refused(read, path, out.getvalue())

    check()
    path.write_bytes(valid)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
_PARTS = st.lists(st.lists(st.sampled_from(['F001', 'F002', 'M001', '']) | JSON))


@GARBAGE
@given(
    entry=st.fixed_dictionaries(
        {'dataset': st.just('BP4D') | JSON, 'parts': _PARTS | JSON},
        optional={
            'num_folds': st.integers(0, 4) | JSON,
            'preset': JSON,
            'source': JSON,
            'numbering': JSON,
            'id': JSON,
        },
    )
    | JSON
)
def test_split_files_of_other_shapes_are_read_or_refused(root, entry):
    path = root / 'split/other.json'
    read_or_refused(split, path, json.dumps(entry).encode())
