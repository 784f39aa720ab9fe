"""What a dataset found on disk and what is odd about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clef_mm.structures import UNKNOWN

if TYPE_CHECKING:
    from clef_mm.datasets.frame_table import FrameTable


@dataclass
class LoadReport:
    """Counts with examples, so that nothing is left out in silence.

    Attributes:
        found: What is used, by name.
        remarks: What the labels mean, as sentences.
        oddities: What is left out or needs a look, by description.
        examples: The first items of each description.
    """

    found: Counter = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
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

    def merge(self, other: LoadReport, of: str) -> None:
        """Add what another report says ``of`` a dataset; counts are summed."""
        self.found.update(other.found)
        self.remarks += [f'{of}: {remark}' for remark in other.remarks]
        for what, count in other.oddities.items():
            items = [f'{of}: {item}' for item in other.examples[what]]
            self.note(what, items, count)

    def lines(self) -> list[str]:
        """Return the report as lines of text."""
        found = ', '.join(f'{count:,} {name}' for name, count in self.found.items())
        oddities = [
            f'{count:,} {what} (such as {", ".join(self.examples[what])})'
            for what, count in self.oddities.items()
        ]
        return [*([found] if found else []), *self.remarks, *oddities]


def count_frames(report: LoadReport, frames: FrameTable, of_people: bool) -> None:
    """Count people, recordings, frames and unknown AU codes into ``report.found``.

    Args:
        report: To count into.
        frames: What is used.
        of_people: Whether people are known; photographs of others are only counted.
    """
    if not len(frames):
        return
    found = report.found
    if of_people:
        subjects = frames.columns['subject'].codes
        sequences = frames.columns['sequence']
        pairs = subjects.astype(np.int64) * len(sequences.names) + sequences.codes
        found['subjects'] = len(np.unique(subjects))
        found['sequences'] = len(np.unique(pairs))
    found['frames' if of_people else 'images'] = len(frames)
    if 'gt_aus' in frames.columns:
        unknown = frames.columns['gt_aus'] == UNKNOWN
        unknown = unknown[:, ~unknown.all(axis=0)]  # units that are not coded at all
        uncoded = unknown.all(axis=1)
        found['frames without AU codes'] = int(uncoded.sum())
        found['unknown AU codes in coded frames'] = int(unknown[~uncoded].sum())
