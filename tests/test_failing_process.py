"""One process fails: all end, and what it has to say is said once."""

import os
import subprocess
import sys
import time

import pytest

PROCESSES = 3
BOUND = 60
"""Seconds in which all processes must have ended."""
# As in a training: signals are caught, and something is on its way between the hosts.
PROGRAM = """
import os, sys, time
from clef_mm.command_line import guarded
from clef_mm.errors import UserError

with guarded('pytorch'):
    import torch
    from clef_mm import distributed
    from clef_mm.engine.stop_signals import StopSignals

    failure, record = sys.argv[1:]
    flags = distributed.AnyRank()
    with StopSignals().caught():
        flags.tell(False)
        if failure == 'everyone':
            raise UserError('the config is wrong')
        if distributed.rank() == 1:
            flags.tell(False)
            open(record, 'w').write(str(time.time()))
            if failure == 'user':
                raise UserError('a file of process 1 is missing')
            if failure == 'defect':
                raise RuntimeError('a defect in process 1')
            os._exit(3)
        torch.distributed.all_reduce(torch.ones(3))
"""


@pytest.fixture
def fail(tmp_path):
    """Return a function that fails in one way; it returns what is printed."""
    (tmp_path / 'program.py').write_text(PROGRAM)

    def run(failure):
        record = tmp_path / 'failed_at'
        done = subprocess.run(
            [
                *(sys.executable, '-m', 'torch.distributed.run', '--standalone'),
                f'--nproc-per-node={PROCESSES}',
                *(tmp_path / 'program.py', failure, record),
            ],
            env={**os.environ, 'OMP_NUM_THREADS': '1', 'CUDA_VISIBLE_DEVICES': ''},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode != 0
        if failure != 'everyone':
            assert time.time() - float(record.read_text()) < BOUND
        return done.stdout + done.stderr

    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    ('failure', 'message', 'traces'),
    [
        ('user', '\nerror: a file of process 1 is missing\n', 0),
        ('everyone', '\nerror: the config is wrong\n', 0),
        ('defect', '\nRuntimeError: a defect in process 1\n', 1),
        ('killed', 'lost its connection to another, which ended without a word', 0),
    ],
)
def test_the_first_failure_is_shown_once_and_alone(fail, failure, message, traces):
    printed = fail(failure)
    assert printed.count(message) == 1
    assert printed.count('Traceback') == traces + 1  # one is torchrun's own
    assert ('process 1 failed:' in printed) == (failure == 'defect')
    # torchrun also knows how a process ended.
    root = printed.split('Root Cause')[1]
    assert f'exitcode  : {3 if failure == "killed" else 1}' in root
    if failure != 'everyone':
        assert 'rank      : 1' in root
