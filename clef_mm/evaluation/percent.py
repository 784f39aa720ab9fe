"""Fractions as tables print them."""

from __future__ import annotations

import math
from collections.abc import Sequence

NONE = '-'


def percent(value: float | None, digits: int = 1) -> str:
    """Return a fraction in percent; a dash if it does not exist (None or NaN)."""
    if value is None or math.isnan(value):
        return NONE
    return f'{100 * value:.{digits}f}'


def percent_range(ends: Sequence[float] | None) -> str:
    """Return an interval of fractions in percent; a dash if there is none."""
    return NONE if ends is None else f'{percent(ends[0])} .. {percent(ends[1])}'
