"""Folders and files of a release, wherever a copy has them."""

from pathlib import Path

import pytest

from clef_mm.datasets.reading.folder_search import (
    find_all_nearby,
    find_child,
    find_nearby,
    innermost_of_name,
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
    assert find_nearby(root, 1, 'DEEP', 'A', folder=True) == root / 'a'
    assert find_nearby(root, 2, 'list.txt', skip=['b', 'link']) is None


def test_the_first_name_comes_first(root):
    assert find_child(root, 'b', 'a', folder=True) == root / 'b'
    assert find_child(root, 'nothing', 'A', folder=True) == root / 'a'
    for folder in (False, True):
        assert find_child(root / 'nowhere', 'a', folder=folder) is None
        assert find_child(Path(root, 'file'), 'a', folder=folder) is None


def test_files_and_folders_are_told_apart(root):
    assert find_child(root, 'a', 'FILE') == root / 'file'
    assert find_child(root, 'file', folder=True) is None
    assert find_child(root, 'link', folder=True) == root / 'link'
    (root / 'x.csv').mkdir()
    assert find_nearby(root, 1, 'x.csv') is None
    (root / 'x.csv' / 'x.csv').touch()
    assert find_nearby(root, 1, 'x.csv') == root / 'x.csv' / 'x.csv'
    assert find_nearby(root, 1, 'x.csv', folder=True) == root / 'x.csv'


def test_every_place_highest_first(root):
    (root / 'a' / 'list.txt').touch()
    found = list(find_all_nearby(root, 2, 'list.txt', skip=['link']))
    assert found == [root / 'a' / 'list.txt', root / 'b' / 'deep' / 'List.TXT']


def test_a_folder_of_its_own_name_inside(root):
    (root / 'a' / 'A').mkdir()
    assert innermost_of_name(root / 'a') == root / 'a' / 'A'
    (root / 'b' / 'b').touch()
    assert innermost_of_name(root / 'b') == root / 'b'


def test_images_by_their_suffix(tmp_path):
    kept = {'a.jpg', 'b.JPG', 'c.png', 'ü d.jpeg', 'e.tif', 'f.bmp'}
    for name in kept | {'x.txt', '._a.jpg', 'Thumbs.db', 'jpg', 'a.jpg.part'}:
        (tmp_path / name).touch()
    assert set(list_images(tmp_path)) == kept
