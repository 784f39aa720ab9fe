"""BP4D: nothing is wrong with the published counts, and each damage is told."""

import shutil
import time

import cv2
import numpy as np
import pytest
from published_rows import names_of, write_bp4d_release

from clef_mm.datasets.doctor import examine
from clef_mm.datasets.doctor.check import Verdict
from clef_mm.datasets.frame_table import Categories, FrameTable
from clef_mm.datasets.prepared_index import write_index

WEIGHTS = {
    f'class weights, trained on parts {pair}'
    for pair in ('1 and 2', '1 and 3', '2 and 3')
}
COUNTS = {'coded frames', 'coded frames by part', 'coded frames by task'}


def changed(rows, **columns):
    return FrameTable({**rows.columns, **columns})


def rows_of(rows, subject, task):
    columns = rows.columns
    return np.flatnonzero(
        columns['subject'].isin([subject]) & columns['sequence'].isin([task])
    )


def test_the_published_counts_are_right(bp4d_rows, prepare_rows):
    examination = examine('bp4d', prepare_rows('BP4D', bp4d_rows))
    assert examination.passed
    assert {check.verdict for check in examination.checks} == {Verdict.OK}
    assert names_of(examination, Verdict.OK) >= WEIGHTS | COUNTS


def without_subject(rows):
    return rows.take(~rows.columns['subject'].isin(['F002']))


def one_frame_fewer(rows):
    return rows.take(np.delete(np.arange(len(rows)), rows_of(rows, 'M003', 'T7')[-1]))


def with_a_gap(rows):
    frame = rows.columns['frame'].copy()
    frame[rows_of(rows, 'F005', 'T4')[100:]] += 1
    return changed(rows, frame=frame)


def first_frame_moved(rows):
    frame = rows.columns['frame'].copy()
    frame[rows_of(rows, 'F001', 'T1')] -= 1
    return changed(rows, frame=frame)


def all_rates_higher(rows):
    """Make every AU 2 % more frequent: weights stay the same."""
    labels = rows.columns['gt_aus'].copy()
    rng = np.random.default_rng(0)
    for part in range(3):
        here = np.arange(len(rows)) * 3 // len(rows) == part
        for unit in range(12):
            present = np.flatnonzero(here & (labels[:, unit] == 1))
            absent = np.flatnonzero(here & (labels[:, unit] == 0))
            added = rng.choice(absent, round(0.02 * len(present)), replace=False)
            labels[added, unit] = 1
    return changed(rows, gt_aus=labels)


def positives_moved(rows):
    """Move positives of AU1 from the first part to the last: rates stay the same."""
    labels = rows.columns['gt_aus'].copy()
    give = np.flatnonzero(labels[:50_000, 0] == 1)[::4]
    take = 101_000 + np.flatnonzero(labels[101_000:, 0] == 0)[: len(give)]
    labels[give, 0], labels[take, 0] = 0, 1
    return changed(rows, gt_aus=labels)


def columns_swapped(rows):
    labels = rows.columns['gt_aus'].copy()
    labels[:, [0, 5]] = labels[:, [5, 0]]
    return changed(rows, gt_aus=labels)


def a_stranger(rows):
    column = rows.columns['subject']
    names = [name.replace('F002', 'F099') for name in column.names]
    return changed(rows, subject=Categories(column.codes, names))


DAMAGES = {
    without_subject: {'subjects', 'sequences with labels', *COUNTS},
    one_frame_fewer: COUNTS,
    with_a_gap: {'consecutive frames'},
    first_frame_moved: {'first coded frame of F001_T1'},
    all_rates_higher: {'base rates'},
    positives_moved: WEIGHTS - {'class weights, trained on parts 1 and 3'},
    columns_swapped: {'base rates', *WEIGHTS},
    a_stranger: {
        'split preset jaanet',
        'split preset fera2015',
        'subjects',
        'coded frames by part',
    },
}


