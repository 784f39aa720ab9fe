"""Signals that ask a run to stop: it writes a checkpoint first."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from clef_mm.errors import UserError

EXIT_CODE = 75
"""Of a run that was asked to stop and can go on: EX_TEMPFAIL of sysexits.h."""
SIGNALS = tuple(
    getattr(signal, name)
    for name in ('SIGTERM', 'SIGINT', 'SIGUSR1')
    if hasattr(signal, name)
)
"""SIGUSR1 is what ``sbatch --signal=USR1@120`` sends before time is up."""


def leave_to_main(worker: int) -> None:
    """Let a loader worker outlive signals that are meant for the whole program.

    Clusters, torchrun, ``timeout`` and terminals send them to every process of a group.
    A worker that ended would take the run with it before a checkpoint is written. What
    its own parent sends still ends it: that is how torch tidies up.

    Args:
        worker: Number that the loader gives it; not used.
    """
    if not hasattr(signal, 'sigwaitinfo'):  # macOS: workers end as torch has them
        return
    # A thread, as no handler in Python is told who has sent a signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    threading.Thread(target=_heed_parent, daemon=True).start()


def _heed_parent() -> None:
    while signal.sigwaitinfo(SIGNALS).si_pid != os.getppid():
        pass
    os._exit(0)


class RunStoppedError(UserError):
    """A run was asked to stop, and has; the message says how it goes on."""

    exit_code = EXIT_CODE


class StopSignals:
    """Whether a signal has asked to stop.

    Attributes:
        received: Name of the signal, or None.
    """

    def __init__(self) -> None:
        self.received: str | None = None

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Take note of signals; a second SIGINT ends the program at once."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread may
            return
        before = {number: signal.signal(number, self._note) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            # The next one is Python's own KeyboardInterrupt.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self.received = signal.Signals(number).name
        # Not the log: the signal may have come in the middle of a line of it.
        os.write(2, f'\n{self.received}: stopping after this step\n'.encode())
