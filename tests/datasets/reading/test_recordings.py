"""Folders of numbered frames and videos, one by one; joining by number, by a loop."""

import cv2
import numpy as np
import pytest

from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.load_report import LoadReport
from clef_mm.datasets.reading.folder_search import find_files, find_folder, subfolders
from clef_mm.datasets.reading.recordings import (
    choose_source,
    holds_frames,
    index_recording,
    join_by_number,
    number_of_frames,
)


def touch(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b'')
    return folder


@pytest.mark.parametrize(
    ('names', 'numbers'),
    [
        (['10.jpg', '9.jpg', '8.jpg'], [8, 9, 10]),
        (['0009.JPG', '0010.Jpeg', '0000.png', '0100.bmp'], [0, 9, 10, 100]),
        (['999999999.jpg'], [999_999_999]),
        ([], []),
    ],
)
def test_frames_come_in_the_order_of_their_numbers(tmp_path, names, numbers):
    folder = touch(tmp_path / 'ä b', names)
    report = LoadReport()
    recording = index_recording(folder, report)
    assert recording.numbers.tolist() == numbers
    paths = [recording.paths[row] for row in range(len(recording))]
    assert sorted(paths) == sorted(str(folder / name) for name in names)
    assert [int(path.split('/')[-1].split('.')[0]) for path in paths] == numbers
    assert recording.positions is None
    assert not report.oddities


def test_strays_are_noted_and_companions_are_not(tmp_path):
    companions = ['1.obj', '1.mtl', '1.bnd', 'F001_T1_0001.BNDPLUS']
    strays = ['1.txt', 'a1.jpg', '1 (2).jpg', '1234567890.jpg', '-1.jpg', '①.jpg']
    folder = touch(tmp_path, ['1.jpg', *companions, *strays])
    report = LoadReport()
    assert index_recording(folder, report).numbers.tolist() == [1]
    assert report.oddities == {'files that are no frames': len(strays)}


def test_a_number_twice(tmp_path):
    folder = touch(tmp_path, ['7.jpg', '007.png', '8.jpg'])
    with pytest.raises(
        DataRootError, match='frame 7 under two names: remove'
    ) as caught:
        index_recording(folder, LoadReport())
    assert '007.png' in str(caught.value)


def test_a_video_counts_from_one(tmp_path):
    path = tmp_path / 'a.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 25, (64, 48))
    for _ in range(5):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    recording = index_recording(path, LoadReport())
    assert recording.numbers.tolist() == [1, 2, 3, 4, 5]
    assert recording.positions.tolist() == [0, 1, 2, 3, 4]
    assert {recording.paths[row] for row in range(5)} == {str(path)}


def test_as_records(tmp_path):
    folder = touch(tmp_path / 'T1', ['3.jpg', '4.jpg'])
    recording = index_recording(folder, LoadReport())
    table = recording.table('F001', 'T1', np.array([4, 5]), {'x': np.array([7, 8])})
    assert isinstance(table, FrameTable)
    assert list(table) == [
        {
            'img_path': str(folder / f'{frame - 1}.jpg'),
            'subject': 'F001',
            'sequence': 'T1',
            'frame': frame,
            'x': frame + 3,
        }
        for frame in (4, 5)
    ]


def test_of_several_places_the_one_with_frames_is_chosen(tmp_path):
    empty, other = touch(tmp_path / 'a', []), touch(tmp_path / 'b', ['x.txt'])
    filled, video = touch(tmp_path / 'c', ['1.jpg']), tmp_path / 'd.avi'
    video.write_bytes(b'')
    assert choose_source([empty]) == empty
    assert choose_source([empty, other]) == empty
    assert choose_source([empty, filled, other]) == filled
    assert choose_source([other, video]) == video
    with pytest.raises(DataRootError, match='both hold the frames'):
        choose_source([filled, video])
    assert [holds_frames(path) for path in (empty, other, filled)] == [0, 0, 1]
    assert [number_of_frames(path) for path in (empty, other, filled)] == [0, 0, 1]


@pytest.mark.parametrize('seed', range(10))
def test_joining_equals_a_dictionary(seed):
    rng = np.random.default_rng(seed)
    numbers = rng.permutation(30)[: rng.integers(0, 20)]
    label_numbers = rng.permutation(30)[: rng.integers(0, 20)]
    labels = rng.integers(0, 9, (len(label_numbers), 3)).astype(np.int8)
    row_of = dict(zip(label_numbers.tolist(), labels.tolist(), strict=True))
    joined, labelled = join_by_number(numbers, label_numbers, labels, missing=-1)
    assert joined.tolist() == [row_of.get(n, [-1, -1, -1]) for n in numbers.tolist()]
    assert labelled.tolist() == [n in row_of for n in numbers.tolist()]
    assert joined.dtype == np.int8


# --- folders --------------------------------------------------------------------------


def test_folders_and_files_of_a_folder(tmp_path):
    touch(tmp_path / 'B', [])
    touch(tmp_path / 'a', ['2', '1'])
    (tmp_path / 'file').write_bytes(b'')
    (tmp_path / 'link').symlink_to(tmp_path / 'a', target_is_directory=True)
    assert [path.name for path in subfolders(tmp_path)] == ['B', 'a', 'link']
    assert [path.name for path in find_files(tmp_path)] == ['file']
    assert [path.name for path in find_files(tmp_path / 'link')] == ['1', '2']
    assert find_folder(tmp_path, 'b') == tmp_path / 'B'
    assert find_folder(tmp_path, 'file') is None


def test_what_is_no_folder_holds_nothing(tmp_path):
    (tmp_path / 'file').write_bytes(b'')
    for place in (None, tmp_path / 'absent', tmp_path / 'file'):
        assert subfolders(place) == find_files(place) == []
        assert find_folder(place, 'a') is None
