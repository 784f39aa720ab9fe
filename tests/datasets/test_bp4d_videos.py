"""BP4D as videos: frame f of the labels is the f-th frame."""

import re
from pathlib import Path

import numpy as np
import pytest
from recording_trees import (
    frames_of,
    oddities_of,
    records_of,
)

from clef_mm.datasets.bp4d import BP4D
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.errors import UserError

CODES = ['01', '03', '07', '08', '09', '10', '11', '13']


@pytest.fixture(scope='module')
def videos(tmp_path_factory, released):
    """Return a tree of two videos: 12 frames of F001_T1, 9 of M018_T8."""
    tree = type(released)(tmp_path_factory.mktemp('AVI'), images='.')
    tree.add_video('F001', '01', 12)
    tree.add_video('M018', '13', 9)
    tree.add_labels('F001', 'T1', range(5, 10))
    tree.add_labels('M018', 'T8', range(1, 10))
    return tree


def test_frame_f_is_the_fth_of_the_video(videos, released):
    dataset = BP4D(videos.root, pipeline=[LoadFace(size=16), PackFace()])
    assert frames_of(dataset) == [*range(5, 10), *range(1, 10)]
    order = np.random.default_rng(0).permutation(len(dataset)).tolist()
    for index in [*range(len(dataset)), *order]:
        record = dataset.get_data_info(index)
        item = dataset[index]
        level = 17 * record['frame'] % 240 + 8
        assert abs(item['inputs'].mean() - level) < 3
        assert item['data_samples'].frame == record['frame']


def test_records_of_videos(videos):
    for frames, counts in (('coded', [5, 9]), ('all', [12, 9])):
        dataset = BP4D(videos.root, frames=frames)
        records = records_of(dataset)
        assert [
            sum(record['subject'] == name for record in records)
            for name in ('F001', 'M018')
        ] == counts
        for record in records:
            assert record['video_frame'] == record['frame'] - 1
            assert Path(record['img_path']).is_file()
            assert record['activity'] == {'T1': 0, 'T8': 7}[record['sequence']]
    assert {Path(record['img_path']).name for record in records} == {
        '2F01_01.avi',
        '2M18_13.avi',
    }


@pytest.mark.parametrize('rename', [str.lower, str.upper])
@pytest.mark.parametrize('images', ['.', 'Videos'])
def test_activity_codes_of_videos(make_tree, rename, images):
    tree = make_tree(images=images, rename=rename)
    for number, code in enumerate(CODES, start=1):
        tree.add_video('F023', code, 2)
        tree.add_labels('F023', f'T{number}', [2])
    tree.add_video('F023', '02', 2)  # an activity that was not coded
    records = records_of(BP4D(tree.root))
    assert [(record['sequence'], record['activity']) for record in records] == [
        (f'T{number}', number - 1) for number in range(1, 9)
    ]
    for record in records:
        code = CODES[record['activity']]
        assert Path(record['img_path']).name.lower() == f'2f23_{code}.avi'
        assert record['subject'] == 'F023'


def test_a_video_shorter_than_its_labels(make_tree):
    tree = make_tree(images='.')
    tree.add_video('F001', '01', 4)
    tree.add_labels('F001', 'T1', range(3, 9))
    dataset = BP4D(tree.root)
    assert frames_of(dataset) == [3, 4]
    assert oddities_of(dataset) == {'label rows without an image': 4}


def test_a_video_that_does_not_open_is_named(make_tree):
    tree = make_tree(images='.')
    path = tree.add_video('F001', '01', 2)
    path.write_bytes(b'no video')
    tree.add_labels('F001', 'T1', [1])
    with pytest.raises(UserError, match=re.escape(str(path))):
        BP4D(tree.root)


def test_folders_of_other_things_do_not_hide_videos(make_tree):
    tree = make_tree(images='.')
    tree.add_video('F001', '01', 4)
    tree.add_labels('F001', 'T1', range(1, 5))
    expected = records_of(BP4D(tree.root))
    for name in ('0005.txt', 'face1.jpg'):
        folder = tree.root / 'Landmarks' / 'F001' / 'T1'
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b'x')
    dataset = BP4D(tree.root)
    assert records_of(dataset) == expected
    assert oddities_of(dataset) == {}


def test_each_recording_has_its_frames_or_its_video(make_tree):
    tree = make_tree(images='.')
    for code in ('01', '03'):
        tree.add_video('F001', code, 4)
    tree.add_images('F001', 'T1', range(1, 5))
    tree.add_images('F001', 'T4', range(1, 5))
    for task in ('T1', 'T2', 'T4'):
        tree.add_labels('F001', task, range(2, 5))
    dataset = BP4D(tree.root, pipeline=[LoadFace(size=16), PackFace()])
    used = {r['sequence']: r['video_frame'] >= 0 for r in records_of(dataset)}
    assert used == {'T1': False, 'T2': True, 'T4': False}
    assert frames_of(dataset) == [2, 3, 4] * 3
    for index, record in enumerate(records_of(dataset)):
        level = 17 * record['frame'] % 240 + 8
        assert abs(dataset[index]['inputs'].mean() - level) < 3
    (line,) = dataset.report.lines()[1:]
    assert line.startswith('1 videos passed over for the extracted frames')
    assert '2F01_01.avi' in line