@pytest.mark.parametrize(
    ('damage', 'wrong'), DAMAGES.items(), ids=[damage.__name__ for damage in DAMAGES]
)
def test_each_damage_of_the_labels_is_told(bp4d_rows, prepare_rows, damage, wrong):
    examination = examine('bp4d', prepare_rows('BP4D', damage(bp4d_rows)))
    crops = {'crops and frames without one'} if wrong >= COUNTS else set()
    assert names_of(examination) == wrong | crops
    assert not examination.passed


def test_many_unknown_codes_are_odd(bp4d_rows, prepare_rows):
    labels = bp4d_rows.columns['gt_aus'].copy()
    labels[::50, 1] = -1
    rows = changed(bp4d_rows, gt_aus=labels)
    examination = examine('bp4d', prepare_rows('BP4D', rows))
    assert examination.passed
    assert names_of(examination, Verdict.ODD) == {'unknown codes (9)'}


# --- the release on disk --------------------------------------------------------------


@pytest.fixture
def tree(synthetic_bp4d, tmp_path):
    """Return a copy of the synthetic BP4D that a test may damage."""
    return shutil.copytree(synthetic_bp4d, tmp_path / 'bp4d')


def label_file(tree, name='F001_T1'):
    return tree / 'AUCoding' / 'AU_OCC' / f'{name}.csv'


def images(tree, name='F001/T1'):
    return sorted((tree / 'Sequences(2D+3D)' / name).iterdir())


def test_a_synthetic_tree_has_the_right_structure(synthetic_bp4d):
    examination = examine('bp4d', synthetic_bp4d, deep=True, workers=1)
    assert examination.heading.startswith('SYNTHETIC')
    assert examination.passed
    assert names_of(examination, Verdict.ODD) == set()
    assert names_of(examination, Verdict.NOT_CHECKED) >= {
        'subjects',
        'base rates',
        *COUNTS,
        *WEIGHTS,
    }
    assert names_of(examination, Verdict.OK) >= {
        'loading',
        'header of the label files',
        'digits in the names of images',
        'images decode',
    }


def cut_label_row(tree):
    path = label_file(tree)
    path.write_text(path.read_text()[:-4])


def wrong_code(tree):
    path = label_file(tree)
    path.write_text(path.read_text().replace(',1', ',5'))


def column_renamed(tree):
    """Give column 3 another name; the 12 AUs are still found."""
    path = label_file(tree)
    path.write_text(path.read_text().replace('0,1,2,3,', '0,1,2,103,', 1))


def label_file_missing(tree):
    label_file(tree).unlink()


def image_missing(tree):
    coded = label_file(tree).read_text().splitlines()[1].partition(',')[0]
    next(path for path in images(tree) if int(path.stem) == int(coded)).unlink()


def frame_skipped(tree):
    lines = label_file(tree).read_text().splitlines()
    label_file(tree).write_text('\n'.join([*lines[:2], *lines[3:], '']))


RELEASE_DAMAGES = {
    cut_label_row: {'loading', 'label files'},
    wrong_code: {'loading', 'label files'},
    column_renamed: {'header of the label files'},
    label_file_missing: {'sequences without a label file'},
    image_missing: {'label rows without an image'},
    frame_skipped: {'consecutive frames'},
}


@pytest.mark.parametrize(
    ('damage', 'wrong'),
    RELEASE_DAMAGES.items(),
    ids=[damage.__name__ for damage in RELEASE_DAMAGES],
)
def test_each_damage_of_the_files_is_told(tree, damage, wrong):
    damage(tree)
    examination = examine('bp4d', tree)
    assert names_of(examination) == wrong
    assert not examination.passed


def test_one_broken_label_file_does_not_end_the_examination(tree):
    cut_label_row(tree)
    checks = {check.name: check for check in examine('bp4d', tree).checks}
    assert 'F001_T1.csv' in checks['label files'].found
    assert checks['consecutive frames'].verdict is Verdict.OK
    assert checks['sequences with labels'].found == '79'
    # What only the dataset class can tell is not known.
    assert checks['padding'].verdict is Verdict.NOT_CHECKED


def test_labels_without_any_image_are_examined(tree):
    shutil.rmtree(tree / 'Sequences(2D+3D)')
    examination = examine('bp4d', tree)
    assert names_of(examination) == {'loading'}
    checks = {check.name: check for check in examination.checks}
    assert checks['sequences with labels'].found == '80'


