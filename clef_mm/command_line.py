"""What the tools share: errors without a traceback, and KEY=VALUE options."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from clef_mm.errors import UserError


@contextmanager
def guarded() -> Iterator[None]:
    """End the program with the message of a :class:`UserError`, without a traceback."""
    try:
        yield
    except UserError as error:
        sys.exit(f'\nerror: {error}')


def parse_options(options: list[str]) -> dict[str, Any]:
    """Turn ``['KEY=VALUE', ...]`` of a command line into values by key.

    Raises:
        UserError: If there is no ``=``.
    """
    from mmengine.config import DictAction

    parsed = {}
    for option in options:
        key, equals, value = option.partition('=')
        if not equals:
            raise UserError(f'options are KEY=VALUE, got {option!r}')
        parsed[key] = DictAction._parse_iterable(value)
    return parsed
