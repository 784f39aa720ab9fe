"""Mark the best and the second best, as the paper does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Mark = Literal['best', 'second']


def marks(values: Sequence[float | None], decimals: int) -> list[Mark | None]:
    """Mark the highest value and the next.

    Values that print alike share a mark, so that no reader sees 65.9 preferred to
    65.9. With fewer than two values nothing is compared and nothing marked.

    Args:
        values: Percent; ``None`` where there is none.
        decimals: Digits after the point that are printed.

    Returns:
        A mark or ``None`` for each value.
    """
    shown = [None if value is None else round(value, decimals) for value in values]
    given = [value for value in shown if value is not None]
    if len(given) < 2:
        return [None] * len(shown)
    order = sorted(set(given), reverse=True)
    names: dict[float | None, Mark] = dict(zip(order, ('best', 'second'), strict=False))
    return [names.get(value) for value in shown]
