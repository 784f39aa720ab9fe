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


def test_help_comes_before_any_heavy_import():
    done = call('--help', options=('-X', 'importtime'))
    assert done.returncode == 0
    assert '--frames-per-sequence' in done.stdout
    imported = {line.rsplit('|', 1)[-1].strip() for line in done.stderr.splitlines()}
    assert 'argparse' in imported
    assert not imported & {'numpy', 'cv2', 'torch', 'clef_mm'}


def test_a_tree_is_written(tmp_path):
    arguments = ('bp4d', tmp_path / 'tree', '--subjects', 1, '--size', 32)
    arguments += ('--frames-per-sequence', 2, '--workers', 1, '--au-coding', 'flat')
    done = call(*arguments)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'tree' / 'SYNTHETIC.json').is_file()
    assert (tmp_path / 'tree' / 'AUCoding' / 'F001_T1.csv').is_file()


def test_a_folder_in_use_ends_with_a_message_and_no_traceback(tmp_path):
    (tmp_path / 'notes.txt').write_text('mine')
    done = call('bp4d', tmp_path)
    assert done.returncode == 1
    assert 'error:' in done.stderr
    assert 'Traceback' not in done.stderr


@pytest.mark.parametrize('arguments', [(), ('bp4d',)])
def test_nothing_to_do_is_a_usage_error(arguments):
    assert call(*arguments).returncode == 2
