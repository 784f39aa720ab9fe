"""Folders and files of a release, wherever a copy has them."""

from pathlib import Path

import pytest

from clef_mm.datasets.reading.folder_search import (
    find_child,
    find_nearby,
    list_images,
    nearby_folders,
)


@pytest.fixture
def root(tmp_path):
    for folder in ('b/deep/deeper', 'a', '.git/x', '__MACOSX/a', '17/x', 'Images/x'):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / 'b' / 'deep' / 'List.TXT').touch()
    (tmp_path / 'file').touch()
    (tmp_path / 'link').symlink_to(tmp_path / 'b', target_is_directory=True)
    return tmp_path


def names(folders, root):
    return [str(folder.relative_to(root)) for folder in folders]


def test_folders_level_by_level(root):
    assert names(nearby_folders(root, 0), root) == ['.']
    assert names(nearby_folders(root, 1), root) == ['.', 'Images', 'a', 'b', 'link']
    found = names(nearby_folders(root, 2, skip=['images']), root)
    assert found == ['.', 'a', 'b', 'link', 'b/deep', 'link/deep']
    assert list(nearby_folders(root / 'nowhere', 2)) == []
    assert list(nearby_folders(root / 'file', 2)) == []


def test_loops_of_links_end(tmp_path):
    (tmp_path / 'loop').symlink_to(tmp_path, target_is_directory=True)
    assert len(list(nearby_folders(tmp_path, 3))) == 4


def test_names_match_in_any_case(root):
    assert find_nearby(root, 2, 'list.txt') == root / 'b' / 'deep' / 'List.TXT'
    assert find_nearby(root, 1, 'list.txt') is None
    assert find_nearby(root, 1, 'DEEP', 'A') == root / 'a'
    assert find_nearby(root, 2, 'list.txt', skip=['b', 'link']) is None


def test_the_first_name_comes_first(root):
    assert find_child(root, 'b', 'a') == root / 'b'
    assert find_child(root, 'nothing', 'A') == root / 'a'
    assert find_child(root / 'nowhere', 'a') is None
    assert find_child(Path(root, 'file'), 'a') is None


def test_images_by_their_suffix(tmp_path):
    kept = {'a.jpg', 'b.JPG', 'c.png', 'ü d.jpeg', 'e.tif', 'f.bmp'}
    for name in kept | {'x.txt', '._a.jpg', 'Thumbs.db', 'jpg', 'a.jpg.part'}:
        (tmp_path / name).touch()
    assert set(list_images(tmp_path)) == kept