def test_renamed_images_are_odd(tree):
    for path in images(tree):
        path.rename(path.with_name(f'{int(path.stem):05d}.jpg'))
    examination = examine('bp4d', tree)
    assert examination.passed
    assert names_of(examination, Verdict.ODD) == {'digits in the names of images'}
    (check,) = (c for c in examination.checks if c.verdict is Verdict.ODD)
    assert check.found == '1: F001_T1 5'


def test_an_image_numbered_0_is_odd(tree):
    first = images(tree)[0]
    shutil.copy(first, first.with_name('0000.jpg'))
    examination = examine('bp4d', tree)
    assert examination.passed
    odd = names_of(examination, Verdict.ODD)
    assert 'images numbered 0' in odd
    assert all('0' in name for name in odd)


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (lambda data: b'', 'is empty'),
        (lambda data: data[: len(data) // 2], 'is cut short'),
        (lambda data: b'no image at all', 'is not an image'),
    ],
    ids=['empty', 'cut short', 'undecodable'],
)
def test_broken_images_are_found_by_looking_deep(tree, content, message):
    path = images(tree)[1]
    path.write_bytes(content(path.read_bytes()))
    assert examine('bp4d', tree).passed
    examination = examine('bp4d', tree, deep=True, workers=1)
    assert names_of(examination) == {'images decode'}
    (check,) = (c for c in examination.checks if c.verdict is Verdict.WRONG)
    assert f'{path} {message}' in check.advice


def test_videos_are_decoded_too(tmp_path):
    from clef_mm.datasets.synthetic import write_bp4d

    options = {'frames_per_sequence': 3, 'size': 32, 'workers': 1}
    write_bp4d(tmp_path / 'v', subjects=('F001',), packaging='avi', **options)
    examination = examine('bp4d', tmp_path / 'v', deep=True, workers=1)
    assert examination.passed
    checks = {check.name: check for check in examination.checks}
    padding = checks['digits in the names of images']
    assert padding.verdict is Verdict.NOT_CHECKED
    assert checks['images decode'].verdict is Verdict.OK
    assert '32 x 32' in checks['image sizes'].found


# --- a prepared tree ------------------------------------------------------------------


@pytest.fixture
def few_crops(tmp_path):
    """Return a prepared tree of three crops of 20 x 20 pixels, as if synthetic."""

    def prepare(**header):
        (tmp_path / 'faces').mkdir()
        records = []
        for frame in (1, 2, 3):
            path = tmp_path / 'faces' / f'{frame}.jpg'
            cv2.imwrite(str(path), np.full((20, 20, 3), 90, np.uint8))
            record = {'img_path': str(path), 'subject': 'F001', 'sequence': 'T1'}
            labels = {'gt_aus': np.zeros(12, np.int8), 'coded': True}
            records.append({**record, 'frame': frame, 'activity': 0, **labels})
        crop = {'name': 'aligned', 'size': 20, 'hash': 'abc'}
        made_with = {'frames': 'coded', 'frame_offset': 0}
        usual = {'dataset': 'BP4D', 'source_options': made_with}
        usual |= {'crop': crop, 'frames': 3, 'lost': {}}
        table = FrameTable.of(records)
        told = {key: value for key, value in (usual | header).items() if value != ''}
        write_index(tmp_path, table, told)
        (tmp_path / 'SYNTHETIC.json').write_text('{}')
        return tmp_path

    return prepare


OTHER_SIZE = {'name': 'aligned', 'size': 24, 'hash': 'abc'}


@pytest.mark.parametrize(
    ('header', 'wrong'),
    [
        ({}, set()),
        ({'crop': ''}, {'header of the index'}),
        ({'lost': ''}, {'header of the index', 'loading'}),
        ({'frames': 7}, {'rows of the index'}),
        ({'crop': OTHER_SIZE}, {'image sizes'}),
    ],
    ids=['none', 'no crop policy', 'no lost frames', 'other rows', 'other size'],
)
def test_the_header_of_a_prepared_tree_must_fit(few_crops, header, wrong):
    examination = examine('bp4d', few_crops(**header), deep=True, workers=1)
    assert names_of(examination) == wrong
    assert 'SYNTHETIC: prepared BP4D' in examination.heading


