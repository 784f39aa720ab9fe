"""Levels of intensity as labels of their own: ``AU12 low``, ``AU12 high``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clef_mm.datasets.label_choice import LabelChoiceError
from clef_mm.datasets.reading.intensity_txt import HIGHEST
from clef_mm.structures import UNKNOWN

Levels = dict[str, tuple[int, int]]
"""First and last intensity of each level, by name."""


def find_levels(starts: Mapping[str, int] | None) -> Levels:
    """Return the intensities of each level: from its start up to that of the next.

    Args:
        starts: The first intensity of each level, in [1, 5], in any order: of
            ``{'low': 2, 'high': 3}`` low is 2, and high is 3, 4 and 5. None: no levels.

    Returns:
        The levels from the lowest to the highest.

    Raises:
        LabelChoiceError: If the starts are not as stated.
    """
    if starts is None:
        return {}
    given = list(starts.values()) if isinstance(starts, Mapping) else []
    possible = all(isinstance(start, int) and 1 <= start <= HIGHEST for start in given)
    if not given or not possible or len(set(given)) < len(given):
        raise LabelChoiceError(
            f'levels begin at different intensities from 1 to {HIGHEST}, such as '
            f'dict(low=2, high=3); got {starts!r}'
        )
    names = sorted(starts, key=starts.__getitem__)
    first = [starts[name] for name in names]
    last = [start - 1 for start in first[1:]] + [HIGHEST]
    return dict(zip(names, zip(first, last, strict=True), strict=True))


def level_names(au_names: tuple[str, ...], levels: Levels) -> tuple[str, ...]:
    """Return the label of every unit at every level, unit by unit."""
    return tuple(f'{unit} {level}' for unit in au_names for level in levels)


def at_level(intensities: np.ndarray, level: tuple[int, int]) -> np.ndarray:
    """Return whether a unit is shown at a level.

    Args:
        intensities: (N, C) int8 of 0 to 5, -1 where unknown.
        level: First and last intensity.

    Returns:
        (N, C) int8: 1 at this level, 0 at others or absent, -1 unknown.
    """
    first, last = level
    labels = ((intensities >= first) & (intensities <= last)).astype(np.int8)
    labels[intensities == UNKNOWN] = UNKNOWN
    return labels
