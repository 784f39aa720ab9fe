"""What is published about the datasets: ``facts.json``, one entry per fact.

An entry holds ``value``, ``source`` and ``confidence``:

* ``H``: read in the artefact itself, or two independent sources agree;
* ``M``: one source;
* ``L``: inferred;
* ``R``: remembered from the dataset's paper, confirmed by nothing.

Numbers may have a ``tolerance`` with its ``reason``; it is a share of the value where
``relative`` is true, otherwise in the unit of the value. A fact may hold with certain
``options`` of the dataset class only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name('facts.json')


@dataclass(frozen=True)
class Fact:
    """A published value.

    Attributes:
        value: A number, a mapping of names to numbers, or a list.
        confidence: ``'H'``, ``'M'``, ``'L'`` or ``'R'``.
        source: Who says so.
        unit: Behind each number, such as ``' %'``.
        digits: Decimals shown.
        tolerance: Largest difference that still agrees.
        relative: The tolerance is a share of the value.
        reason: Why there is a tolerance.
        options: Arguments of the dataset class with which it holds.
    """

    value: Any
    confidence: str
    source: str
    unit: str = ''
    digits: int = 0
    tolerance: float = 0
    relative: bool = False
    reason: str = ''
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def is_firm(self) -> bool:
        """Whether data that disagree are wrong, and not only odd."""
        return self.confidence in ('H', 'M')

    @property
    def margin(self) -> str:
        """The tolerance as text."""
        return self.show_difference(self.tolerance)

    @property
    def citation(self) -> str:
        """Source, confidence, and the reason of the tolerance."""
        reason = f'; {self.reason}' if self.reason else ''
        return f'{self.source} ({self.confidence}{reason})'

    def show_difference(self, difference: float) -> str:
        """Return a difference as text, in per cent of the value where relative."""
        if self.relative:
            return f'{100 * difference:.2g} % of it'
        return f'{difference:.{max(self.digits, 0)}f}{self.unit}'


def load_facts(dataset: str) -> dict[str, Fact]:
    """Return the facts of a dataset class, such as ``'RAFDB'``, by name."""
    return {name: Fact(**entry) for name, entry in _read()[dataset].items()}


@cache
def _read() -> dict[str, dict[str, dict[str, Any]]]:
    return json.loads(_FILE.read_text(encoding='utf-8'))