def test_a_prepared_tree_without_labels_is_wrong(bp4d_rows, prepare_rows):
    root = prepare_rows('BP4D', bp4d_rows.without('gt_aus'))
    assert 'labels in the index' in names_of(examine('bp4d', root))


def test_crops_that_do_not_exist_are_wrong(bp4d_rows, prepare_rows):
    root = prepare_rows('BP4D', bp4d_rows)
    (root / 'faces' / 'one.jpg').unlink()
    assert names_of(examine('bp4d', root)) == {'images of the index'}


def test_lost_frames_are_odd_if_they_explain_what_is_missing(bp4d_rows, prepare_rows):
    root = prepare_rows('BP4D', one_frame_fewer(bp4d_rows), {'no face': 1})
    examination = examine('bp4d', root)
    assert examination.passed
    assert names_of(examination, Verdict.ODD) == {'frames without a crop', *COUNTS}


@pytest.mark.parametrize(
    ('damage', 'lost', 'wrong'),
    [
        # A whole person is never lost, however many frames are.
        (
            without_subject,
            1,
            {*DAMAGES[without_subject], 'crops and frames without one'},
        ),
        (without_subject, 10_000, {'subjects', 'sequences with labels'}),
        (
            a_stranger,
            10_000,
            {'split preset jaanet', 'split preset fera2015', 'subjects'},
        ),
        (all_rates_higher, 10_000, {'base rates'}),
        (positives_moved, 10_000, DAMAGES[positives_moved]),
    ],
)
def test_lost_frames_excuse_no_more_than_themselves(
    bp4d_rows, prepare_rows, damage, lost, wrong
):
    root = prepare_rows('BP4D', damage(bp4d_rows), {'no face': lost})
    assert names_of(examine('bp4d', root)) == wrong


@pytest.mark.parametrize(('lost', 'passed'), [(1, True), (0, False)])
def test_a_lost_first_frame_is_odd(bp4d_rows, prepare_rows, lost, passed):
    first = rows_of(bp4d_rows, 'F001', 'T1')[0]
    rows = bp4d_rows.take(np.delete(np.arange(len(bp4d_rows)), first))
    root = prepare_rows('BP4D', rows, {'no face': lost} if lost else None)
    examination = examine('bp4d', root)
    assert examination.passed is passed
    verdict = Verdict.ODD if passed else Verdict.WRONG
    assert 'first coded frame of F001_T1' in names_of(examination, verdict)


def test_a_damaged_index_is_wrong(bp4d_rows, prepare_rows):
    root = prepare_rows('BP4D', bp4d_rows)
    index = root / 'index.npz'
    index.write_bytes(index.read_bytes()[:1000])
    examination = examine('bp4d', root)
    assert 'loading' in names_of(examination)
    assert 'index.npz is damaged' in examination.checks[0].found


def test_a_prepared_tree_of_another_dataset_is_wrong(bp4d_rows, prepare_rows):
    examination = examine('bp4d', prepare_rows('BP4DPlus', bp4d_rows))
    assert 'loading' in names_of(examination)
    assert 'prepared BP4DPlus' in examination.checks[0].found


# --- in full size ---------------------------------------------------------------------


@pytest.mark.slow
def test_a_full_release_is_right_and_examined_in_seconds(tmp_path, bp4d_rows, capsys):
    write_bp4d_release(tmp_path, bp4d_rows)
    start = time.perf_counter()
    examination = examine('bp4d', tmp_path)
    seconds = time.perf_counter() - start
    with capsys.disabled():
        print(f'\n{len(bp4d_rows):,} frames examined in {seconds:.1f} s')
    assert {check.verdict for check in examination.checks} == {Verdict.OK}

    label_file(tmp_path, 'M003_T7').unlink()
    shutil.rmtree(tmp_path / 'Sequences(2D+3D)' / 'M003' / 'T7')
    assert names_of(examine('bp4d', tmp_path)) == {'sequences with labels', *COUNTS}
