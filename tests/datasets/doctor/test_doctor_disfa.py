"""DISFA: nothing is wrong with the published counts, and each damage is told."""

import os
import shutil

import cv2
import numpy as np
import pytest
from published_rows import names_of

from clef_mm.datasets.doctor import examine
from clef_mm.datasets.doctor.check import Verdict
from clef_mm.datasets.frame_table import Categories, FrameTable

WEIGHTS = {
    f'class weights, trained on parts {pair}'
    for pair in ('1 and 2', '1 and 3', '2 and 3')
}
COUNTS = {'rows of each subject', 'coded frames', 'coded frames by part'}
UNITS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)


def test_the_published_counts_are_right(disfa_rows, prepare_rows):
    examination = examine('disfa', prepare_rows('DISFA', disfa_rows))
    assert {check.verdict for check in examination.checks} == {Verdict.OK}
    assert names_of(examination, Verdict.OK) >= WEIGHTS | COUNTS


def one_row_fewer(rows):
    last = np.flatnonzero(rows.columns['subject'].isin(['SN003']))[-1]
    return rows.take(np.delete(np.arange(len(rows)), last))


def counted_from_0(rows):
    return FrameTable({**rows.columns, 'frame': rows.columns['frame'] - 1})


def threshold_1(rows):
    """Raise what is below the threshold, as if frames from intensity 1 on counted."""
    return FrameTable(
        {**rows.columns, 'intensities': rows.columns['intensities'] * np.int8(2)}
    )


def without_two_subjects(rows):
    return rows.take(~rows.columns['subject'].isin(['SN001', 'SN003']))


DAMAGES = {
    one_row_fewer: {*COUNTS, 'crops and frames without one'},
    # Frame 4845 of SN011 and SN023, with bad landmarks, would then not exist.
    counted_from_0: {'first label row', 'frames listed with bad landmarks'},
    threshold_1: {'base rates', *WEIGHTS},
}


@pytest.mark.parametrize(
    ('damage', 'wrong'), DAMAGES.items(), ids=[damage.__name__ for damage in DAMAGES]
)
def test_each_damage_of_the_labels_is_told(disfa_rows, prepare_rows, damage, wrong):
    examination = examine('disfa', prepare_rows('DISFA', damage(disfa_rows)))
    assert names_of(examination) == wrong
    assert not examination.passed


def test_a_prepared_right_camera_is_read_as_such(disfa_rows, prepare_rows):
    one = Categories(np.zeros(len(disfa_rows), np.int32), ['right'])
    rows = FrameTable({**disfa_rows.columns, 'sequence': one})
    root = prepare_rows('DISFA', rows, options={'camera': 'right'})
    assert {check.verdict for check in examine('disfa', root).checks} == {Verdict.OK}


def test_a_frame_without_a_crop_leaves_an_odd_gap(disfa_rows, prepare_rows):
    rows = disfa_rows.take(np.delete(np.arange(len(disfa_rows)), 700))
    examination = examine('disfa', prepare_rows('DISFA', rows, {'no face': 1}))
    assert examination.passed
    odd = names_of(examination, Verdict.ODD)
    assert odd == {'frames without a crop', 'consecutive frames', *COUNTS}


def test_missing_subjects_are_named(disfa_rows, prepare_rows):
    rows = without_two_subjects(disfa_rows)
    checks = examine('disfa', prepare_rows('DISFA', rows)).checks
    (check,) = (check for check in checks if check.name == 'subjects')
    assert check.verdict is Verdict.WRONG
    assert check.found == '2: no SN001, no SN003'


# --- the release on disk --------------------------------------------------------------


@pytest.fixture(scope='module')
def synthetic_disfa(tmp_path_factory):
    from clef_mm.datasets.synthetic import write_disfa

    root = tmp_path_factory.mktemp('synthetic') / 'disfa'
    subjects = ('SN001', 'SN010', 'SN003')
    write_disfa(root, subjects=subjects, frames_per_video=8, size=32, workers=1)
    return root


@pytest.fixture
def tree(synthetic_disfa, tmp_path):
    return shutil.copytree(synthetic_disfa, tmp_path / 'disfa')


def test_a_synthetic_tree_has_the_right_structure(synthetic_disfa):
    examination = examine('disfa', synthetic_disfa, deep=True, workers=1)
    assert examination.heading.startswith('SYNTHETIC')
    assert examination.passed
    assert names_of(examination, Verdict.ODD) == set()
    assert names_of(examination, Verdict.OK) >= {'left camera', 'images decode'}
    assert names_of(examination, Verdict.NOT_CHECKED) >= {'subjects', *COUNTS}


def labels(tree, subject='SN003', unit=4):
    return tree / 'ActionUnit_Labels' / subject / f'{subject}_au{unit}.txt'


def wrong_intensity(tree):
    labels(tree).write_text(labels(tree).read_text().replace('1,', '1,7', 1))


def left_video_missing(tree):
    next((tree / 'Videos_LeftCamera').glob('*SN003*')).unlink()


def right_video_missing(tree):
    next((tree / 'Video_RightCamera').glob('*SN003*')).unlink()


def label_file_missing(tree):
    labels(tree).unlink()


def row_skipped(tree):
    for unit in UNITS:
        path = labels(tree, unit=unit)
        lines = path.read_text().splitlines()
        path.write_text('\n'.join([*lines[:3], *lines[4:], '']))


def row_added(tree):
    for unit in UNITS:
        with labels(tree, unit=unit).open('a') as file:
            file.write('9,0\n')


RELEASE_DAMAGES = {
    wrong_intensity: ({'loading', 'label files'}, set()),
    left_video_missing: ({'left camera', 'label rows without an image'}, set()),
    right_video_missing: (set(), {'right camera'}),
    label_file_missing: (set(), {'label files of each subject'}),
    row_skipped: (
        {'consecutive frames'},
        {'more images of the left camera', 'more images of the right camera'},
    ),
    row_added: ({'label rows without an image'}, {'images of the right camera'}),
}


@pytest.mark.parametrize(
    ('damage', 'wrong', 'odd'),
    [(damage, *found) for damage, found in RELEASE_DAMAGES.items()],
    ids=[damage.__name__ for damage in RELEASE_DAMAGES],
)
def test_each_damage_of_the_files_is_told(tree, damage, wrong, odd):
    damage(tree)
    examination = examine('disfa', tree)
    assert names_of(examination) == wrong
    assert names_of(examination, Verdict.ODD) == odd
    assert examination.passed is not bool(wrong)


@pytest.mark.slow
def test_a_full_release_is_right(tmp_path, disfa_rows):
    columns = disfa_rows.columns
    for subject in columns['subject'].names:
        rows = np.flatnonzero(columns['subject'].isin([subject]))
        (tmp_path / 'ActionUnit_Labels' / subject).mkdir(parents=True)
        for place, unit in enumerate(UNITS):
            values = columns['intensities'][rows, place].tolist()
            text = ''.join(f'{n},{value}\n' for n, value in enumerate(values, 1))
            labels(tmp_path, subject, unit).write_text(text)
    video = tmp_path / 'video.avi'
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*'MJPG'), 20, (64, 48))
    for _ in range(4845):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    for folder, name in (
        ('Videos_LeftCamera', 'LeftVideo{}_comp.avi'),
        ('Video_RightCamera', 'RightVideo{}_Comp.avi'),
    ):
        (tmp_path / folder).mkdir()
        for subject in columns['subject'].names:
            os.link(video, tmp_path / folder / name.format(subject))
    video.unlink()
    examination = examine('disfa', tmp_path)
    assert {check.verdict for check in examination.checks} == {Verdict.OK}
