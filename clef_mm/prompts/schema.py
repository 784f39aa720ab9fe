"""The shape of a prompt bank: turn nested plain data into templates and fields.

A bank file has two parts, and a third if it can be asked for what is *not* there::

    templates:                      # kind of text -> one or more templates
      name: a photo of a person with {name}
      description:
      - a photo of a face with {description}
      - a close-up of a face that has {description}
    classes:                        # class -> field -> one or more wordings
      AU1:
        name: inner brow raiser
        description: the inner ends of the eyebrows pulled upward
    absence:                        # kind of text -> one template, or one for each
      name: a photo of a person without {name}

A placeholder names a field of every class. A template of a kind holds the field of that
name and may hold others: ``{activity}, to bring out {emotion}`` is of kind
``activity``. Templates of absence may hold no field at all, such as ``a photo of a
person at rest``. The order of the classes is the order of the file.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from string import Formatter
from typing import Any

from clef_mm.errors import UserError, nearest

Wordings = tuple[str, ...]
Templates = dict[str, Wordings]
Fields = dict[str, dict[str, Wordings]]

_PARTS = ('templates', 'classes', 'absence')
_LONGEST = 1000  # characters; a sentence that an encoder of 77 tokens reads has 400


class PromptBankError(UserError, ValueError):
    """A prompt bank that cannot be used; says which bank, class and field, and why."""


def placeholders(template: str) -> list[str]:
    """Return the field names of a template in order of appearance.

    Raises:
        ValueError: If braces are unbalanced, or hold anything but a plain name.
    """
    names = []
    for _, name, format_spec, conversion in Formatter().parse(template):
        if name is None:  # the text after the last placeholder
            continue
        # {name.attribute}, {name!r} and {name:>9} would run code on the text.
        if format_spec or conversion or not name.isidentifier():
            raise ValueError(f"'{{{name}}}' is not a plain field name in braces")
        names.append(name)
    return names


def parse(data: Any, source: str) -> tuple[Templates, Fields, Templates]:
    """Check the shape of a bank and bring every text into the form of a tuple.

    Args:
        data: What a bank file holds, see the module's docstring.
        source: File or name of the bank, for the messages.

    Returns:
        The templates by kind, the wordings by class and field, and the templates of
        absence by kind, one for each of that kind's templates.

    Raises:
        PromptBankError: If a part is missing, unknown, empty or of the wrong type.
    """
    parts = _mapping(data, source)
    for part in parts:
        if part not in _PARTS:
            raise PromptBankError(
                f"{source}: unknown key '{part}' (a bank holds 'templates', 'classes' "
                f"and perhaps 'absence'){nearest(part, _PARTS)}"
            )
    for part in ('templates', 'classes'):
        if part not in parts:
            raise PromptBankError(f"{source}: '{part}' is missing")

    templates = _parse_templates(parts['templates'], source)
    fields = {
        key: {
            field: _wordings(texts, f"{source}: class '{key}', field '{field}'")
            for field, texts in _mapping(entry, f"{source}: class '{key}'").items()
        }
        for key, entry in _mapping(parts['classes'], f"{source}: 'classes'").items()
    }
    absence = (
        _parse_absence(parts['absence'], templates, source)
        if 'absence' in parts
        else {}
    )
    _match(templates, absence, fields, source)
    return templates, fields, absence


def _parse_templates(data: Any, source: str) -> Templates:
    templates = {}
    for kind, texts in _mapping(data, f"{source}: 'templates'").items():
        place = f"{source}: templates of '{kind}'"
        templates[kind] = _wordings(texts, place)
        for template in templates[kind]:
            names = _checked_placeholders(template, place)
            if kind not in names:
                raise PromptBankError(
                    f"{place}: '{template}' lacks the placeholder '{{{kind}}}'"
                    f'{nearest(kind, names)}'
                )
    return templates


def _parse_absence(data: Any, templates: Templates, source: str) -> Templates:
    """Return as many templates of absence as a kind has templates."""
    absence = {}
    for kind, texts in _mapping(data, f"{source}: 'absence'").items():
        place = f"{source}: absence of '{kind}'"
        if kind not in templates:
            raise PromptBankError(
                f'{place}: the bank has no templates of this kind, only of '
                f'{", ".join(templates)}{nearest(kind, templates)}'
            )
        given, wanted = _wordings(texts, place), len(templates[kind])
        if len(given) not in (1, wanted):
            raise PromptBankError(
                f'{place}: {len(given)} templates; give one, or one for each of the '
                f"{wanted} templates of '{kind}'"
            )
        for template in given:
            _checked_placeholders(template, place)
        absence[kind] = given if len(given) == wanted else given * wanted
    return absence


def _checked_placeholders(template: str, place: str) -> list[str]:
    try:
        return placeholders(template)
    except ValueError as error:
        raise PromptBankError(f"{place}: '{template}': {error}") from error


def _match(
    templates: Templates, absence: Templates, fields: Fields, source: str
) -> None:
    """Check that the classes hold the fields the templates ask for, and no others."""
    known = {field for entry in fields.values() for field in entry}
    asked = {}
    for kind, texts in (*templates.items(), *absence.items()):
        for template in texts:
            for name in placeholders(template):
                asked.setdefault(name, (kind, template))

    for name, (kind, template) in asked.items():
        # A field that most classes have is missing from one; a field that no class has
        # is more likely a slip in the template.
        if name not in known:
            raise PromptBankError(
                f"{source}: templates of '{kind}': '{template}' asks for the field "
                f"'{name}', which no class has{nearest(name, known)}"
            )
    for key, entry in fields.items():
        for field in entry:
            if field not in asked:
                raise PromptBankError(
                    f"{source}: class '{key}': unknown field '{field}', which no "
                    f'template asks for{nearest(field, asked)}'
                )
        for name in asked:
            if name not in entry:
                raise PromptBankError(f"{source}: class '{key}': no field '{name}'")


def _mapping(data: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise PromptBankError(
            f'{place}: expected keys with values, found {_found(data)}'
        )
    if not data:
        raise PromptBankError(f'{place}: is empty')
    for key in data:
        if not isinstance(key, str):
            # YAML reads the keys 1, yes and null as something other than text.
            raise PromptBankError(
                f'{place}: the key {key!r} is not a text; put it in quotes'
            )
        _check_short(key, place)
    return data


def _wordings(data: Any, place: str) -> Wordings:
    texts = [data] if isinstance(data, str) else data
    if not isinstance(texts, list | tuple):
        raise PromptBankError(
            f'{place}: expected a text or a list of texts, found {_found(data)}'
        )
    if not texts:
        raise PromptBankError(f'{place}: holds no text')
    for text in texts:
        if not isinstance(text, str):
            raise PromptBankError(f'{place}: expected a text, found {_found(text)}')
        if not text.strip():
            raise PromptBankError(f'{place}: a text is empty')
        _check_short(text, place)
    return tuple(text.strip() for text in texts)


def _check_short(text: str, place: str) -> None:
    if len(text) > _LONGEST:
        raise PromptBankError(
            f"{place}: '{text[:40]}...' has {len(text)} characters, more than any text "
            'encoder reads'
        )


def _found(data: Any) -> str:
    # Cut short: by repeating a few names YAML can say more than any memory holds.
    return (
        'nothing' if data is None else f'{reprlib.repr(data)} ({type(data).__name__})'
    )
