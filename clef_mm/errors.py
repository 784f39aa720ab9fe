"""Failures that a user can mend."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """Something outside the code is wrong: data, a file, a config, a command line.

    The message says what was found where and what to do; the tools print it alone,
    without a traceback.
    """

    exit_code = 1


def nearest(name: object, names: Iterable[str]) -> str:
    """Return ``"; did you mean 'X'?"`` for the closest of ``names``, or ``''``.

    ``name`` is whatever a user wrote where a name belongs, perhaps no text at all.
    """
    match = get_close_matches(str(name), list(names), n=1)
    return f"; did you mean '{match[0]}'?" if match else ''
