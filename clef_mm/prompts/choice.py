"""TextChoice: which texts of a bank stand for its classes when images are tested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from clef_mm.prompts.bank import PromptBank
from clef_mm.prompts.schema import PromptBankError

ALL = 'all'
"""Every template, or every wording: the features of the texts are averaged."""


@dataclass(frozen=True)
class TextChoice:
    """A kind of text, and which of its templates and wordings.

    Attributes:
        kind: Such as ``'name'`` or ``'description'``.
        template: Number of the template in the bank's file, from 0, or ``'all'``.
        wording: Number of the wording, from 0, or ``'all'``. A class with fewer
            wordings than another repeats its own from the first.
    """

    kind: str
    template: int | str = 0
    wording: int | str = 0

    def texts(self, bank: PromptBank, absent: bool = False) -> list[tuple[str, ...]]:
        """Return the texts of each class of the bank: one, or all to be averaged.

        A text that a class would repeat stands once, so that each weighs the same.

        Args:
            bank: The bank, of the classes wanted.
            absent: Return what is said where the class is absent.

        Raises:
            PromptBankError: If the bank has no such kind, template, wording or, where
                asked for, no text of absence.
        """
        templates = bank.count_templates(self.kind)
        wordings = bank.count_wordings(self.kind)
        rows = [
            bank.texts(self.kind, index=wording * templates + template, absent=absent)
            for wording in self._numbers('wording', wordings, bank.source)
            for template in self._numbers('template', templates, bank.source)
        ]
        return [tuple(dict.fromkeys(column)) for column in zip(*rows, strict=True)]

    def describe(self, bank: PromptBank, absence: bool = False) -> dict[str, Any]:
        """Return in plain containers what a result states of its texts.

        Args:
            bank: The bank, of the classes tested.
            absence: State the texts of absence too.
        """
        texts = {'texts': self.texts(bank)}
        if absence:
            texts['texts_of_absence'] = self.texts(bank, absent=True)
        by_class = {
            what: dict(zip(bank.classes, map(list, rows), strict=True))
            for what, rows in texts.items()
        }
        return {**asdict(self), **by_class}

    def _numbers(self, what: str, count: int, source: str) -> range:
        number = getattr(self, what)
        if number == ALL:
            return range(count)
        if isinstance(number, int) and 0 <= number < count:
            return range(number, number + 1)
        raise PromptBankError(
            f"{source}: '{self.kind}' has {what}s 0 to {count - 1}, or '{ALL}' for the "
            f'mean over them; found {number!r}'
        )


def text_choices(bank: PromptBank) -> Iterator[TextChoice]:
    """Yield every kind, template and wording of a bank, and each kind's mean over all.

    A kind with a single text has no mean of its own.
    """
    for kind in bank.kinds:
        for wording in range(bank.count_wordings(kind)):
            for template in range(bank.count_templates(kind)):
                yield TextChoice(kind, template, wording)
        if bank.count(kind) > 1:
            yield TextChoice(kind, ALL, ALL)
