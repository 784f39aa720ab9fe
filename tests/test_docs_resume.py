"""docs/resume.md: its commands do what the page says."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs/resume.md').read_text(encoding='utf-8')
RESUME, KILL = (
    line
    for block in re.findall(r'```bash\n(.*?)```', PAGE, re.DOTALL)
    for line in block.splitlines()
)


def type_in(command, expect):
    words = [sys.executable, *shlex.split(command)[1:]]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=600)
    said = done.stdout + done.stderr
    assert done.returncode == expect, said[-3000:]
    return said


@pytest.mark.slow
def test_resuming_asks_for_what_a_training_asks_for(tmp_path):
    said = type_in(f'{RESUME} --data-root {tmp_path}/nowhere', expect=1)
    assert 'nowhere' in said
    assert 'Traceback' not in said


@pytest.mark.slow
def test_a_training_survives_kills(synthetic_bp4d, tmp_path):
    """Two here, on a small tree; the page has the outcome of twenty."""
    assert '--kills 20' in KILL
    assert ' --cfg-options ' in KILL
    command = KILL.replace(
        '--kills 20',
        f'--kills 2 --work-dir {tmp_path}/run --data-root {synthetic_bp4d}',
    )
    small = 'train_dataloader.batch_size=16 train_dataloader.dataset.every=1'
    said = type_in(f'{command} {small}', expect=0)
    assert re.search(r'^2 kills, \d of them while .* compared, 0 differ$', said, re.M)
    said = type_in(f'{command} {small}', expect=1)
    assert 'holds an earlier test' in said
    said = type_in(command.replace('--kills 2', '--kills 0'), expect=1)
    assert 'at least one kill' in said


def test_the_outcome_of_twenty_kills_is_on_the_page():
    assert re.search(r'^20 kills, .* compared, 0 differ$', PAGE, re.M)
