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
