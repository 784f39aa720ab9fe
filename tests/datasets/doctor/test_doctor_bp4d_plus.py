"""BP4D+: counts of the size that is published, its gaps, its known short recording."""

import shutil

import numpy as np
import pytest
from published_rows import even_split, names_of

from clef_mm.datasets.doctor import examine
from clef_mm.datasets.doctor.check import Verdict
from clef_mm.datasets.fold_presets import find_preset
from clef_mm.datasets.frame_table import Categories, FrameTable

FRAMES = 197_756


def rows_of(total):
    """Return label rows of all 560 sequences."""
    tasks = ('T1', 'T6', 'T7', 'T8')
    subjects = find_preset('BP4DPlus').subjects
    lengths = even_split(total, 560)
    labels = np.random.default_rng(0).integers(0, 2, (total, 12), np.int8)
    numbers = np.repeat(np.arange(560), lengths)
    return FrameTable(
        {
            'subject': Categories(numbers // 4, subjects),
            'sequence': Categories(numbers % 4, tasks),
            'frame': np.concatenate([np.arange(300, 300 + size) for size in lengths]),
            'activity': np.zeros(total, np.int8),
            'gt_aus': labels,
            'coded': np.ones(total, bool),
        }
    )


@pytest.mark.parametrize('more', [0, 127, 827])
def test_the_published_count_and_what_it_leaves_out_are_right(prepare_rows, more):
    examination = examine('bp4d_plus', prepare_rows('BP4DPlus', rows_of(FRAMES + more)))
    assert examination.passed
    assert names_of(examination, Verdict.ODD) == set()
    assert names_of(examination, Verdict.NOT_CHECKED) == {'images of F003_T8'}


@pytest.mark.parametrize(
    ('rows', 'wrong'),
    [
        (rows_of(FRAMES + 1500), {'coded frames'}),
        (rows_of(FRAMES - 1500), {'coded frames', 'crops and frames without one'}),
        (
            rows_of(FRAMES).take(np.arange(FRAMES - 700)),
            {'sequences with labels'},
        ),
    ],
    ids=['too many rows', 'too few rows', 'a few sequences missing'],
)
def test_each_damage_of_the_labels_is_told(prepare_rows, rows, wrong):
    examination = examine('bp4d_plus', prepare_rows('BP4DPlus', rows))
    assert names_of(examination) == wrong


@pytest.fixture(scope='module')
def synthetic_plus(tmp_path_factory):
    from clef_mm.datasets.synthetic import write_bp4d_plus

    root = tmp_path_factory.mktemp('synthetic') / 'plus'
    options = {'frames_per_sequence': 3, 'size': 32, 'workers': 1}
    write_bp4d_plus(root, subjects=('F041', 'M001'), **options)
    return root


@pytest.fixture
def tree(synthetic_plus, tmp_path):
    return shutil.copytree(synthetic_plus, tmp_path / 'plus')


def label_file(tree, name):
    return tree / 'AUCoding' / 'AU_OCC' / f'{name}.csv'


def images(tree, name):
    return sorted((tree / '2D+3D' / name).iterdir())


def lengthen(tree, name):
    path = label_file(tree, name)
    last = path.read_text().splitlines()[-1]
    number, _, codes = last.partition(',')
    rows = [f'{int(number) + step},{codes}' for step in range(1, 60)]
    path.write_text('\n'.join([path.read_text().rstrip(), *rows, '']))


SHORT = 'F041_T7, known to be short'


def test_a_synthetic_tree_has_the_right_structure(synthetic_plus):
    examination = examine('bp4d_plus', synthetic_plus, deep=True, workers=1)
    assert examination.heading.startswith('SYNTHETIC')
    assert examination.passed
    assert names_of(examination, Verdict.ODD) <= {SHORT}


def test_only_the_recording_known_to_be_short_may_be_short(tree):
    lengthen(tree, 'F041_T7')
    examination = examine('bp4d_plus', tree)
    assert examination.passed
    assert SHORT in names_of(examination, Verdict.ODD)

    lengthen(tree, 'M001_T7')
    assert names_of(examine('bp4d_plus', tree)) == {'label rows without an image'}


def test_f003_t8_may_be_short_too(tmp_path):
    from clef_mm.datasets.synthetic import write_bp4d_plus

    options = {'frames_per_sequence': 3, 'size': 32, 'workers': 1}
    write_bp4d_plus(tmp_path / 'plus', subjects=('F003',), **options)
    lengthen(tmp_path / 'plus', 'F003_T8')
    examination = examine('bp4d_plus', tmp_path / 'plus')
    assert examination.passed
    assert 'F003_T8, known to be short' in names_of(examination, Verdict.ODD)


def test_a_gap_in_the_labels_is_odd_since_nobody_says_there_is_none(tree):
    path = label_file(tree, 'M001_T1')
    lines = path.read_text().splitlines()
    path.write_text('\n'.join([*lines[:2], *lines[3:], '']))
    examination = examine('bp4d_plus', tree)
    assert examination.passed
    assert 'consecutive frames' in names_of(examination, Verdict.ODD)


def test_the_columns_of_bp4d_are_wrong(tree):
    path = label_file(tree, 'M001_T1')
    rows = len(path.read_text().splitlines()) - 1
    lines = [','.join(map(str, range(100)))]
    lines += [','.join([str(row + 1), *['0'] * 99]) for row in range(rows)]
    path.write_text('\n'.join([*lines, '']))
    examination = examine('bp4d_plus', tree)
    assert names_of(examination) == {'header of the label files'}
    (check,) = (c for c in examination.checks if c.verdict is Verdict.WRONG)
    assert 'M001_T1.csv lacks none and adds 3, 8, 21, 25, 26' in check.found


def test_images_counted_from_1_are_odd(tree):
    for path in reversed(images(tree, 'M001/T1')):
        path.rename(path.with_name(f'{int(path.stem) + 1:04d}.jpg'))
    examination = examine('bp4d_plus', tree)
    assert names_of(examination, Verdict.ODD) - {SHORT} == {
        'first image of a recording'
    }


def test_a_missing_image_between_others_is_odd(tree):
    images(tree, 'M001/T2')[2].unlink()
    examination = examine('bp4d_plus', tree)
    assert examination.passed
    assert names_of(examination, Verdict.ODD) - {SHORT} == {'consecutive images'}


@pytest.mark.parametrize('trace', ['Physiology/F042/T11', 'physiology/f042/t11'])
def test_the_trace_of_an_eleventh_task_is_odd(tree, trace):
    (tree / trace).mkdir(parents=True)
    examination = examine('bp4d_plus', tree)
    assert 'F042_T11, known to be empty' in names_of(examination, Verdict.ODD)
