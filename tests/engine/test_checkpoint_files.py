"""Checkpoints on disk: whole or not at all, in order, and the best beside them."""

import os
import subprocess
import sys

import pytest
import torch

from clef_mm.engine.checkpoint_files import (
    CheckpointError,
    checkpoints,
    is_finished,
    is_whole,
    keep_best,
    mark_finished,
    remove_halves,
    write_checkpoint,
)

CONTENT = {'state_dict': {'weight': torch.arange(5000.0)}, 'meta': {'epoch': 1}}


@pytest.fixture
def written(tmp_path):
    path = tmp_path / 'run/epoch_1.pth'
    write_checkpoint(path, CONTENT)
    return path


def test_what_is_written_is_read_back_and_named_last(written):
    content = torch.load(written, weights_only=True)
    assert torch.equal(content['state_dict']['weight'], torch.arange(5000.0))
    assert (written.parent / 'last_checkpoint').read_text() == 'epoch_1.pth'
    assert sorted(path.name for path in written.parent.iterdir()) == [
        'epoch_1.pth',
        'last_checkpoint',
    ]


def test_every_damaged_byte_of_a_tensor_is_seen(written):
    assert is_whole(written)
    content = written.read_bytes()
    start = content.index(torch.arange(1.0, 50.0).numpy().tobytes())
    for place in range(start, start + 20_000, 1999):
        damaged = bytearray(content)
        damaged[place] ^= 4
        written.write_bytes(damaged)
        assert not is_whole(written)
        torch.load(written, weights_only=True)  # torch alone does not see it


@pytest.mark.parametrize('left', [0, 1, 100, 10_000, -1])
def test_a_file_that_is_cut_off_is_not_whole(written, left):
    written.write_bytes(written.read_bytes()[:left])
    assert not is_whole(written)


def test_what_is_no_checkpoint_is_not_whole(tmp_path):
    (tmp_path / 'epoch_1.pth').mkdir()
    assert not is_whole(tmp_path / 'epoch_1.pth')
    assert not is_whole(tmp_path / 'epoch_2.pth')


@pytest.mark.parametrize(
    'error',
    [OSError(28, 'No space left on device'), RuntimeError('unexpected pos 64 vs 0')],
)
def test_a_disk_that_fails_leaves_what_was_there(written, monkeypatch, error):
    def fail(content, file):
        file.write(b'x' * 100)
        raise error

    monkeypatch.setattr(torch, 'save', fail)
    for name in ('epoch_1.pth', 'epoch_2.pth'):
        with pytest.raises(
            CheckpointError,
            match=r'cannot be written: .*Untouched: epoch_1\.pth\. Make room',
        ):
            write_checkpoint(written.with_name(name), {})
    assert is_whole(written)
    assert (written.parent / 'last_checkpoint').read_text() == 'epoch_1.pth'
    assert not list(written.parent.glob('*.tmp'))


def test_the_furthest_checkpoint_comes_first(tmp_path):
    names = ['iter_250.pth', 'epoch_2.pth', 'iter_199.pth', 'epoch_1.pth']
    for name in (*names, 'best_au_f1_mean_epoch_9.pth', 'epoch_3.pth.1.tmp', 'x.pth'):
        (tmp_path / name).touch()
    assert [path.name for path in checkpoints(tmp_path, batches=100)] == names


@pytest.mark.parametrize('links', [True, False])
def test_the_best_is_the_same_file_or_a_copy(written, monkeypatch, links):
    if not links:

        def refuse(*_):
            raise OSError(95, 'Operation not supported')

        monkeypatch.setattr(os, 'link', refuse)
    best = keep_best(written, 'au_f1_mean')
    assert best.name == 'best_au_f1_mean_epoch_1.pth'
    assert best.read_bytes() == written.read_bytes()
    assert best.samefile(written) is links
    assert keep_best(written, 'au_f1_mean') == best  # after a validation done again

    later = written.with_name('epoch_2.pth')
    write_checkpoint(later, CONTENT)
    other = keep_best(written, 'au_auc_mean')
    keep_best(later, 'au_f1_mean')
    assert not best.exists()
    assert other.exists()
    assert written.exists()


def test_only_halves_of_ours_are_removed(written):
    folder = written.parent
    ours = ['epoch_2.pth.77.tmp', 'iter_9.pth.1.tmp', 'last_checkpoint.5.tmp']
    ours += ['best_au_f1_mean_epoch_2.pth.6.tmp']
    others = ['notes.tmp', 'epoch_2.pth.tmp.bak', 'metrics.json.5.tmp']
    for name in (*ours, *others):
        (folder / name).touch()
    remove_halves(folder)
    left = {path.name for path in folder.iterdir()}
    assert left == {'epoch_1.pth', 'last_checkpoint', *others}


def test_a_run_that_went_on_is_not_finished(written):
    folder = written.parent
    assert not is_finished(folder)
    mark_finished(folder)
    assert is_finished(folder)
    write_checkpoint(folder / 'epoch_2.pth', CONTENT)
    assert not is_finished(folder)
    assert not is_finished(folder / 'nowhere')


_MEASURE = """
import resource, sys, torch
from pathlib import Path
from clef_mm.engine.checkpoint_files import write_checkpoint
content = {'state_dict': {str(n): torch.zeros(2**23) for n in range(8)}}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
write_checkpoint(Path(sys.argv[1], 'epoch_1.pth'), content)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_writing_needs_no_second_copy_in_memory(tmp_path):
    """256 MiB of tensors are streamed to the disk."""
    done = subprocess.run(
        [sys.executable, '-c', _MEASURE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (tmp_path / 'epoch_1.pth').stat().st_size > 2**28
    assert int(done.stdout) < 32 * 1024  # KiB
