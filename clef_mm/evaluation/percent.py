"""Measures as tables print them: fractions in percent, ratios as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence

NONE = '-'
_RATIO = '_ratio'
"""What the name of a measure ends in that is no fraction and may exceed 1."""


def percent(value: float | None, digits: int = 1) -> str:
    """Return a fraction in percent; a dash if it does not exist (None or NaN)."""
    if value is None or math.isnan(value):
        return NONE
    return f'{100 * value:.{digits}f}'


def titled(name: str) -> str:
    """Return the name of a measure with the unit it is printed in, if it has one."""
    return name if name.endswith(_RATIO) else f'{name} [%]'


def printed(name: str, value: float | None) -> str:
    """Return the value of a measure in the unit that :func:`titled` names.

    Args:
        name: Of the measure; ``..._ratio`` is no fraction.
        value: A fraction in [0, 1] or a ratio; None or NaN, which does not exist,
            gives a dash.
    """
    if not name.endswith(_RATIO):
        return percent(value)
    return NONE if value is None or math.isnan(value) else f'{value:.3f}'


def printed_range(name: str, ends: Sequence[float] | None) -> str:
    """Return an interval of a measure, see :func:`printed`; a dash if there is none."""
    return NONE if ends is None else ' .. '.join(printed(name, end) for end in ends)
