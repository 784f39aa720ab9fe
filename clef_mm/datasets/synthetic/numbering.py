"""Frame numbers of a recording of which only a segment is coded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_LENGTH_SPREAD = 0.15  # sequences differ in length by this much either way
_UNCODED_FRAMES = (2, 6)  # before and after the coded segment, both included


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many frames lie before, in and after the coded segment."""

    before: int
    coded: int
    after: int

    @classmethod
    def draw(cls, rng: np.random.Generator, mean_coded: int) -> Lengths:
        """Draw the lengths of a recording.

        Args:
            rng: Source of all choices.
            mean_coded: Mean number of coded frames over many recordings.
        """
        spread = rng.uniform(1 - _LENGTH_SPREAD, 1 + _LENGTH_SPREAD)
        coded = max(1, round(mean_coded * spread))
        before, after = rng.integers(*_UNCODED_FRAMES, size=2, endpoint=True).tolist()
        return cls(before, coded, after)

    @property
    def total(self) -> int:
        """Number of all frames."""
        return self.before + self.coded + self.after


@dataclass(frozen=True, slots=True)
class Numbering:
    """Consecutive frame numbers.

    Attributes:
        first: Number of the first frame.
        lengths: Of the recording and its coded segment.
    """

    first: int
    lengths: Lengths

    @property
    def coded_positions(self) -> slice:
        """Where the coded segment lies, counted from the first frame."""
        return slice(self.lengths.before, self.lengths.before + self.lengths.coded)

    @property
    def coded_numbers(self) -> np.ndarray:
        """Frame numbers of the coded segment, (lengths.coded,)."""
        return self.numbers[self.coded_positions]

    @property
    def numbers(self) -> np.ndarray:
        """Frame numbers of the whole recording, (lengths.total,)."""
        return np.arange(self.first, self.first + self.lengths.total)
