"""What is looked at in one dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from clef_mm.datasets.doctor.check import Check
from clef_mm.datasets.doctor.tree import LabelRows, Tree

Step = Callable[[Tree], Iterator[Check]]


@dataclass(frozen=True)
class Plan:
    """The steps of an examination.

    Attributes:
        released: Of the files as released, not of a prepared tree.
        always: Of any tree, a small one too.
        complete: Numbers that only the complete official set can have.
        never_reported: Descriptions in the load report that are wrong, and not only
            odd, each with what to do.
        handled: Descriptions in the load report that a step judges.
        read_labels: See :class:`Tree`.
        forget: Deletes what earlier runs remember of a folder, so that the disk is
            examined and not a cache.
    """

    released: tuple[Step, ...]
    always: tuple[Step, ...]
    complete: tuple[Step, ...]
    never_reported: Mapping[str, str] = field(default_factory=dict)
    handled: tuple[str, ...] = ()
    read_labels: Callable[[Tree], LabelRows] | None = None
    forget: Callable[[Path], None] | None = None
