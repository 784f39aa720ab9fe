"""What is remembered of a slow folder, and when it is forgotten."""

import os
from pathlib import Path

import numpy as np
import pytest

from clef_mm.datasets.reading.label_cache import (
    cache_file,
    cache_folder,
    folder_signature,
    read_cached,
    write_cached,
)

ARRAYS = {
    'file': np.array([b'1.jpg', b'']),
    'label': np.array([[1.0, np.nan, -0.5], [2.0, 0.0, 0.0]]),
    'number': np.array([1, 7], np.int32),
}


@pytest.fixture
def cache(tmp_path):
    return tmp_path / 'deep' / 'cache' / 'a.npz'


def test_arrays_come_back(cache):
    write_cached(cache, 'now', ARRAYS)
    found = read_cached(cache, 'now')
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    assert [path.name for path in cache.parent.iterdir()] == ['a.npz']


def test_another_signature_is_outdated(cache):
    write_cached(cache, 'now', ARRAYS)
    assert read_cached(cache, 'later') is None
    write_cached(cache, 'later', {'label': np.zeros(3)})
    assert read_cached(cache, 'later').keys() == {'label'}
    assert read_cached(cache, 'now') is None


@pytest.mark.parametrize('keep', [0, 10, 200, -1])
def test_a_damaged_cache_is_ignored(cache, keep):
    write_cached(cache, 'now', ARRAYS)
    cache.write_bytes(cache.read_bytes()[:keep])
    assert read_cached(cache, 'now') is None


def test_flipped_bytes_are_noticed(cache):
    write_cached(cache, 'now', ARRAYS)
    data = bytearray(cache.read_bytes())
    place = data.index(ARRAYS['label'].tobytes())
    data[place] ^= 255
    cache.write_bytes(bytes(data))
    assert read_cached(cache, 'now') is None


def test_pickles_and_other_files_are_ignored(cache):
    assert read_cached(cache, 'now') is None
    cache.parent.mkdir(parents=True)
    np.savez(cache, signature=np.array({'a': 1}, dtype=object))
    assert read_cached(cache, 'now') is None
    np.savez(cache, label=np.zeros(3))
    assert read_cached(cache, 'now') is None
    np.save(cache.open('wb'), np.zeros(3))
    assert read_cached(cache, 'now') is None


def test_where_one_may_not_write_nothing_happens(tmp_path):
    (tmp_path / 'file').write_text('x')
    write_cached(tmp_path / 'file' / 'a.npz', 'now', ARRAYS)
    assert (tmp_path / 'file').read_text() == 'x'


def test_a_full_disk_leaves_nothing_behind(cache, monkeypatch):
    def fail(*_, **__):
        raise OSError('no space left')

    monkeypatch.setattr(np, 'savez', fail)
    write_cached(cache, 'now', ARRAYS)
    assert list(cache.parent.iterdir()) == []


def test_the_signature_changes_with_the_folder(tmp_path):
    first, second = tmp_path / 'a', tmp_path / 'b'
    first.mkdir()
    second.mkdir()
    os.utime(first, ns=(1, 1))
    before = folder_signature([first, second])
    assert folder_signature([first, second]) == before
    (first / 'new.npy').touch()
    assert folder_signature([first, second]) != before


def test_folders_have_files_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setenv('CLEF_MM_CACHE', str(tmp_path))
    names = {cache_file('affectnet', tmp_path / name) for name in 'abc'}
    assert len(names) == 3
    assert {path.parent for path in names} == {tmp_path}
    (tmp_path / 'link').symlink_to(tmp_path / 'a')
    assert cache_file('x', tmp_path / 'link') == cache_file('x', tmp_path / 'a')


def test_the_folder_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv('CLEF_MM_CACHE', str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv('CLEF_MM_CACHE')
    monkeypatch.setenv('HOME', str(tmp_path))
    assert cache_folder() == Path(tmp_path, '.cache', 'clef_mm')
