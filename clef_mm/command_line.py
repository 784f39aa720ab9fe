"""What the tools share: errors without a traceback, and KEY=VALUE options."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from clef_mm.errors import UserError

_BEHIND_THE_FIRST = 1.0
"""Seconds that the others end after the process that failed first. torchrun looks every
tenth of a second, and calls the first that it finds ended the cause."""


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Add what every tool that reads a config takes."""
    parser.add_argument(
        '--data-root',
        nargs='+',
        metavar='[NAME=]DIR',
        help='folder of the dataset, for every split; of several: bp4d=DIR disfa=DIR',
    )
    parser.add_argument(
        '--synthetic',
        action='store_true',
        help='run on rendered stand-ins in data/synthetic, without downloaded weights',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        metavar='KEY=VALUE',
        help='override config entries, such as optim_wrapper.optimizer.lr=1e-4',
    )


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add what every tool that runs a model takes besides."""
    add_config_options(parser)
    parser.add_argument('--work-dir', help='where logs, checkpoints and reports go')
    parser.add_argument(
        '--launcher',
        choices=('none', 'pytorch', 'slurm'),
        default='none',
        help='what started the processes, if there are several: torchrun or srun',
    )


@contextmanager
def guarded(launcher: str = 'none') -> Iterator[None]:
    """End the program with the message of a :class:`UserError`, without a traceback.

    With a launcher this process first joins the others. If one of them fails all end,
    and only what the first has to say is shown: the others lose the connection to it,
    or make the same mistake.

    Args:
        launcher: What started the processes, if there are several: ``'pytorch'`` or
            ``'slurm'``.
    """
    try:
        if launcher != 'none':
            from clef_mm.distributed import init_process_group

            init_process_group(launcher)
        yield
    except UserError as error:
        message, code = f'\nerror: {error}', error.exit_code
    except Exception as error:
        if launcher == 'none':
            raise
        message, code = _describe(error), 1
    else:
        if launcher != 'none':
            from clef_mm.distributed import leave_process_group

            leave_process_group()
        return
    if launcher == 'none' and code == 1:
        sys.exit(message)  # Python prints it and ends with 1
    if launcher == 'none':
        print(message, file=sys.stderr, flush=True)
        sys.exit(code)
    _end_one_of_several(message, code)


def _describe(error: Exception) -> str:
    """Return what a failing process shows; it is one of several."""
    from clef_mm import distributed

    if distributed.lost_connection(error):
        return (
            f'\nerror: process {distributed.rank()} lost its connection to another, '
            'which ended without a word. Was it killed for want of memory? What '
            'started the processes may tell its exit code below.'
        )
    trace = ''.join(traceback.format_exception(error))
    return f'\nprocess {distributed.rank()} failed:\n{trace}'


def _end_one_of_several(message: str, code: int) -> NoReturn:
    """End at once, whatever the other processes wait for."""
    from clef_mm.distributed import first_to_fail

    if first_to_fail():
        print(message, file=sys.stderr)
    else:
        time.sleep(_BEHIND_THE_FIRST)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # Loader workers would hold the connections open.
    for child in multiprocessing.active_children():
        child.kill()
    # Not sys.exit: an operation that waits for the others would not let it end, and
    # these wait for the end of this process.
    os._exit(code)


def parse_options(options: list[str]) -> dict[str, Any]:
    """Turn ``['KEY=VALUE', ...]`` of a command line into values by key.

    Raises:
        UserError: If there is no ``=``, or a bracket is left open.
    """
    from mmengine.config import DictAction

    parsed = {}
    for option in options:
        key, equals, value = option.partition('=')
        if not equals:
            raise UserError(f'options are KEY=VALUE, got {option!r}')
        try:
            parsed[key] = DictAction._parse_iterable(value)
        except AssertionError as error:  # mmengine's word for brackets left open
            raise UserError(f'{option!r}: {error}') from None
    return parsed
