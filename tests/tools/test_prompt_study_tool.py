"""tools/prompt_study.py: what it answers without a model."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / 'tools/prompt_study.py'


def test_help_comes_before_any_heavy_import():
    done = subprocess.run(
        [sys.executable, '-X', 'importtime', str(SCRIPT), '--help'],
        check=True,
        capture_output=True,
        text=True,
    )
    for option in ('--banks', '--split', '--work-dir', '--cfg-options'):
        assert option in done.stdout
    loaded = {line.rpartition('|')[2].strip() for line in done.stderr.splitlines()}
    assert 'argparse' in loaded
    assert not {'torch', 'mmengine', 'numpy'} & loaded
