"""Every command of docs/datasets, typed in a folder that holds a rendered BP4D."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from clef_mm.datasets.names import CLASSES
from clef_mm.datasets.synthetic import write_bp4d

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / 'docs' / 'datasets'

# Command: exit code and what it says. Run in this order.
COMMANDS = {
    'python tools/dataset_tools/doctor.py bp4d data/bp4d': (0, '0 wrong'),
    'python tools/dataset_tools/prepare.py bp4d --src data/bp4d '
    '--dst data/bp4d_aligned': (0, 'written: data/bp4d_aligned'),
    'python tools/dataset_tools/folds.py bp4d --fold 1 --data-root data/bp4d_aligned': (
        (0, 'SYNTHETIC stand-in')
    ),
    'python tools/dataset_tools/browse.py configs/clef/clef_vitb16_bp4d_fold1.py '
    '--data-root data/bp4d_aligned': (0, 'written: work_dirs/browse/'),
    'python tools/train.py configs/clef/clef_vitb16_bp4d_fold1.py '
    '--data-root data/bp4d_aligned': (1, 'Run the stage before first'),
    'python tools/train.py configs/clef/clef_vitb16_bp4d_fold1.py --synthetic': (
        (1, 'make_synthetic.py bp4d data/synthetic/bp4d')
    ),
    'python tools/dataset_tools/make_synthetic.py bp4d data/synthetic/bp4d': (
        (0, 'not BP4D itself')
    ),
}


def commands():
    text = (PAGES / 'README.md').read_text(encoding='utf-8')
    blocks = re.findall(r'```bash\n(.*?)```', text, re.DOTALL)
    return {line for block in blocks for line in block.splitlines() if line}


def test_every_command_is_known_to_this_test():
    assert commands() == set(COMMANDS)


@pytest.mark.slow
def test_commands_in_their_order(tmp_path):
    for folder in ('tools', 'configs'):
        (tmp_path / folder).symlink_to(ROOT / folder)
    subjects = ['F001', 'F003', 'M001', 'M002']
    write_bp4d(
        tmp_path / 'data/bp4d',
        subjects=subjects,
        frames_per_sequence=2,
        size=128,
        workers=1,
    )
    for command, (code, message) in COMMANDS.items():
        words = command.split()[1:]
        if 'make_synthetic.py' in command:  # the whole of it takes half a minute
            words += ['--subjects', '1', '--frames-per-sequence', '2', '--size', '32']
        if 'browse.py' in command:  # a batch of 64 of the training subjects
            words += ['--split', 'test', '--count', '4']
        done = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert message in said
        assert 'Traceback' not in said


@pytest.mark.parametrize('name', CLASSES)
def test_every_dataset_has_a_page(name):
    text = (PAGES / f'{name}.md').read_text(encoding='utf-8')
    for heading in (
        '**Where from.**',
        '**Tree',
        '**Labels.**',
        '**Splits.**',
        '**Known errors and traps**',
        '**What the doctor expects**',
    ):
        assert heading in text, heading
    assert f'({name}.md)' in (PAGES / 'README.md').read_text(encoding='utf-8')


@pytest.mark.parametrize('page', sorted((ROOT / 'docs').rglob('*.md')))
def test_links_lead_somewhere(page):
    for target in re.findall(r'\]\((?!http)([^)#]+)', page.read_text('utf-8')):
        assert (page.parent / target).exists(), target
