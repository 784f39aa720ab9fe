"""Signals to a training, as clusters and impatient people send them."""

import os
import resource
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from clef_mm.engine.kill_test import compare
from clef_mm.models.encoders.weights import newest_checkpoint

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
TRAIN = [str(ROOT / 'tools/train.py'), 'configs/demo/clef_tiny_bp4d_fold1.py']
PATIENCE = 300


def options(root, epochs, *others):
    return [
        *('--data-root', str(root), '--cfg-options', 'model.weights=None'),
        *('train_dataloader.batch_size=16', 'default_hooks.logger.interval=1'),
        *(f'train_cfg.max_epochs={epochs}', *others),
    ]


def start(*words, preexec_fn=None):
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=preexec_fn,
    )


def read_until(process, text):
    """Return what is printed up to and with a line that holds ``text``."""
    printed = []
    for line in process.stdout:
        printed.append(line)
        if text in line:
            return ''.join(printed)
    raise AssertionError(''.join(printed)[-3000:])


@pytest.mark.parametrize('name', ['SIGTERM', 'SIGINT', 'SIGUSR1'])
def test_a_signal_saves_and_ends_with_a_code_of_its_own(name, synthetic_bp4d, tmp_path):
    process = start(*TRAIN, '--work-dir', tmp_path, *options(synthetic_bp4d, 1000))
    read_until(process, 'Epoch(train)')
    process.send_signal(getattr(signal, name))
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 75
    assert f'{name}: stopping after this step' in printed
    assert 'as asked' in printed
    assert 'Traceback' not in printed
    assert newest_checkpoint(tmp_path).name.startswith(('iter', 'epoch'))


@pytest.mark.parametrize('name', ['SIGTERM', 'SIGINT', 'SIGUSR1'])
def test_a_signal_to_the_whole_group_leaves_the_loader_at_work(
    name, synthetic_bp4d, tmp_path
):
    """As clusters, torchrun, ``timeout`` and terminals send it."""
    words = options(synthetic_bp4d, 1000, 'train_dataloader.batch_size=2')
    words += ['train_dataloader.num_workers=2']
    process = start(*TRAIN, '--work-dir', tmp_path, *words)
    read_until(process, 'Epoch(train)')
    os.killpg(process.pid, getattr(signal, name))
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 75, printed[-2000:]
    assert 'Traceback' not in printed
    assert newest_checkpoint(tmp_path).name.startswith('iter')


def test_a_second_interrupt_ends_at_once(synthetic_bp4d, tmp_path):
    words = options(synthetic_bp4d, 1000, 'train_dataloader.batch_size=2')
    # The gradients of a whole epoch are accumulated: until then nothing can be saved.
    words += ['optim_wrapper.accumulative_counts=100000']
    process = start(*TRAIN, '--work-dir', tmp_path, *words)
    read_until(process, 'Epoch(train)')
    process.send_signal(signal.SIGINT)
    read_until(process, 'SIGINT: stopping after this step')
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    process.communicate(timeout=PATIENCE)
    assert process.returncode not in (0, 75)
    assert time.monotonic() - began < 20


def torchrun(*words):
    launch = ['-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', '2']
    return start(*launch, *TRAIN, '--launcher', 'pytorch', *words)


def worker_of(process):
    """Return the id of the last process that torchrun started."""
    found = subprocess.run(
        ['pgrep', '-P', str(process.pid)], capture_output=True, text=True, check=True
    )
    return int(found.stdout.split()[-1])


def test_two_processes_go_on_where_one_was_told_to_stop(synthetic_bp4d, tmp_path):
    words = [*options(synthetic_bp4d, 3), 'model.precision=fp32']
    whole = torchrun('--work-dir', tmp_path / 'whole', *words)
    printed, _ = whole.communicate(timeout=PATIENCE)
    assert whole.returncode == 0, printed[-3000:]

    halves = torchrun('--work-dir', tmp_path / 'halves', *words)
    read_until(halves, 'Epoch(train)')
    os.kill(worker_of(halves), signal.SIGTERM)
    printed, _ = halves.communicate(timeout=PATIENCE)
    assert halves.returncode != 0
    assert 'as asked' in printed
    rest = torchrun('--work-dir', tmp_path / 'halves', '--resume', *words)
    printed, _ = rest.communicate(timeout=PATIENCE)
    assert rest.returncode == 0, printed[-3000:]
    assert 'resumed epoch' in printed
    outcome = compare(tmp_path / 'whole', tmp_path / 'halves', [])
    assert outcome.different == []
    assert outcome.compared['tensors'] > 100


def limit_files(bytes_):
    """Let the disk be full for any file that grows beyond a size."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))


def test_a_disk_that_is_full_ends_the_run_with_a_message(synthetic_bp4d, tmp_path):
    words = [*TRAIN, '--work-dir', tmp_path]
    process = start(*words, *options(synthetic_bp4d, 1))
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, printed[-3000:]
    before = (tmp_path / 'epoch_1.pth').read_bytes()

    full = partial(limit_files, 2**20)  # less than a checkpoint, more than a log
    process = start(*words, '--resume', *options(synthetic_bp4d, 2), preexec_fn=full)
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert 'epoch_2.pth cannot be written: File too large. Untouched: ' in printed
    assert 'Traceback' not in printed
    assert (tmp_path / 'epoch_1.pth').read_bytes() == before
    assert newest_checkpoint(tmp_path).name == 'epoch_1.pth'
    assert not list(tmp_path.glob('*.tmp'))


def test_a_difference_would_be_seen(synthetic_bp4d, tmp_path):
    """The comparison itself: another seed is another training."""
    for name, seed in (('undisturbed', 0), ('killed', 1)):
        words = options(synthetic_bp4d, 1, f'randomness.seed={seed}')
        process = start(*TRAIN, '--work-dir', tmp_path / name, *words)
        printed, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, printed[-3000:]
    different = compare(tmp_path / 'undisturbed', tmp_path / 'killed', []).different
    assert any(name.startswith('/state_dict/') for name in different)
    assert any(name.startswith('/optimizer/') for name in different)
    assert any(name.startswith('/losses/') for name in different)
