"""BP4D on disk: what does not belong together, what is wrong and what is not there."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from recording_trees import (
    frames_of,
    oddities_of,
    read_slowly,
    records_of,
    subjects_of,
)

from clef_mm.datasets.bp4d import BP4D
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.reading.occurrence_csv import LabelFileError
from clef_mm.errors import UserError


def test_images_and_labels_without_the_other(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', [4, 5, 6, 9])
    tree.add_labels('F001', 'T1', [5, 6, 7, 8])
    coded, everything = BP4D(tree.root), BP4D(tree.root, frames='all')

    assert frames_of(coded) == [5, 6]
    assert frames_of(everything) == [4, 5, 6, 9]
    labels = everything.column('gt_aus')
    assert (labels[[0, 3]] == -1).all()
    np.testing.assert_array_equal(labels[[1, 2]], coded.column('gt_aus'))
    for dataset in (coded, everything):
        assert oddities_of(dataset) == {'label rows without an image': 2}
        assert any('F001_T1/7, F001_T1/8' in line for line in dataset.report.lines())


def test_a_sequence_without_labels(make_tree):
    tree = make_tree()
    for task in ('T1', 'T2'):
        tree.add_images('F001', task, [1, 2])
    tree.add_labels('F001', 'T1', [1, 2])

    coded = BP4D(tree.root)
    assert {record['sequence'] for record in records_of(coded)} == {'T1'}
    assert oddities_of(coded) == {'sequences without a label file': 1}
    assert any('F001_T2' in line for line in coded.report.lines())

    everything = BP4D(tree.root, frames='all')
    assert records_of(everything) == read_slowly(tree.root, 'all')
    assert oddities_of(everything) == {}


def test_all_frames_need_no_label_at_all(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', [1, 2])
    dataset = BP4D(tree.root, frames='all')
    assert records_of(dataset) == read_slowly(tree.root, 'all')
    assert dataset.report.found['frames without AU codes'] == 2


def test_labels_without_a_sequence(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', [1, 2])
    tree.add_labels('F001', 'T1', [1, 2])
    tree.add_labels('M009', 'T2', range(1, 12))
    dataset = BP4D(tree.root)
    assert frames_of(dataset) == [1, 2]
    assert oddities_of(dataset) == {'label rows without an image': 11}
    assert any('M009_T2' in line for line in dataset.report.lines())


def test_labels_of_a_ninth_task_are_not_taken_for_another(make_tree):
    tree = make_tree().fill()
    tree.add_images('F001', 'T10', [1, 2])
    tree.add_labels('F001', 'T10', [1, 2])
    dataset = BP4D(tree.root)
    assert len(dataset) == 54
    (line,) = (line for line in dataset.report.lines() if 'BP4D does not have' in line)
    assert 'F001_T10' in line


def test_stray_files_are_left_out_and_reported(make_tree):
    tree = make_tree()
    folder = tree.add_images('F001', 'T1', [1, 2])
    tree.add_labels('F001', 'T1', [1, 2])
    strays = ['Thumbs.db', '._0001.jpg', '0001 (1).jpg', 'a.jpg', '99999999999.jpg']
    for name in strays:
        (folder / name).write_bytes(b'x')
    (tree.labels / 'readme.txt').write_text('x')
    (tree.labels / '._F001_T1.csv').write_bytes(b'\0\5')
    (tree.images / 'F01').mkdir()
    (tree.root / 'notes').mkdir()

    dataset = BP4D(tree.root)
    assert records_of(dataset) == read_slowly(tree.root)
    assert frames_of(dataset) == [1, 2]
    assert oddities_of(dataset) == {'files that are no frames': len(strays)}


def test_meshes_beside_the_images_are_no_oddity(make_tree):
    tree = make_tree()
    folder = tree.add_images('F001', 'T1', [1, 2], digits=3)
    for name in ('001.obj', '001.mtl', '001.bnd', '002.OBJ', '002.bndplus'):
        (folder / name).write_bytes(b'x')
    tree.add_labels('F001', 'T1', [1, 2])
    dataset = BP4D(tree.root)
    assert frames_of(dataset) == [1, 2]
    assert oddities_of(dataset) == {}


def test_a_frame_under_two_names_is_refused(make_tree):
    tree = make_tree().fill()
    folder = tree.add_images('F001', 'T1', [2441], digits=5)
    with pytest.raises(DataRootError, match=r'frame 2441 under two names') as caught:
        BP4D(tree.root)
    for part in (str(folder), '2441.jpg', '02441.jpg'):
        assert part in str(caught.value)


def test_two_trees_of_the_same_recordings_are_refused(make_tree):
    tree = make_tree().fill()
    tree.images = tree.root / 'crops'
    folder = tree.add_images('F003', 'T2', [999])
    with pytest.raises(DataRootError, match='both hold the frames') as caught:
        BP4D(tree.root)
    assert str(folder) in str(caught.value)
    assert 'Sequences(2D+3D)' in str(caught.value)


@pytest.mark.parametrize('place', ['__MACOSX', '3DFeatures'])
def test_folders_of_other_things_do_not_hide_the_images(make_tree, place):
    tree = make_tree().fill()
    expected = records_of(BP4D(tree.root))
    other = tree.root / place / 'F001' / 'T1'
    other.mkdir(parents=True)
    (other / '._2440.jpg').write_bytes(b'x')
    assert records_of(BP4D(tree.root)) == expected


def test_a_folder_that_may_not_be_read_is_passed_over(make_tree, monkeypatch):
    tree = make_tree().fill()
    (tree.root / 'lost+found').mkdir()
    listing = Path.iterdir

    def refuse(folder):
        if folder.name == 'lost+found':
            raise PermissionError(folder)
        return listing(folder)

    monkeypatch.setattr(Path, 'iterdir', refuse)
    monkeypatch.setattr(
        os, 'access', lambda folder, mode: Path(folder).name != 'lost+found'
    )
    assert len(BP4D(tree.root)) == 54


def test_frames_that_no_coder_could_score_stay_and_are_counted(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', [1, 2, 3])
    tree.add_labels('F001', 'T1', [1, 2], dict.fromkeys(range(1, 40), 9))
    dataset = BP4D(tree.root)
    assert frames_of(dataset) == [1, 2]
    assert (dataset.column('gt_aus') == -1).all()
    assert dataset.report.found['frames without AU codes'] == 2


def test_the_report_counts_what_there_is(released):
    found = BP4D(released.root).report.found
    records = read_slowly(released.root)
    assert found['subjects'] == len({record['subject'] for record in records}) == 6
    places = {(record['subject'], record['sequence']) for record in records}
    assert found['sequences'] == len(places) == 9
    assert found['frames'] == len(records)
    assert found['images on disk'] == len(read_slowly(released.root, 'all'))
    assert found['frames without AU codes'] == 0
    assert found['unknown AU codes in coded frames'] == sum(
        record['gt_aus'].count(-1) for record in records
    )


# --- what is not there ----------------------------------------------------------------


@pytest.mark.parametrize('frames', ['coded', 'all'])
@pytest.mark.parametrize('state', ['absent', 'empty', 'a file'])
def test_a_root_without_data_shows_what_is_expected(tmp_path, state, frames):
    root = tmp_path / 'data' / 'bp4d'
    if state == 'empty':
        root.mkdir(parents=True)
    elif state == 'a file':
        root.parent.mkdir()
        root.write_text('x')
    with pytest.raises(DataRootError) as caught:
        BP4D(root, frames=frames)
    message = str(caught.value)
    for part in (
        'found 0 label files and 0 sequences',
        'Sequences(2D+3D)/F001/T1/2440.jpg',
        'AUCoding/AU_OCC/F001_T1.csv',
        f'make_synthetic.py bp4d {root}',
    ):
        assert part in message
    assert isinstance(caught.value, UserError)
    assert isinstance(caught.value, FileNotFoundError)


def test_images_without_labels_and_labels_without_images(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', [1, 2])
    with pytest.raises(DataRootError, match='0 label files and 1 sequences'):
        BP4D(tree.root)

    tree = make_tree()
    tree.add_labels('F001', 'T1', [1, 2])
    with pytest.raises(DataRootError, match='1 label files and 0 sequences'):
        BP4D(tree.root)


def test_labels_that_fit_no_image(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', [1, 2])
    tree.add_labels('F001', 'T1', [11, 12, 13])
    with pytest.raises(DataRootError, match=r'no usable image.*3 label rows without'):
        BP4D(tree.root)


@pytest.mark.parametrize('frames', ['coded', 'all'])
def test_a_wrong_label_file_is_named(make_tree, frames):
    tree = make_tree().fill()
    path = tree.add_labels('M006', 'T5', [2, 3], {12: 5})
    with pytest.raises(LabelFileError, match=re.escape(f'{path} line 2, AU12: 5 is')):
        BP4D(tree.root, frames=frames)


def test_label_files_of_other_subjects_are_not_read(make_tree):
    tree = make_tree().fill()
    tree.write_labels('M006', 'T5', ['0,1', '1,1'])
    assert subjects_of(BP4D(tree.root, subjects=['F001'])) == {'F001'}


def test_lazy_init_leaves_the_disk_alone(tmp_path):
    dataset = BP4D(tmp_path / 'nowhere', lazy_init=True, split='test', fold=1)
    assert len(dataset.subjects) == 14
    assert dataset.metainfo['split'] == 'test'
    with pytest.raises(DataRootError):
        len(dataset)
