"""The one order of the expression classes, and the way of a dataset's codes to it.

RAF-DB, AffectNet and FERPlus number the same expressions in three different ways. Every
dataset names its codes; the names lead to the class index, so that a model trained on
one dataset can be tested on another.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

EXPRESSIONS = (
    'neutral',
    'happiness',
    'sadness',
    'surprise',
    'fear',
    'disgust',
    'anger',
    'contempt',
)
"""The classes in the project's order, keys of the prompt bank ``expressions``."""

NO_CLASS = -1
"""Index of an image whose label is none of the classes."""


def expression_classes(count: int) -> tuple[str, ...]:
    """Return the first ``count`` expressions: 8, or 7, which leave out contempt.

    Raises:
        ValueError: If ``count`` is neither.
    """
    if count not in (7, 8):
        raise ValueError(
            f'classes must be 8, or 7 to leave out contempt, got {count!r}'
        )
    return EXPRESSIONS[:count]


def to_class_index(
    codes: np.ndarray, names: Mapping[int, str], classes: tuple[str, ...]
) -> np.ndarray:
    """Translate a dataset's codes by name.

    Args:
        codes: (N,) integers, each a key of ``names``.
        names: What the dataset calls its codes, such as ``{1: 'surprise', ...}``.
        classes: The classes in order.

    Returns:
        (N,) int8: the index into ``classes``, or ``NO_CLASS`` for other names.
    """
    table = np.full(max(names) + 1, NO_CLASS, np.int8)
    for code, name in names.items():
        if name in classes:
            table[code] = classes.index(name)
    return table[codes]


def describe_mapping(names: Mapping[int, str], classes: tuple[str, ...]) -> str:
    """Return such as ``'1 surprise -> 3 surprise, ..., 8 none -> left out'``."""
    return ', '.join(
        f'{code} {name} -> '
        + (f'{classes.index(name)} {name}' if name in classes else 'left out')
        for code, name in names.items()
    )
