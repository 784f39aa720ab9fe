"""Commands run as processes: order, GPUs, and what is said when one fails."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clef_mm.engine.job_queue import Job, JobFailedError, run_jobs, visible_gpus

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def job(tmp_path):
    """Return a function that makes a job of a line of Python."""

    def make(name, code='pass', after=None):
        log = tmp_path / name / 'run.log'
        return Job(name, (sys.executable, '-c', code), log, after)

    return make


def test_jobs_run_in_order_without_gpus(job, tmp_path):
    code = f'open(r"{tmp_path}/order", "a").write("%s")'
    jobs = [job(name, code % name) for name in 'abc']
    said = []
    run_jobs(jobs, [], said.append)
    assert (tmp_path / 'order').read_text() == 'abc'
    assert said[0].startswith('[1/3] a, log ')
    assert said[-1].startswith('[3/3] done after 0:00:0')


def test_each_job_has_a_gpu_to_itself(job, tmp_path):
    """Two run at a time, each seeing one GPU; the third takes the one set free."""
    code = 'import os, time; time.sleep(0.3); print(os.environ["CUDA_VISIBLE_DEVICES"])'
    jobs = [job(name, code) for name in 'abc']
    said = []
    run_jobs(jobs, ['4', '7'], said.append)
    seen = [job.log.read_text().strip() for job in jobs]
    assert set(seen[:2]) == {'4', '7'}
    assert seen[2] in ('4', '7')
    starts = [line.split(',')[0] for line in said if 'log' in line]
    assert starts == ['[1/3] a', '[2/3] b', '[3/3] c']
    assert 'done' not in ''.join(said[:2])


def test_a_job_waits_for_the_one_it_needs(job, tmp_path):
    slow = job('slow', f'import time; time.sleep(0.4); open(r"{tmp_path}/made", "w")')
    needy = job('needy', f'open(r"{tmp_path}/made")', after=slow)
    other = job('other')
    said = []
    run_jobs([slow, needy, other], ['0', '1'], said.append)
    starts = [line.split()[1] for line in said if 'log' in line]
    assert starts == ['slow,', 'other,', 'needy,']


def test_a_failure_is_told_with_the_last_lines_and_starts_nothing_more(job):
    code = 'for n in range(40): print("line", n)\nraise SystemExit("no such thing")'
    first, second = job('first', code), job('second')
    with pytest.raises(JobFailedError) as error:
        run_jobs([first, second], [], lambda line: None)
    message = str(error.value)
    assert 'first failed' in message
    assert sys.executable in message
    assert 'no such thing' in message
    assert 'line 39' in message
    assert 'line 20\n' not in message
    assert not second.log.exists()


def test_what_runs_is_waited_for_when_another_fails(job, tmp_path):
    bad = job('bad', 'raise SystemExit(1)')
    good = job('good', f'import time; time.sleep(0.5); open(r"{tmp_path}/made", "w")')
    with pytest.raises(JobFailedError, match='bad failed'):
        run_jobs([bad, good], ['0', '1'], lambda line: None)
    assert (tmp_path / 'made').exists()


def test_jobs_end_with_the_program(tmp_path):
    """As when a user stops it: no training goes on unseen."""
    code = f"""
import signal, sys
from pathlib import Path
from clef_mm.engine.job_queue import Job, run_jobs
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
sleeper = 'import os, time; print(os.getpid(), flush=True); time.sleep(60)'
job = Job('sleeper', (sys.executable, '-c', sleeper), Path({str(tmp_path)!r}, 'log'))
run_jobs([job], [], print)
"""
    program = subprocess.Popen([sys.executable, '-c', code], cwd=ROOT)
    log, deadline = tmp_path / 'log', time.monotonic() + 60
    while not (log.exists() and log.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    program.send_signal(signal.SIGTERM)
    assert program.wait(timeout=30) == 3
    with pytest.raises(ProcessLookupError):
        os.kill(int(log.read_text()), 0)


def test_visible_gpus_keep_the_users_choice(monkeypatch):
    monkeypatch.setattr('torch.cuda.device_count', lambda: 2)
    monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)
    assert visible_gpus() == ['0', '1']
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '5,3')
    assert visible_gpus() == ['5', '3']
    monkeypatch.setattr('torch.cuda.device_count', lambda: 0)
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '')
    assert visible_gpus() == []
