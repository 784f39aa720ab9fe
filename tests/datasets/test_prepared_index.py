"""The index of a prepared tree: round trip, moving, damage."""

import json

import numpy as np
import pytest

from clef_mm.datasets import Categories, FrameTable, Paths
from clef_mm.datasets.prepared_index import (
    INDEX_FILE,
    IndexFileError,
    has_index,
    read_header,
    read_index,
    write_index,
)

HEADER = {'dataset': 'BP4D', 'crop': {'name': 'aligned', 'hash': '0' * 12}}


def table(root):
    return FrameTable(
        {
            'img_path': Paths(
                Categories.of(
                    [str(root / 'faces/F001/Tä 1'), str(root / 'faces/F002/T2')] * 2
                ),
                np.array(['0001.jpg', '2.jpg', '3 ö.jpg', '4.jpg']),
            ),
            'subject': Categories.of(['F001', 'F002'] * 2),
            'sequence': Categories.of(['Tä 1', 'T2'] * 2),
            'frame': np.arange(4, dtype=np.int32),
            'gt_aus': np.array([[1, 0], [0, -1], [1, 1], [-1, -1]], np.int8),
            'points': np.random.default_rng(0).random((4, 5, 2), np.float32),
        }
    )


def records(frames):
    return [
        {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in record.items()
        }
        for record in frames
    ]


def test_round_trip(tmp_path):
    frames = table(tmp_path)
    write_index(tmp_path, frames, HEADER)
    found = read_index(tmp_path, 'BP4D')
    assert records(found) == records(frames)
    assert found.columns['gt_aus'].dtype == np.int8
    assert read_header(tmp_path) == HEADER
    assert [path.name for path in tmp_path.iterdir()] == [INDEX_FILE]


def test_a_moved_tree_finds_its_images(tmp_path):
    old, new = tmp_path / 'old', tmp_path / 'new place'
    old.mkdir()
    write_index(old, table(old), HEADER)
    old.rename(new)
    paths = [record['img_path'] for record in read_index(new, 'BP4D')]
    assert paths == [record['img_path'] for record in table(new)]


def test_no_index(tmp_path):
    assert not has_index(tmp_path)
    assert read_header(tmp_path) == {}


def test_of_another_dataset(tmp_path):
    write_index(tmp_path, table(tmp_path), HEADER)
    with pytest.raises(IndexFileError, match='prepared BP4D, not a prepared DISFA'):
        read_index(tmp_path, 'DISFA')


def test_a_failed_write_leaves_the_old_index(tmp_path, monkeypatch):
    write_index(tmp_path, table(tmp_path), HEADER)
    before = (tmp_path / INDEX_FILE).read_bytes()

    def full(*args, **kwargs):
        args[0].write(b'half')
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(np, 'savez', full)
    with pytest.raises(OSError, match='No space'):
        write_index(tmp_path, table(tmp_path), {'dataset': 'DISFA'})
    assert (tmp_path / INDEX_FILE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [INDEX_FILE]


@pytest.mark.parametrize('size', [0, 10, 300, -40, -1])
def test_cut_short(tmp_path, size):
    path = write_index(tmp_path, table(tmp_path), HEADER)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(IndexFileError, match='damaged or no index'):
        read_index(tmp_path, 'BP4D')


def test_nothing_is_unpickled(tmp_path):
    """An index with an object array would run what its pickle says."""
    arrays = {
        'header': np.frombuffer(json.dumps(HEADER).encode(), np.uint8),
        'frame': np.array([print], dtype=object),
    }
    np.savez(tmp_path / INDEX_FILE, **arrays)
    with pytest.raises(IndexFileError, match='damaged or no index'):
        read_index(tmp_path, 'BP4D')


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'column/frame': None}, 'no column frame'),
        ({'column/frame': np.arange(3)}, 'columns of different lengths'),
        ({'column/subject.codes': np.array([0, 1, 2, 0])}, 'codes without a name'),
        ({'column/subject.codes': np.array([0, 1, -1, 0])}, 'codes without a name'),
        ({'column/subject.names': None}, 'damaged'),
        ({'header': np.frombuffer(b'[1]', np.uint8)}, 'no mapping'),
        ({'header': np.frombuffer(b'{', np.uint8)}, 'damaged'),
        ({'header': None}, 'damaged'),
    ],
)
def test_inconsistent(tmp_path, change, message):
    path = write_index(tmp_path, table(tmp_path), HEADER)
    with np.load(path) as file:
        arrays = {**file, **change}
    np.savez(path, **{key: v for key, v in arrays.items() if v is not None})
    with pytest.raises(IndexFileError, match=message):
        read_index(tmp_path, 'BP4D')


def test_a_bare_array_is_no_index(tmp_path):
    with (tmp_path / INDEX_FILE).open('wb') as file:
        np.save(file, np.arange(3))
    with pytest.raises(IndexFileError, match='damaged or no index'):
        read_index(tmp_path, 'BP4D')


@pytest.mark.parametrize('name', ['file', 'header', 'allow_pickle'])
def test_columns_may_have_any_name(tmp_path, name):
    frames = FrameTable({**table(tmp_path).columns, name: np.arange(4)})
    write_index(tmp_path, frames, HEADER)
    assert read_index(tmp_path, 'BP4D').columns[name].tolist() == [0, 1, 2, 3]
