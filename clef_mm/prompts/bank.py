"""PromptBank: every text that can be made for a set of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from clef_mm.errors import nearest
from clef_mm.prompts.schema import (
    PromptBankError,
    Wordings,
    parse,
    placeholders,
)
from clef_mm.prompts.text_checks import check_distinct, check_length


@dataclass(frozen=True)
class PromptBank:
    """The templates of each kind of text, and the fields of each class.

    Build one with :func:`load_bank` or :meth:`from_dict`, which check it. A model asks
    for one text per class::

        bank = load_bank('action_units').select(dataset_meta['au_names'])
        names = bank.texts('name')
        index = random.randrange(bank.count('description'))
        descriptions = bank.texts('description', index=index)

    Attributes:
        source: File or name the bank came from, for messages.
        templates: Kind of text -> its templates.
        fields: Class -> field -> its wordings, in the order of the classes.
        absence: Kind of text -> what is said where a class is absent, a template for
            each of the kind's; kinds that have none are left out.
    """

    source: str
    templates: Mapping[str, Wordings]
    fields: Mapping[str, Mapping[str, Wordings]]
    absence: Mapping[str, Wordings] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], source: str) -> PromptBank:
        """Build a bank from what a bank file holds.

        Args:
            data: ``{'templates': {kind: texts}, 'classes': {class: {field: texts}}}``
                and perhaps ``'absence': {kind: texts}``, where texts are one string or
                a list of strings.
            source: File or name of the bank, for messages.

        Raises:
            PromptBankError: If the shape is wrong, two classes share a text, or a text
                is longer than the text encoder reads.
        """
        templates, fields, absence = parse(data, source)
        bank = cls(source, templates, fields, absence)
        check_distinct(bank)
        check_length(bank)
        return bank

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in order."""
        return tuple(self.fields)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of text: ``('name', 'description')`` for a bank of labels."""
        return tuple(self.templates)

    def select(self, classes: Sequence[str]) -> PromptBank:
        """Return the bank of these classes alone, in this order.

        Raises:
            PromptBankError: If a class is not in the bank or is asked for twice.
        """
        for key in classes:
            if key not in self.fields:
                raise PromptBankError(
                    f"{self.source}: no class '{key}' (it has "
                    f'{", ".join(self.classes)}){nearest(key, self.classes)}'
                )
        if not classes or len(set(classes)) < len(classes):
            raise PromptBankError(
                f'{self.source}: select one or more classes, each once; '
                f'found {list(classes)}'
            )
        return replace(self, fields={key: self.fields[key] for key in classes})

    def count(self, kind: str) -> int:
        """Return how many texts each class has of a kind: templates times wordings.

        A class with fewer wordings than another repeats its own from the first.
        """
        return self.count_templates(kind) * self.count_wordings(kind)

    def count_templates(self, kind: str) -> int:
        """Return the number of templates of a kind."""
        return len(self._templates(kind))

    def count_wordings(self, kind: str) -> int:
        """Return the largest number of wordings that a class has for a kind."""
        used = {name for text in self._templates(kind) for name in placeholders(text)}
        return max(
            len(texts)
            for entry in self.fields.values()
            for field, texts in entry.items()
            if field in used
        )

    def texts(
        self,
        kind: str,
        classes: Sequence[str] | None = None,
        index: int = 0,
        absent: bool = False,
    ) -> list[str]:
        """Return one text per class, all from the same template.

        Args:
            kind: One of ``kinds``.
            classes: The classes wanted, in this order; all by default.
            index: Which text, in [0, ``count(kind)``). Templates turn fastest, so the
                indices below the number of templates use every class's first wording.
            absent: Return what is said where the class is absent.

        Raises:
            PromptBankError: If the kind or a class is not in the bank, or if it has no
                text for absence.
            IndexError: If ``index`` is out of range.
        """
        if classes is not None:
            return self.select(classes).texts(kind, index=index, absent=absent)
        if not 0 <= index < self.count(kind):
            raise IndexError(
                f"{self.source}: '{kind}' has texts 0 to {self.count(kind) - 1}, "
                f'asked for {index}'
            )
        templates = self._absence(kind) if absent else self._templates(kind)
        wording, template = divmod(index, len(templates))
        return [
            templates[template].format(
                **{field: texts[wording % len(texts)] for field, texts in entry.items()}
            )
            for entry in self.fields.values()
        ]

    def _templates(self, kind: str) -> Wordings:
        if kind not in self.templates:
            raise PromptBankError(
                f"{self.source}: no texts of kind '{kind}' (it has "
                f'{", ".join(self.kinds)}){nearest(kind, self.kinds)}'
            )
        return self.templates[kind]

    def _absence(self, kind: str) -> Wordings:
        if kind not in self.absence:
            raise PromptBankError(
                f"{self.source}: no text says that a class is absent: add 'absence' "
                f"with a template of '{kind}', such as 'a face without {{{kind}}}'"
            )
        return self.absence[kind]
