"""What a dataset found on disk and what is odd about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class LoadReport:
    """Counts with examples, so that nothing is left out in silence.

    Attributes:
        found: What is used, by name.
        oddities: What is left out or needs a look, by description.
        examples: The first items of each description.
    """

    found: Counter = field(default_factory=Counter)
    oddities: Counter = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def note(self, what: str, items: list[str] | str, count: int | None = None) -> None:
        """Count items under a description; ``count`` is how many they stand for."""
        items = [items] if isinstance(items, str) else items
        number = len(items) if count is None else count
        if number:
            self.oddities[what] += number
            kept = self.examples.setdefault(what, [])
            kept.extend(items[: max(0, 3 - len(kept))])

    def lines(self) -> list[str]:
        """Return the report as lines of text."""
        found = ', '.join(f'{count:,} {name}' for name, count in self.found.items())
        return [found] * bool(found) + [
            f'{count:,} {what} (such as {", ".join(self.examples[what])})'
            for what, count in self.oddities.items()
        ]
