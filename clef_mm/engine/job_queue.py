"""Run commands as processes of their own, as many at a time as there are GPUs."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from clef_mm.errors import UserError

_LAST_LINES = 15


class JobFailedError(UserError, RuntimeError):
    """A command ended with an error; the message has its last lines."""


@dataclass(frozen=True)
class Job:
    """One command.

    Attributes:
        name: What it does, for progress.
        command: Program and arguments.
        log: File that its output goes to; its folder is made.
        after: The job that must have ended before, if any.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    after: Job | None = None


def visible_gpus() -> list[str]:
    """Return the GPUs that this process may use, as ``CUDA_VISIBLE_DEVICES`` names."""
    import torch

    count = torch.cuda.device_count()
    named = os.environ.get('CUDA_VISIBLE_DEVICES')
    return named.split(',')[:count] if named else [str(n) for n in range(count)]


def run_jobs(
    jobs: Iterable[Job], gpus: Sequence[str], say: Callable[[str], None]
) -> None:
    """Run jobs, each alone on a GPU; without GPUs one after the other.

    When one fails, those that run are waited for and no other is started.

    Args:
        jobs: In the order in which they are to be started, as far as ``after`` allows.
        gpus: As :func:`visible_gpus` names them.
        say: Called with a line when a job starts, ends or fails.

    Raises:
        JobFailedError: With the command and the last lines of its log.
    """
    waiting, done = list(jobs), set()
    total, running = len(waiting), {}
    failed: list[Job] = []
    places = gpus or ['']
    try:
        while running or (waiting and not failed):
            for place in [place for place in places if place not in running]:
                job = _next_job(waiting, done, failed)
                if job is not None:
                    waiting.remove(job)
                    number = total - len(waiting)
                    say(f'[{number}/{total}] {job.name}, log {job.log}')
                    running[place] = job, number, time.monotonic(), _start(job, place)
            time.sleep(0.05)
            for place, (job, number, start, process) in list(running.items()):
                if process.poll() is None:
                    continue
                del running[place]
                (failed.append if process.returncode else done.add)(job)
                how = 'FAILED' if process.returncode else 'done'
                say(f'[{number}/{total}] {how} after {_elapsed(start)}')
    finally:
        for _, _, _, process in running.values():  # only if this process is stopped
            process.terminate()
            process.wait()
    if failed:
        raise JobFailedError('\n'.join(map(_describe_failure, failed)))


def _next_job(waiting: list[Job], done: set[Job], failed: list[Job]) -> Job | None:
    ready = (job for job in waiting if job.after is None or job.after in done)
    return None if failed else next(ready, None)


def _start(job: Job, gpu: str) -> subprocess.Popen:
    environment = {**os.environ, 'CUDA_VISIBLE_DEVICES': gpu} if gpu else None
    job.log.parent.mkdir(parents=True, exist_ok=True)
    with job.log.open('a', encoding='utf-8') as log:  # resumed: its log goes on
        return subprocess.Popen(
            job.command, stdout=log, stderr=subprocess.STDOUT, env=environment
        )


def _describe_failure(job: Job) -> str:
    lines = job.log.read_text(encoding='utf-8', errors='replace').splitlines()
    shown = '\n'.join(f'  {line}' for line in lines[-_LAST_LINES:])
    return (
        f'{job.name} failed: {shlex.join(job.command)}\n{shown}\n(whole log: {job.log})'
    )


def _elapsed(start: float) -> str:
    minutes, seconds = divmod(round(time.monotonic() - start), 60)
    return f'{minutes // 60}:{minutes % 60:02}:{seconds:02}'
