"""Images inside ZIP archives: found, read as they were written, damage told."""

import os
import re
import zipfile

import cv2
import numpy as np
import pytest
from torch.utils.data import DataLoader

from clef_mm.datasets.reading.image_archives import (
    ArchiveError,
    open_archive,
    split_archive_path,
)
from clef_mm.datasets.reading.image_reading import BrokenImageError, read_image
from clef_mm.errors import UserError


def png(level):
    return cv2.imencode('.png', np.full((6, 8, 3), level, np.uint8))[1].tobytes()


@pytest.fixture
def archive(tmp_path):
    """Return a maker of archives of given entries."""

    def make(entries, name='F001.zip', method=zipfile.ZIP_STORED):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, 'w', method) as file:
            for entry, content in entries.items():
                file.writestr(entry, content)
        return path

    return make


ENTRIES = {f'F001/T{task}/{frame:04d}.png': png(40 * task + frame)
           for task in (1, 2) for frame in range(5)}  # fmt: skip


@pytest.mark.parametrize('method', [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize('name', ['F001.zip', 'F001.ZIP', 'ä 李/a.zip b/F 1.zip'])
def test_images_come_back_as_they_went_in(archive, method, name):
    path = archive(ENTRIES, name, method)
    for entry, content in ENTRIES.items():
        assert open_archive(path).read(entry) == content
        task, frame = int(entry[6]), int(entry[-8:-4])
        assert (read_image(f'{path}/{entry}') == 40 * task + frame).all()
        assert read_image(path / entry).shape == (6, 8, 3)


def images_of(archive):
    return {folder: archive.images(folder) for folder in archive.folders()}


def test_folders_list_their_images_only(archive):
    path = archive({**ENTRIES, 'F001/T1/0000.obj': b'x', 'a.jpg': b'', 'note': b''})
    names = [f'{frame:04d}.png' for frame in range(5)]
    expected = {'': ['a.jpg'], 'F001/T1': names, 'F001/T2': names}
    assert images_of(open_archive(path)) == expected
    assert open_archive(path).images('F001') == []


def test_folders_inside_folders_keep_their_images(archive):
    names = ['T1/0.png', 'T1.x/3.png', 'T1/a/1.png', 'T1/b.png']
    found = images_of(open_archive(archive(dict.fromkeys(names, b''))))
    assert found == {'T1': ['0.png', 'b.png'], 'T1.x': ['3.png'], 'T1/a': ['1.png']}


def test_unusual_names(archive):
    names = ['./T1/1.png', '/T1/2.png', 'T1\\3.png', 'T1//4.png', 'ü 李/5.png']
    path = archive({name: png(30 + place) for place, name in enumerate(names)})
    folders = {'T1': ['1.png', '2.png', '3.png', '4.png'], 'ü 李': ['5.png']}
    assert images_of(open_archive(path)) == folders
    assert (read_image(path / 'T1' / '3.png') == 32).all()
    assert (read_image(path / 'ü 李' / '5.png') == 34).all()


@pytest.mark.filterwarnings('ignore:Duplicate name')
def test_the_last_of_two_entries_of_a_name_counts(tmp_path):
    path = tmp_path / 'a.zip'
    with zipfile.ZipFile(path, 'w') as file:
        file.writestr('1.png', png(1))
        file.writestr('1.png', png(2))
    assert images_of(open_archive(path)) == {'': ['1.png']}
    assert (read_image(path / '1.png') == 2).all()


def test_an_archive_behind_other_bytes(archive):
    path = archive(ENTRIES)
    path.write_bytes(b'#!/bin/sh\n' + path.read_bytes())
    assert (read_image(path / 'F001/T2/0003.png') == 83).all()


def test_an_empty_archive(archive):
    path = archive({})
    assert images_of(open_archive(path)) == {}
    with pytest.raises(BrokenImageError, match=r'F001\.zip holds no 1\.png'):
        read_image(path / '1.png')


def test_an_archive_that_changed_is_read_anew(archive):
    assert (read_image(archive({'1.png': png(1)}) / '1.png') == 1).all()
    changed = archive({'0.png': png(5), '1.png': png(2)})
    assert (read_image(changed / '1.png') == 2).all()


def test_a_folder_called_like_an_archive(tmp_path):
    folder = tmp_path / 'F001.zip'
    folder.mkdir()
    (folder / '1.png').write_bytes(png(9))
    assert (read_image(folder / '1.png') == 9).all()
    assert split_archive_path(folder / '1.png') is None


def test_where_a_path_enters_an_archive(archive):
    path = archive(ENTRIES, 'b.zip.d/F001.zip')
    assert split_archive_path(path) == (str(path), '')
    assert split_archive_path(path / 'F001' / '0.jpg') == (str(path), 'F001/0.jpg')
    assert split_archive_path(path.parent / '0.jpg') is None


def damaged(data, entry, how):
    """Return the archive's bytes with damage to one of its entries."""
    at = data.index(entry.encode())
    if how == 'no archive':
        return b'x' * 500
    if how == 'cut short':
        return data[: len(data) // 2]
    if how == 'content':
        at += len(entry) + 20
        return data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]
    return data[: at - 30] + b'xx' + data[at - 28 :]  # the header of the entry


@pytest.mark.parametrize('method', [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize('how', ['no archive', 'cut short', 'content', 'header'])
def test_damage_is_told_by_name(archive, how, method):
    path = archive(ENTRIES, method=method)
    entry = 'F001/T1/0002.png'
    path.write_bytes(damaged(path.read_bytes(), entry, how))
    with pytest.raises(BrokenImageError, match=re.escape(str(path))) as caught:
        read_image(path / entry)
    assert isinstance(caught.value, UserError)


def test_what_cannot_be_unpacked(archive, tmp_path):
    path = archive(ENTRIES, method=zipfile.ZIP_LZMA)
    with pytest.raises(BrokenImageError, match='ZIP method 14; unpack'):
        read_image(path / 'F001/T1/0000.png')
    data = bytearray(archive({'1.png': png(1)}).read_bytes())
    data[data.index(b'PK\x01\x02') + 8] |= 1  # the flag of encryption
    path.write_bytes(data)
    with pytest.raises(BrokenImageError, match='encrypted'):
        read_image(path / '1.png')


def test_a_missing_archive(tmp_path):
    with pytest.raises(ArchiveError, match='cannot be read: No such file'):
        open_archive(tmp_path / 'F001.zip')
    with pytest.raises(BrokenImageError, match='cannot be read'):
        read_image(tmp_path / 'F001.zip' / '1.png')


class _Images:
    """Levels of images, read in whatever process asks."""

    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return int(read_image(self.paths[index]).mean()), os.getpid()


def test_forked_workers_read_beside_each_other(archive):
    path = archive({f'{n}.png': png(n) for n in range(200)})
    read_image(path / '0.png')  # opened before the fork
    images = _Images([path / f'{n}.png' for n in range(200)])
    loader = DataLoader(images, batch_size=4, num_workers=2)
    levels, workers = zip(*((batch[0], batch[1]) for batch in loader), strict=True)
    assert np.concatenate(levels).tolist() == list(range(200))
    assert len(set(np.concatenate(workers).tolist()) - {os.getpid()}) == 2
