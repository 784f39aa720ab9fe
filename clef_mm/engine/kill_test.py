"""Pull the plug on a training again and again, and see whether it ends the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from clef_mm.engine.checkpoint_files import iterations_done
from clef_mm.errors import UserError
from clef_mm.models.encoders.weights import newest_checkpoint, read_file

_SPREAD = 0.5
"""Seconds after a checkpoint, within which a kill falls: some steps of a small model,
a validation, and the writing of the next checkpoint."""
_LEFT = 10
"""Iterations after the last goal: enough that no run comes to its end unkilled."""
_TIME_AND_PLACE = ('cfg', 'experiment_name', 'time')


class KillTestError(UserError, RuntimeError):
    """A training ended with an error of its own; the message has its last lines."""


@dataclass(frozen=True)
class Kill:
    """One SIGKILL.

    Attributes:
        seconds: After the start of the process.
        newest: Name of the newest checkpoint that it left, or ``''``.
        half: Whether a checkpoint was being written.
    """

    seconds: float
    newest: str
    half: bool


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        kills: In their order.
        compared: Number of values compared, by kind: tensors and plain values.
        different: Where the two final checkpoints differ by as much as a bit.
    """

    kills: list[Kill]
    compared: dict[str, int]
    different: list[str]


def kill_test(
    command: Sequence[str],
    folder: Path,
    kills: int,
    seed: int,
    say: Callable[[str], None],
) -> Outcome:
    """Train once undisturbed and once with SIGKILLs; compare what is left.

    Each kill waits until the run has come to a random iteration, and then for a random
    time: it falls into steps, validations and the writing of checkpoints.

    Args:
        command: A training that checkpoints often, without work dir and ``--resume``.
        folder: Work directories are made in it; must not hold any.
        kills: How many.
        seed: Of the random moments.
        say: Called with a line of progress.

    Raises:
        KillTestError: If a training fails, or is too short for so many kills.
    """
    if kills < 1:
        raise KillTestError(f'at least one kill, not {kills}')
    undisturbed, killed = folder / 'undisturbed', folder / 'killed'
    if undisturbed.exists() or killed.exists():
        raise KillTestError(f'{folder} holds an earlier test: give another folder')
    say('training undisturbed')
    _train(command, undisturbed)
    meta = read_file(newest_checkpoint(undisturbed))['meta']
    draw = random.Random(seed)
    if meta['iter'] < 2 * kills + _LEFT:
        raise KillTestError(
            f'{meta["iter"]} iterations are too few for {kills} kills: train longer'
        )
    goals = sorted(draw.sample(range(1, meta['iter'] - _LEFT), kills))
    done = []
    for number, goal in enumerate(goals, 1):
        kill = _kill_once(command, killed, goal, meta['batches'], draw.random())
        done.append(kill)
        half = ', in the middle of writing the next' if kill.half else ''
        say(
            f'[{number}/{kills}] killed after {kill.seconds:.1f} s, newest checkpoint '
            f'{kill.newest or "none"}{half}'
        )
    say('training to the end')
    _train(command, killed)
    return compare(undisturbed, killed, done)


def compare(undisturbed: Path, killed: Path, kills: list[Kill]) -> Outcome:
    """Compare the last checkpoints of two work directories bit for bit.

    Weights, moving averages, the optimizer's moments, schedules and the logged losses
    are compared; not the time, nor how long steps took.
    """
    first, second = (
        _state(read_file(newest_checkpoint(folder))) for folder in (undisturbed, killed)
    )
    values, others = dict(_leaves(first)), dict(_leaves(second))
    different = sorted(values.keys() ^ others.keys())
    different += [
        name
        for name, value in values.items()
        if name in others and not _same(value, others[name])
    ]
    tensors = sum(isinstance(value, torch.Tensor) for value in values.values())
    return Outcome(
        kills, {'tensors': tensors, 'values': len(values) - tensors}, different
    )


@contextmanager
def _training(command: Sequence[str], folder: Path) -> Iterator[subprocess.Popen]:
    """Start a training; what is left of it in the end is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / 'console.txt').open('ab') as console:
        process = subprocess.Popen(
            [*command, '--work-dir', str(folder), '--resume'],
            stdout=console,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # its loader workers are killed with it
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _train(command: Sequence[str], folder: Path) -> None:
    with _training(command, folder) as process:
        process.wait()
    _check_ended_well(process, folder)


def _check_ended_well(process: subprocess.Popen, folder: Path) -> None:
    if process.returncode:
        lines = (folder / 'console.txt').read_text('utf-8', 'replace').splitlines()
        raise KillTestError(
            f'the training in {folder} ended with exit code {process.returncode}:\n'
            + '\n'.join(lines[-15:])
        )


def _kill_once(
    command: Sequence[str], folder: Path, goal: int, batches: int, moment: float
) -> Kill:
    goal = max(goal, _iterations(_newest(folder), batches) + 1)  # it has to train first
    before, began = _halves(folder), time.monotonic()
    with _training(command, folder) as process:
        while _iterations(_newest(folder), batches) < goal:
            if process.poll() is not None:
                _check_ended_well(process, folder)
                raise KillTestError(f'the training in {folder} ended before its kill')
            time.sleep(0.002)
        time.sleep(moment * _SPREAD)
    half = bool(_halves(folder) - before)
    return Kill(time.monotonic() - began, _newest(folder), half)


def _halves(folder: Path) -> set[Path]:
    return set(folder.glob('*.pth.*.tmp'))


def _newest(folder: Path) -> str:
    try:
        return newest_checkpoint(folder).name
    except UserError:
        return ''


def _iterations(name: str, batches: int) -> int:
    return iterations_done(name, batches) if name else 0


def _state(content: dict[str, Any]) -> dict[str, Any]:
    """Return all of a checkpoint that does not tell of time or place."""
    log = content.pop('message_hub')['log_scalars']
    meta = content.pop('meta')
    return {
        **content,
        'meta': {key: meta[key] for key in meta if key not in _TIME_AND_PLACE},
        'losses': {key: log[key] for key in log if key.startswith('train/loss')},
    }


def _leaves(value: Any, path: str = '') -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f'{path}/{key}')
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _leaves(item, f'{path}/{number}')
    else:
        yield path, value


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor):
        return first.shape == second.shape and _bits(first) == _bits(second)
    return repr(first) == repr(second)


def _bits(tensor: torch.Tensor) -> tuple[torch.dtype, bytes]:
    # By bytes NaN equals NaN, and 0.0 is not -0.0. numpy has no bfloat16, of which
    # float32 has every value.
    exact = tensor.float() if tensor.dtype == torch.bfloat16 else tensor
    return tensor.dtype, exact.numpy().tobytes()
