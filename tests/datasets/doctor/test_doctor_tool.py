"""tools/dataset_tools/doctor.py as a user calls it, and what its table is made of."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clef_mm.datasets.doctor import examine
from clef_mm.datasets.doctor.check import Verdict, compare, compare_frames, require
from clef_mm.datasets.doctor.facts import Fact, load_facts
from clef_mm.datasets.names import CLASSES
from clef_mm.errors import UserError

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / 'tools' / 'dataset_tools' / 'doctor.py'


def call(*arguments, options=()):
    return subprocess.run(
        [sys.executable, *options, str(SCRIPT), *map(str, arguments)],
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_comes_before_any_heavy_import():
    done = call('--help', options=('-X', 'importtime'))
    assert done.returncode == 0
    for name in (*CLASSES, '--deep', '--workers', '--options'):
        assert name in done.stdout
    imported = {line.rsplit('|', 1)[-1].strip() for line in done.stderr.splitlines()}
    assert 'argparse' in imported
    assert not imported & {'numpy', 'cv2', 'torch', 'mmengine'}


def test_a_synthetic_tree_passes(synthetic_bp4d):
    done = call('bp4d', synthetic_bp4d)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith('SYNTHETIC: BP4D in ')
    header = done.stdout.splitlines()[2]
    assert [cell.strip() for cell in header.split('|')[1:-1]] == [
        'check',
        'expected',
        'found',
        'verdict',
    ]
    assert ' 0 wrong, 0 odd, ' in done.stdout.splitlines()[-1]


def test_what_is_wrong_ends_with_1_and_says_what_to_do(synthetic_bp4d, tmp_path):
    root = shutil.copytree(synthetic_bp4d, tmp_path / 'bp4d')
    broken = next((root / 'Sequences(2D+3D)').rglob('*.jpg'))
    broken.write_bytes(b'')
    done = call('bp4d', root, '--deep', '--workers', 1)
    assert done.returncode == 1
    assert 'wrong: images decode' in done.stdout
    assert f'{broken} is empty' in done.stdout
    assert 'images of BP4D: ' in done.stderr
    assert 's left' in done.stderr
    assert ' 1 wrong, ' in done.stdout.splitlines()[-1]


def test_an_unknown_folder_is_an_error_without_a_traceback(tmp_path):
    done = call('bp4d', tmp_path / 'nowhere')
    assert done.returncode == 1
    assert done.stderr.strip().startswith('error: ')
    assert 'nowhere is no folder' in done.stderr


def test_options_reach_the_dataset_class(synthetic_bp4d):
    done = call('bp4d', synthetic_bp4d, '--options', 'frame_offset=5')
    assert done.returncode == 1
    assert 'with frame_offset=5' in done.stdout.splitlines()[0]
    assert 'wrong: label rows without an image' in done.stdout


@pytest.mark.parametrize(
    ('option', 'message'),
    [
        ('frame_offset', 'options are KEY=VALUE'),
        ('frames=some', "frames must be 'coded' or 'all'"),
        ('camera=right', "unexpected keyword argument 'camera'"),
        ('every=two', 'options every=two: '),
    ],
)
def test_a_mistake_in_options_has_no_traceback(synthetic_bp4d, option, message):
    done = call('bp4d', synthetic_bp4d, '--options', option)
    assert done.returncode == 1
    assert done.stderr.strip().startswith('error: ')
    assert message in done.stderr
    assert 'Traceback' not in done.stderr


@pytest.mark.parametrize('arguments', [(), ('bp4d',), ('bp5d', '.')])
def test_a_wrong_command_is_a_usage_error(arguments):
    assert call(*arguments).returncode == 2


@pytest.mark.parametrize('dataset', CLASSES)
def test_an_empty_folder_is_wrong_and_not_a_failure(dataset, tmp_path):
    examination = examine(dataset, tmp_path)
    assert not examination.passed
    assert examination.checks[0].name == 'loading'
    assert examination.checks[0].verdict is Verdict.WRONG
    assert str(tmp_path) in examination.checks[0].found


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(UserError, match='is no folder'):
        examine('bp4d', tmp_path / 'file')


# --- facts and checks -----------------------------------------------------------------


@pytest.mark.parametrize('dataset', CLASSES.values())
def test_every_fact_has_a_source_and_a_reason_for_its_tolerance(dataset):
    for name, fact in load_facts(dataset).items():
        assert fact.source, name
        assert fact.confidence in ('H', 'M', 'L', 'R'), name
        if fact.tolerance and not fact.relative and fact.digits < 3:
            assert fact.reason, name


def test_published_sums_agree():
    bp4d, disfa, rafdb = (load_facts(name) for name in ('BP4D', 'DISFA', 'RAFDB'))
    for facts, kinds in ((bp4d, ('part', 'task')), (disfa, ('part',))):
        for kind in kinds:
            counts = facts[f'coded frames by {kind}'].value.values()
            assert sum(counts) == facts['coded frames'].value
    for part, count in rafdb['images'].value.items():
        assert sum(rafdb[f'{part} classes'].value.values()) == count


def fact(value, confidence='H', **more):
    return Fact(value, confidence, 'a list', **more)


@pytest.mark.parametrize(
    ('published', 'found', 'verdict', 'told'),
    [
        (fact(5), 5, Verdict.OK, '5'),
        (fact(5), 6, Verdict.WRONG, '6'),
        (fact(5, 'M'), 6, Verdict.WRONG, '6'),
        (fact(5, 'L'), 6, Verdict.ODD, '6'),
        (fact(5, 'R'), 6, Verdict.ODD, '6'),
        (fact(50_000, tolerance=10), 50_010, Verdict.OK, '50,010'),
        (fact(50_000, tolerance=10), 50_011, Verdict.WRONG, '50,011'),
        (fact({'a': 1, 'b': 2}), {'a': 1, 'b': 2}, Verdict.OK, 'the same'),
        (fact({'a': 1, 'b': 2}), {'a': 1}, Verdict.WRONG, 'b 0'),
        (fact({'a': 1}), {'a': 1, 'c': 4}, Verdict.WRONG, 'c 4'),
        (
            fact({'a': 2.0, 'b': 4.0}, tolerance=0.1, relative=True),
            {'a': 2.1, 'b': 4.3},
            Verdict.OK,
            'largest difference 7.5 % of it',
        ),
        (
            fact({'a': 2.0, 'b': 4.0}, tolerance=0.1, relative=True, digits=1),
            {'a': 2.3, 'b': 4.3},
            Verdict.WRONG,
            'a 2.3',
        ),
    ],
)
def test_numbers_are_compared_with_what_is_published(published, found, verdict, told):
    check = compare('name', published, found, 'do this')
    assert (check.verdict, check.found) == (verdict, told)
    assert (check.advice == '') is (verdict is Verdict.OK)
    assert check.source.startswith('a list (')


@pytest.mark.parametrize(
    ('published', 'found', 'lacking'),
    [
        (fact(5), 5, 0),
        (fact(5), 3, 2),
        (fact(5), 7, 0),
        (fact({'a': 4, 'b': 9}), {'a': 3, 'b': 7}, 3),
        (fact({'a': 4, 'b': 9}), {'b': 9}, 4),
        (fact({'a': 4, 'b': 9}), {'a': 3, 'b': 10}, 0),
        (fact({'a': 4}), {'a': 3, 'stranger': 1}, 0),
        (fact(100, tolerance=10), 85, 5),
        (fact(100, tolerance=10), 95, 0),
    ],
)
def test_frames_lack_where_nothing_is_too_many(published, found, lacking):
    check = compare_frames('name', published, found, 'do this')
    assert check.lacking == lacking
    assert check.verdict is compare('name', published, found).verdict


@pytest.mark.parametrize(
    ('confidence', 'asked', 'verdict'),
    [
        ('H', Verdict.WRONG, Verdict.WRONG),
        ('H', Verdict.ODD, Verdict.ODD),
        ('R', Verdict.WRONG, Verdict.ODD),
        (None, Verdict.WRONG, Verdict.WRONG),
    ],
)
def test_broken_rules_are_as_bad_as_their_source_is_sure(confidence, asked, verdict):
    source = confidence and fact(0, confidence)
    check = require('name', 'a rule', list('abcd'), 'do', source, asked)
    assert (check.verdict, check.found) == (verdict, '4: a, b, c, ...')
    assert require('name', 'a rule', [], 'do', source, asked).verdict is Verdict.OK
