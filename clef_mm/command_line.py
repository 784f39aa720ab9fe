"""What the tools share: errors without a traceback, and KEY=VALUE options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from clef_mm.errors import UserError


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
        '--launcher', choices=('none', 'pytorch', 'slurm'), default='none'
    )


@contextmanager
def guarded() -> Iterator[None]:
    """End the program with the message of a :class:`UserError`, without a traceback."""
    try:
        yield
    except UserError as error:
        print(f'\nerror: {error}', file=sys.stderr, flush=True)
        sys.exit(error.exit_code)


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
