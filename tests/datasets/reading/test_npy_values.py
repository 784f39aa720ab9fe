"""Many small files of one number each, against numpy's own reader."""

import numpy as np
import pytest

from clef_mm.datasets.reading import npy_values
from clef_mm.datasets.reading.npy_values import NpyFileError, read_values
from clef_mm.errors import UserError

SCALARS = {
    'text': np.array('3'),
    'text with digits': np.array('-0.123456'),
    'bytes': np.array(b'2'),
    'int': np.array(7),
    'small int': np.array(5, np.int8),
    'float': np.array(0.25),
    'big endian': np.array(-1.5, '>f4'),
    'one in a list': np.array([4.0]),
    'one in a table': np.array([['0.5']]),
    'bool': np.array(True),
    'not a number': np.array(np.nan),
}


def test_values_equal_those_of_numpy(tmp_path):
    for name, value in SCALARS.items():
        np.save(tmp_path / f'{name}.npy', value)
    names = [f'{name}.npy' for name in SCALARS]
    found = read_values(tmp_path, names)
    wanted = [np.load(tmp_path / name).astype(float).ravel() for name in names]
    assert (found.shape, found.dtype) == ((len(names), 1), np.float64)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize('version', [(1, 0), (2, 0), (3, 0)])
def test_versions_of_the_format(tmp_path, version):
    with (tmp_path / 'a.npy').open('wb') as file:
        np.lib.format.write_array(file, np.array('1.5'), version)
    assert read_values(tmp_path, ['a.npy']).tolist() == [[1.5]]


@pytest.mark.parametrize('chunk', [1, 3, 1000])
def test_order_and_chunks(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(npy_values, '_CHUNK', chunk)
    rng = np.random.default_rng(0)
    for number in range(40):
        kind = [str, float, int][number % 3]
        np.save(tmp_path / f'{number}.npy', np.array(kind(number)))
    order = rng.permutation(40)
    found = read_values(tmp_path, [f'{number}.npy' for number in order])
    np.testing.assert_array_equal(found[:, 0], order)


@pytest.mark.parametrize('shape', [(136,), (68, 2), (1, 136), (136, 1)])
def test_landmarks(tmp_path, shape):
    points = np.random.default_rng(1).random(shape)
    np.save(tmp_path / 'a.npy', points)
    np.save(tmp_path / 'b.npy', points.astype(str))
    found = read_values(tmp_path, ['a.npy', 'b.npy'], width=136)
    np.testing.assert_array_equal(found, [points.ravel()] * 2)


def damaged(path):
    """Write files that hold no number, by what is wrong with them."""
    np.save(path / 'whole.npy', np.array('12'))
    data = (path / 'whole.npy').read_bytes()
    files = {
        'empty': b'',
        'cut in its name': data[:4],
        'cut in its header': data[:60],
        'cut in its value': data[:-1],
        'longer': data + b'x',
        'another format': b'PK\x03\x04' + bytes(100),
        'no header': data[:10] + b'x' * 118 + data[128:],
        'header of code': data[:10] + b'{"descr": open("a")}'.ljust(118) + data[128:],
    }
    for name, content in files.items():
        (path / f'{name}.npy').write_bytes(content)
    np.save(path / 'pickled.npy', np.array({'a': 1}), allow_pickle=True)
    np.save(path / 'two.npy', np.array([1, 2]))
    np.save(path / 'complex.npy', np.array(1j))
    np.save(path / 'fields.npy', np.array((1, 2), 'i4,i4'))
    (path / 'folder.npy').mkdir()
    others = ('pickled', 'two', 'complex', 'fields', 'folder', 'missing')
    return [f'{name}.npy' for name in (*files, *others)]


def test_files_that_hold_no_number_give_none(tmp_path):
    names = damaged(tmp_path)
    found = read_values(tmp_path, ['whole.npy', *names, 'whole.npy'])
    assert found[[0, -1]].tolist() == [[12], [12]]
    assert np.isnan(found[1:-1]).all()
    assert len(found) == 16


def test_tables_stored_by_column_are_not_read_in_the_wrong_order(tmp_path):
    np.save(tmp_path / 'a.npy', np.asfortranarray(np.arange(136.0).reshape(68, 2)))
    assert np.isnan(read_values(tmp_path, ['a.npy'], width=136)).all()


@pytest.mark.parametrize('text', ['happy', '', '1;2'])
def test_text_that_is_no_number_is_named(tmp_path, text):
    for number in range(3):
        np.save(tmp_path / f'{number}.npy', np.array('12345'))
    np.save(tmp_path / '1.npy', np.array(text, '<U5'))
    with pytest.raises(NpyFileError, match=r'1\.npy holds .*not a number') as caught:
        read_values(tmp_path, ['0.npy', '1.npy', '2.npy'])
    assert isinstance(caught.value, UserError)


def test_no_file_at_all(tmp_path):
    assert read_values(tmp_path, []).shape == (0, 1)
    assert read_values(tmp_path, [], width=136).shape == (0, 136)
