"""DISFA on disk: what does not belong together, what is wrong or not there."""

import re

import pytest
from disfa_tree import (
    FILE_UNITS,
    UNITS,
    read_slowly,
    records_of,
    subjects,
)
from recording_trees import oddities_of

from clef_mm.datasets import DISFA
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.reading.occurrence_csv import LabelFileError
from clef_mm.errors import UserError


def test_a_missing_unit_is_unknown_and_not_absent(make_disfa):
    tree = make_disfa().fill()
    (tree.labels / 'SN010' / 'SN010_au12.txt').unlink()
    dataset = DISFA(tree.root)
    assert records_of(dataset) == read_slowly(tree.root)
    unknown = {(s, i.index(-1), a.index(-1)) for s, _, i, a in records_of(dataset)
               if -1 in i}  # fmt: skip
    assert unknown == {('SN010', FILE_UNITS.index(12), UNITS.index(12))}
    (line,) = dataset.report.lines()[1:]
    assert 'without a label file' in line
    assert 'SN010 AU12' in line


def test_a_truncated_label_file_leaves_frames_unknown(make_disfa):
    tree = make_disfa().fill()
    path = tree.labels / 'SN001' / 'SN001_au4.txt'
    path.write_text(''.join(path.read_text().splitlines(True)[:5]))
    dataset = DISFA(tree.root)
    assert records_of(dataset) == read_slowly(tree.root)
    (line,) = dataset.report.lines()[1:]
    assert 'lack frames of other units' in line
    assert 'SN001 AU4' in line


def test_images_and_labels_without_the_other(make_disfa):
    tree = make_disfa()
    tree.add_frames('SN001', [0, 1, 2, 5])
    tree.add_labels('SN001', 4)
    tree.add_frames('SN002', [0, 1])
    tree.add_labels('SN003', 7)
    dataset = DISFA(tree.root)
    assert [record[:2] for record in records_of(dataset)] == [
        ('SN001', 1),
        ('SN001', 2),
        ('SN001', 3),
    ]
    found = oddities_of(dataset)
    assert found.pop('label rows without an image') == 1 + 7
    assert found.pop('images without a label row, left out') == 1 + 2
    assert found.pop('action units without a label file, unknown there') == 12
    assert found == {}


def test_a_video_of_one_frame_more(make_disfa):
    tree = make_disfa()
    tree.add_video('SN001', 6)
    tree.add_labels('SN001', 5)
    dataset = DISFA(tree.root)
    assert [frame for _, frame, *_ in records_of(dataset)] == [1, 2, 3, 4, 5]
    assert oddities_of(dataset) == {'images without a label row, left out': 1}


# --- what is wrong or not there -------------------------------------------------------


@pytest.mark.parametrize(
    ('lines', 'message'),
    [
        ([], 'has no label row'),
        (['frame,intensity', '1,0'], "line 1: expected 2 integers.*'frame,intensity'"),
        (['1,0', '2'], "line 2: expected 2 integers separated by commas, got '2'"),
        (['1,0', '2,'], 'line 2: expected 2'),
        (['1,0,0', '2,0'], 'line 1: expected 2'),
        (['1,0', '2,x'], 'line 2: expected 2'),
        (['1,0', '', '3,0'], 'line 2: expected 2'),
        (['1 0'], 'line 1: expected 2'),
        (['1,0', '2,6'], 'line 2: intensity 6 is none of 0 to 5'),
        (['1,-1'], 'line 1: intensity -1 is none of 0 to 5'),
        (['1,0', '1,0'], 'line 2: frame 1 follows frame 1'),
        (['2,0', '1,0'], 'line 2: frame 1 follows frame 2'),
    ],
)
def test_bad_label_files_are_named(make_disfa, lines, message):
    tree = make_disfa().fill(offset=-1)
    path = tree.write_labels('SN010', 9, lines)
    with pytest.raises(LabelFileError, match=message) as caught:
        DISFA(tree.root)
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, UserError)


@pytest.mark.parametrize('content', [b'', b'\n\n', b'\xff\xfe\0\1' * 40])
def test_label_files_that_hold_nothing(make_disfa, content):
    tree = make_disfa().fill(offset=-1)
    path = tree.labels / 'SN001' / 'SN001_au25.txt'
    path.write_bytes(content)
    with pytest.raises(LabelFileError, match=re.escape(str(path))):
        DISFA(tree.root)


def test_label_files_of_other_subjects_are_not_read(make_disfa):
    tree = make_disfa().fill(offset=-1)
    tree.write_labels('SN010', 9, ['x'])
    assert subjects(DISFA(tree.root, subjects=['SN001'])) == {'SN001'}


@pytest.mark.parametrize('state', ['absent', 'empty', 'labels', 'videos'])
def test_a_root_without_data_shows_what_is_expected(make_disfa, state):
    tree = make_disfa()
    if state == 'empty':
        tree.root.mkdir()
    elif state == 'labels':
        tree.add_labels('SN001', 2)
    elif state == 'videos':
        tree.add_video('SN001', 2)
    found = {'labels': '12 label files and 0', 'videos': '0 label files and 1'}
    with pytest.raises(DataRootError) as caught:
        DISFA(tree.root)
    for part in (
        f'DISFA is not in {tree.root}: found {found.get(state, "0 label files and 0")}',
        'recordings of the left camera',
        'Videos_LeftCamera/LeftVideoSN001_comp.avi',
        'ActionUnit_Labels/SN001/SN001_au1.txt',
        f'make_synthetic.py disfa {tree.root}',
    ):
        assert part in str(caught.value)


def test_a_camera_that_is_not_there(make_disfa):
    tree = make_disfa().fill()
    with pytest.raises(DataRootError, match='0 recordings of the right camera'):
        DISFA(tree.root, camera='right')


def test_a_video_that_does_not_open_is_named(make_disfa):
    tree = make_disfa().fill()
    path = tree.root / 'Videos_LeftCamera' / 'LeftVideoSN001_comp.avi'
    path.write_bytes(b'no video')
    with pytest.raises(UserError, match=re.escape(str(path))):
        DISFA(tree.root)
