"""Runs independent jobs in worker processes, with a line of progress."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from typing import TypeVar

import cv2

from clef_mm.errors import UserError

Job = TypeVar('Job')
Result = TypeVar('Result')


class WorkerDiedError(UserError, RuntimeError):
    """A worker process ended without an answer."""


def run_jobs(
    function: Callable[[Job], Result],
    jobs: list[Job],
    workers: int,
    label: str,
    modules: Sequence[str] = (),
) -> list[Result]:
    """Apply `function` to every job and report progress on standard error.

    Args:
        function: A module-level function; its results must not depend on the order.
        jobs: Arguments, one call each.
        workers: Number of processes; 1 runs everything in this process.
        label: Shown before the progress.
        modules: Imported first in each process: plug-ins of a user.

    Returns:
        The results in order of completion.

    Raises:
        WorkerDiedError: If a process is killed, as by a machine short of memory.
    """
    if workers <= 1:
        with _single_thread():
            return list(_report(map(function, jobs), len(jobs), label))
    # Spawned, not forked: a fork of a process with threads may hang.
    context = multiprocessing.get_context('spawn')
    pool = ProcessPoolExecutor(workers, context, _set_up, (tuple(modules),))
    try:
        futures = [pool.submit(function, job) for job in jobs]
        done = (future.result() for future in as_completed(futures))
        return list(_report(done, len(jobs), label))
    except BrokenProcessPool as error:
        raise WorkerDiedError(
            f'{label}: a worker process was killed (out of memory?); try fewer '
            f'than {workers} workers'
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def in_batches(items: Sequence[Job], length: int) -> Iterator[tuple[int, list[Job]]]:
    """Cut a sequence into pieces of `length`, the last one shorter.

    Yields:
        Index of a piece's first item, and the piece.
    """
    for start in range(0, len(items), length):
        yield start, list(items[start : start + length])


def _set_up(modules: tuple[str, ...]) -> None:
    """Prepare a worker: one thread, and what a user has registered."""
    cv2.setNumThreads(1)
    for module in modules:
        import_module(module)


@contextmanager
def _single_thread() -> Iterator[None]:
    """Keep OpenCV from splitting small images over threads, which only costs time."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _report(results: Iterable[Result], total: int, label: str) -> Iterator[Result]:
    """Pass results on and print how far they are and how long the rest will take."""
    start = time.monotonic()
    in_terminal = sys.stderr.isatty()
    for count, result in enumerate(results, 1):
        yield result
        share, previous = count * 10 // total, (count - 1) * 10 // total
        if in_terminal or share != previous:
            elapsed = time.monotonic() - start
            left = elapsed / count * (total - count)
            line = f'{label}: {count}/{total}, {elapsed:.0f} s, {left:.0f} s left'
            end = '\r' if in_terminal and count < total else '\n'
            print(f'{line:<60}', end=end, file=sys.stderr, flush=True)
