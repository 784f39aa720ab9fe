"""The checkpoints of a work directory: which there are, and which of them are whole."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import torch

from clef_mm.errors import UserError
from clef_mm.models.encoders.weights import POINTER, newest_checkpoint
from clef_mm.whole_file import whole_file

FINISHED = 'finished'
"""File of a work directory: with which checkpoint its run came to an end."""
_NAME = re.compile(r'(epoch|iter)_(\d+)\.pth')
_HALF = re.compile(rf'({_NAME.pattern}|best_.*\.pth|{POINTER})\.\d+\.tmp')


class CheckpointError(UserError, RuntimeError):
    """A checkpoint cannot be written, or none is whole; says which one is left."""


def write_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint, and after it its name as that of the last one.

    It is streamed to the disk: no copy of it is made in memory.

    Raises:
        CheckpointError: If it cannot be written; those before are untouched.
    """
    try:
        with whole_file(path, durable=True) as file:
            torch.save(content, file)
        with whole_file(path.with_name(POINTER), durable=True) as file:
            file.write(path.name.encode())
    except (OSError, RuntimeError) as error:
        others = sorted(other.name for other in path.parent.glob('*.pth'))
        raise CheckpointError(
            f'{path} cannot be written: {_reason(error)}. '
            f'Untouched: {", ".join(others) or "nothing, it is the first"}. Make room '
            'and go on with --resume.'
        ) from error


def keep_best(path: Path, name: str) -> Path:
    """Keep a checkpoint under another name, without writing it a second time.

    The best before it, named alike up to the epoch, is removed.

    Returns:
        ``best_NAME_epoch_3.pth`` beside it.

    Raises:
        CheckpointError: If it cannot be written.
    """
    best = path.with_name(f'best_{name}_{path.name}')
    try:
        best.unlink(missing_ok=True)
        try:
            os.link(path, best)
        except OSError:  # not every file system has links
            with path.open('rb') as source, whole_file(best, durable=True) as file:
                shutil.copyfileobj(source, file)
    except OSError as error:
        raise CheckpointError(f'{best} cannot be written: {_reason(error)}') from error
    for other in path.parent.glob(f'best_{name}_*.pth'):
        if other != best:
            other.unlink()
    return best


def is_whole(path: Path) -> bool:
    """Tell whether every byte of a checkpoint is as it was written.

    torch itself does not look at the check sums that it writes.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except Exception:  # damage makes zipfile fail in many ways
        return False


def mark_finished(folder: Path) -> None:
    """Note that the run in a folder came to its end, its last validation included.

    Raises:
        CheckpointError: If it cannot be written.
    """
    path = folder / FINISHED
    try:
        with whole_file(path, durable=True) as file:
            file.write(newest_checkpoint(folder).name.encode())
    except OSError as error:
        raise CheckpointError(f'{path} cannot be written: {_reason(error)}') from error


def is_finished(folder: Path) -> bool:
    """Tell whether the run in a folder came to its end, and has not gone on since."""
    mark = folder / FINISHED
    if not (mark.is_file() and (folder / POINTER).is_file()):
        return False
    return mark.read_text('utf-8') == newest_checkpoint(folder).name


def checkpoints(folder: Path, batches: int) -> list[Path]:
    """Return the checkpoints of a run, those from the furthest on first.

    Args:
        folder: Work directory.
        batches: Of an epoch.
    """
    found = [
        (iterations_done(path.name, batches), path)
        for path in folder.glob('*.pth')
        if _NAME.fullmatch(path.name)
    ]
    return [path for _, path in sorted(found, reverse=True)]


def refuse_occupied(folder: Path) -> None:
    """Refuse to begin a run where another has left checkpoints.

    The further ones of the other would pass for the new run's newest: its own would be
    removed as they are written, and ``--resume`` would go on from the other's.

    Raises:
        CheckpointError: Names one.
    """
    if left := checkpoints(folder, batches=1):
        raise CheckpointError(
            f'{folder} holds a run already, {left[0].name}: go on with --resume, give '
            'another --work-dir, or move it away'
        )


def iterations_done(name: str, batches: int) -> int:
    """Return the iterations done at a checkpoint.

    Args:
        name: Of the file, ``'iter_7.pth'`` or ``'epoch_1.pth'``.
        batches: Of an epoch.
    """
    unit, number = _NAME.fullmatch(name).groups()
    return int(number) * (batches if unit == 'epoch' else 1)


def remove_halves(folder: Path) -> None:
    """Remove what a run that was killed had begun to write."""
    for path in folder.glob('*.tmp'):
        if _HALF.fullmatch(path.name):
            path.unlink()


def _reason(error: Exception) -> str:
    # torch fails once more, on closing its archive, and hides what the disk has said.
    if isinstance(error.__context__, OSError):
        error = error.__context__
    return getattr(error, 'strerror', None) or str(error).splitlines()[0]
