"""Choose the labels of a dataset by name, so that those of two datasets agree."""

from __future__ import annotations

from collections.abc import Sequence

from clef_mm.errors import UserError, nearest


class LabelChoiceError(UserError, ValueError):
    """Labels that cannot be chosen; names them and those that can."""


def check_choice(
    wanted: Sequence[str],
    coded: Sequence[str],
    vocabulary: Sequence[str],
    allow_uncoded: bool,
    where: str,
) -> tuple[str, ...]:
    """Check a choice of labels.

    Args:
        wanted: Names in the order that the labels shall have.
        coded: What the dataset has labels of.
        vocabulary: Every name that there is, coded or not.
        allow_uncoded: Whether some of them may be ones that the dataset does not code.
        where: Option and dataset, for messages: ``'au_names of DISFA'``.

    Returns:
        ``wanted``.

    Raises:
        LabelChoiceError: If it is a text, empty, names one twice, has a name that means
            nothing, one that is not coded and not allowed to be, or none that is coded.
    """
    if isinstance(wanted, str):
        raise LabelChoiceError(f"{where} is a list, got the text '{wanted}'")
    wanted = tuple(wanted)
    if not wanted or len(set(wanted)) < len(wanted):
        raise LabelChoiceError(f'{where} must be different names, got {list(wanted)}')
    there = f'there are {", ".join(coded)}'
    for name in wanted:
        if name not in vocabulary:
            raise LabelChoiceError(
                f'{where}: no label is called {name!r}, {there}'
                + nearest(name, vocabulary)
            )
    uncoded = [name for name in wanted if name not in coded]
    if uncoded and not allow_uncoded:
        raise LabelChoiceError(
            f'{where}: not coded are {", ".join(uncoded)}; {there}. With '
            'allow_uncoded=True, what is not coded is unknown in every image'
        )
    if len(uncoded) == len(wanted):
        raise LabelChoiceError(
            f'{where}: none of {", ".join(uncoded)} is coded; {there}'
        )
    return wanted
