"""Find a prompt bank by name or path and read it."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from clef_mm.errors import nearest
from clef_mm.outside_files import parsing
from clef_mm.prompts.bank import PromptBank
from clef_mm.prompts.schema import PromptBankError

_BANKS = Path(__file__).parent / 'banks'
_DEEPEST = 20  # levels; a bank has four


def load_bank(name_or_path: str | Path) -> PromptBank:
    """Load a prompt bank.

    Args:
        name_or_path: The path of a ``.yaml`` file; or the name of a built-in bank
            (``'action_units'``); or the name under which a function that returns a
            :class:`PromptBank` is registered in ``clef_mm.registry.PROMPTS``.

    Raises:
        PromptBankError: If there is no such bank, or it cannot be used; the message
            names the file, class and field.
    """
    path = Path(name_or_path)
    if path.suffix in ('.yaml', '.yml'):
        return _read(path)
    name = str(name_or_path)
    if name in _built_in_names():
        return _read(_BANKS / f'{name}.yaml')
    return _registered(name)


def _built_in_names() -> list[str]:
    return sorted(path.stem for path in _BANKS.glob('*.yaml'))


def _registered(name: str) -> PromptBank:
    # The registry imports mmengine and with it torch; built-in banks need neither.
    from clef_mm.registry import PROMPTS

    known = sorted({*_built_in_names(), *PROMPTS.names()})
    if name not in known:
        raise PromptBankError(
            f"no prompt bank is called '{name}' (there are {', '.join(known)}; the "
            f'path of a bank file ends in .yaml){nearest(name, known)}'
        )
    bank = PROMPTS.get(name)()
    if not isinstance(bank, PromptBank):
        raise PromptBankError(
            f"the prompt bank '{name}' is registered as a function that returned "
            f'{type(bank).__name__}; it must return a PromptBank'
        )
    return bank


def _read(path: Path) -> PromptBank:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PromptBankError(f'{path}: cannot be read: {error.strerror}') from error
    with parsing(path, 'YAML file', PromptBankError):
        # Bytes: YAML itself settles the encoding and reports broken characters.
        data = yaml.load(content, Loader=_UniqueKeyLoader)
    return PromptBank.from_dict(data, source=str(path))


class _UniqueKeyLoader(yaml.SafeLoader):
    """Builds plain data only, and refuses a key that YAML would silently overwrite."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self._depth += 1
        if self._depth > _DEEPEST:  # of thousands the scanner would not come to an end
            raise yaml.composer.ComposerError(
                problem='things in things, without end',
                problem_mark=self.peek_event().start_mark,
            )
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, Any]:
        first: dict[str, yaml.Node] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # a list as a key; the base class refuses it
            if first.setdefault(key.value, key) is not key:
                line = first[key.value].start_mark.line + 1
                raise yaml.constructor.ConstructorError(
                    problem=f"the key '{key.value}' stands on line {line} already",
                    problem_mark=key.start_mark,
                )
        return super().construct_mapping(node, deep)
