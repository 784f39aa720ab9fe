"""tools/dataset_tools/make_synthetic.py as a user calls it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / 'tools' / 'dataset_tools' / 'make_synthetic.py'


def call(*arguments, options=()):
    return subprocess.run(
        [sys.executable, *options, str(SCRIPT), *map(str, arguments)],
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ('arguments', 'mentioned'),
    [
        (('--help',), 'bp4d'),
        (('--help',), '--contact-sheet'),
        (('bp4d', '--help'), '--frames-per-sequence'),
        (('affectnet', '--help'), '--val-per-class'),
    ],
)
def test_help_comes_before_any_heavy_import(arguments, mentioned):
    done = call(*arguments, options=('-X', 'importtime'))
    assert done.returncode == 0
    assert mentioned in done.stdout
    imported = {line.rsplit('|', 1)[-1].strip() for line in done.stderr.splitlines()}
    assert 'argparse' in imported
    assert not imported & {'numpy', 'cv2', 'torch', 'mmengine'}


def test_a_tree_is_written(tmp_path):
    arguments = ('bp4d', tmp_path / 'tree', '--subjects', 1, '--size', 32)
    arguments += ('--frames-per-sequence', 2, '--workers', 1, '--au-coding', 'flat')
    done = call(*arguments)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'tree' / 'SYNTHETIC.json').is_file()
    assert (tmp_path / 'tree' / 'AUCoding' / 'F001_T1.csv').is_file()


@pytest.mark.parametrize(
    ('arguments', 'written'),
    [
        (
            ('bp4d_plus', '--frames-per-sequence', 1, '--packaging', 'zip'),
            ['2D+3D/F001.zip', 'AUCoding/AU_OCC/F001_T8.csv'],
        ),
        (
            ('disfa', '--frames-per-video', 2, '--cameras', 'right'),
            [
                'ActionUnit_Labels/SN001/SN001_au1.txt',
                'Video_RightCamera/RightVideoSN001_Comp.avi',
            ],
        ),
    ],
)
def test_options_of_a_layout_reach_its_writer(tmp_path, arguments, written):
    layout, *options = arguments
    small = ('--subjects', 1, '--size', 32, '--workers', 1, '--no-landmarks')
    done = call(layout, tmp_path, *options, *small)
    assert done.returncode == 0, done.stderr
    paths = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob('*')]
    assert set(written) <= set(paths)
    assert not [path for path in paths if path.endswith(('.mat', '.jpg'))]
    assert len([path for path in paths if path.endswith('.avi')]) <= 1


@pytest.mark.parametrize(
    ('arguments', 'written'),
    [
        (
            ('rafdb', '--n-train', 14, '--n-test', 15, '--size', 32),
            ['basic/Image/original/test_0015.jpg', 'basic/EmoLabel'],
        ),
        (
            ('affectnet', '--n-train', 22, '--val-per-class', 2, '--size', 32),
            ['Manually_Annotated_file_lists/validation.csv'],
        ),
        (
            (
                *('affectnet', '--release', 'npy', '--n-train', 16),
                *('--val-per-class', 2, '--size', 32, '--val-folder', 'valid_set'),
            ),
            ['train_set/annotations', 'valid_set/images'],
        ),
        (
            (
                *('ferplus', '--form', 'folders', '--n-train', 16),
                *('--n-val', 16, '--n-test', 16),
            ),
            ['FER2013Train/label.csv', 'FER2013Valid', 'FER2013Test'],
        ),
    ],
)
def test_layouts_of_photographs_are_written(tmp_path, arguments, written):
    layout, *options = arguments
    done = call(layout, tmp_path, *options, '--workers', 1, '--seed', 3)
    assert done.returncode == 0, done.stderr
    paths = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob('*')}
    assert {*written, 'SYNTHETIC.json'} <= paths


def test_a_sheet_alone_needs_no_layout(tmp_path):
    done = call('--expression-sheet', tmp_path / 'sheet.png')
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ['sheet.png']


def test_a_folder_in_use_ends_with_a_message_and_no_traceback(tmp_path):
    (tmp_path / 'notes.txt').write_text('mine')
    done = call('bp4d', tmp_path)
    assert done.returncode == 1
    assert 'error:' in done.stderr
    assert 'Traceback' not in done.stderr


def test_an_option_reaches_the_writer_and_its_refusal_the_user(tmp_path):
    done = call('bp4d', tmp_path / 'new', '--subjects', 0)
    assert done.returncode == 1
    assert 'error: subjects: none given' in done.stderr


@pytest.mark.parametrize(
    'arguments',
    [(), ('bp4d',), ('bp5d', 'folder'), ('bp4d', 'folder', '--subjects', 'F001')],
)
def test_a_wrong_command_is_a_usage_error(arguments):
    assert call(*arguments).returncode == 2
