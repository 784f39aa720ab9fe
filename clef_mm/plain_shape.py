"""What plain data from outside must look like, written as an example of it.

================  ================================================================
``str``           a text; any other type likewise, ``(int, float)`` one of two
``[str]``         a list of texts
``{str: int}``    integers by any keys
``{'a': int}``    a mapping in which ``'a'`` is an integer; others may stand there
``None``          nothing: the key may be left out
``(None, [str])`` one or the other; the last is what a message asks for
================  ================================================================
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any

Shape = Any
"""A type, None, a list of one shape, a mapping of shapes, or a tuple of choices."""


def misfit(value: Any, shape: Shape, place: str) -> str:
    """Say where a value is of another shape; empty if it is not.

    Args:
        value: Texts, numbers, truth values, lists and mappings.
        shape: See the module.
        place: Name of the value, for the message.

    Returns:
        Such as ``"protocol.subjects is 3, not a list"``.
    """
    if isinstance(shape, tuple):
        wrong = [misfit(value, choice, place) for choice in shape]
        return wrong[-1] if all(wrong) else ''
    if isinstance(shape, dict):
        return _misfit_in_mapping(value, shape, place)
    if isinstance(shape, list):
        if not isinstance(value, (list, tuple)):
            return _other(place, value, 'a list')
        items = (misfit(v, shape[0], f'{place}[{i}]') for i, v in enumerate(value))
        return next(filter(None, items), '')
    if shape is None:
        return '' if value is None else _other(place, value, 'left out')
    # True is an integer to Python, and to nobody else.
    fits = isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
    return '' if fits else _other(place, value, f'of type {shape.__name__}')


def _misfit_in_mapping(value: Any, shape: dict[Any, Shape], place: str) -> str:
    if not isinstance(value, Mapping):
        return _other(place, value, 'a mapping')
    wanted = dict.fromkeys(value, shape[str]) if str in shape else shape
    parts = (misfit(value.get(k), s, f'{place}.{k}') for k, s in wanted.items())
    return next(filter(None, parts), '')


def _other(place: str, value: Any, wanted: str) -> str:
    return f'{place} is {reprlib.repr(value)}, not {wanted}'
