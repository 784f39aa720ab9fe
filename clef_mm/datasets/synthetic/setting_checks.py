"""Checks of what a user asks a writer of synthetic data for."""

from __future__ import annotations

from collections.abc import Sequence

from clef_mm.errors import UserError

SIZES = (16, 2048)
"""Least and greatest side of a frame in pixels."""


class SyntheticSettingError(UserError, ValueError):
    """A setting of a synthetic dataset has a value that it cannot have."""


def check_ids(
    setting: str, ids: Sequence[str], official: Sequence[str], hint: str
) -> None:
    """Refuse ids that do not exist or stand twice, and an empty list.

    Args:
        setting: Name of the argument.
        ids: What the user asks for.
        official: All ids there are.
        hint: Says in words which ids there are.

    Raises:
        SyntheticSettingError: As above.
    """
    unknown = [name for name in ids if name not in official]
    if unknown or not ids or len(set(ids)) != len(ids):
        found = ', '.join(unknown) or 'none given, or one given twice'
        raise SyntheticSettingError(f'{setting}: {found}; {hint}')


def check_range(
    setting: str, value: int, lowest: int, highest: int, unit: str = ''
) -> None:
    """Refuse a number outside lowest .. highest, both included.

    Raises:
        SyntheticSettingError: As above.
    """
    if not lowest <= value <= highest:
        raise SyntheticSettingError(
            f'{setting}: {value} not in {lowest} .. {highest} {unit}'.rstrip()
        )


def check_choice(setting: str, value: str, known: Sequence[str]) -> None:
    """Refuse a value that is none of the known ones.

    Raises:
        SyntheticSettingError: As above.
    """
    if value not in known:
        raise SyntheticSettingError(
            f'{setting}: {value!r} is none of {", ".join(known)}'
        )
