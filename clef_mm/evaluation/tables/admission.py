"""Which summaries may stand in a table, and which of them beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clef_mm.errors import UserError
from clef_mm.evaluation.published import Benchmark, PublishedTable
from clef_mm.evaluation.tables.wording import MUST_AGREE, listed, stated

if TYPE_CHECKING:
    from clef_mm.evaluation.summary import Summary


@dataclass(frozen=True)
class Entry:
    """A summary with its place in a table.

    Attributes:
        path: Where it was read from.
        summary: What was read.
        benchmark: The columns that it fills.
        row: The row that it fills.
        group: 0 for the first protocol met on this benchmark, 1 for the next, ...;
            results on real and on synthetic images are counted apart.
    """

    path: str
    summary: Summary
    benchmark: Benchmark
    row: str
    group: int

    @property
    def synthetic(self) -> bool:
        """Whether it was measured on generated images."""
        return bool(self.summary.notice)


def admit(
    table: PublishedTable, summaries: Mapping[str, Summary], separate: bool
) -> list[Entry]:
    """Find the place of each summary in a table.

    Args:
        table: The table.
        summaries: By path.
        separate: Number the protocols instead of refusing a second one.

    Returns:
        The entries in the given order.

    Raises:
        UserError: If a summary does not fit the table, is there twice, or was measured
            by another protocol than the one before it.
    """
    entries: list[Entry] = []
    for path, summary in summaries.items():
        benchmark = _benchmark(table, path, summary)
        rivals = [
            entry
            for entry in entries
            if entry.benchmark == benchmark and entry.synthetic == bool(summary.notice)
        ]
        group = _group(path, summary, rivals, separate)
        row = table.row_name(summary.name)
        for entry in rivals:
            if entry.group == group and entry.row == row:
                raise UserError(
                    f'{entry.path} and {path} both fill the row {row!r} on '
                    f'{summary.dataset}; leave one of them out'
                )
        entries.append(Entry(path, summary, benchmark, row, group))
    return entries


def protocol_differences(one: Summary, other: Summary) -> list[str]:
    """Say in what two summaries were measured differently; empty if comparable."""
    return [
        f'{words}: {one_says or "not stated"} and {other_says or "not stated"}'
        for key, words in MUST_AGREE.items()
        if (one_says := stated(one.protocol, key))
        != (other_says := stated(other.protocol, key))
    ]


def _benchmark(table: PublishedTable, path: str, summary: Summary) -> Benchmark:
    """Return the columns that a summary fills."""
    refused = f'{path} does not fit {table.name} ({table.title}): it'
    parts: Iterable[Benchmark] = table.benchmarks
    datasets = listed(part.dataset for part in parts)
    parts = [part for part in parts if part.dataset == summary.dataset]
    if not parts:
        raise UserError(
            f'{refused} was measured on {summary.dataset}, the table is of {datasets}'
        )
    measures = listed(part.measure for part in parts)
    parts = [part for part in parts if part.measure == summary.measure]
    if not parts:
        raise UserError(
            f'{refused} gives the {summary.measure}, the table compares the {measures}'
        )
    labels = list(summary.protocol.get('labels') or ())
    expected = ' or '.join(', '.join(part.labels) for part in parts)
    parts = [part for part in parts if set(part.labels) == set(labels)]
    if not parts:
        raise UserError(
            f'{refused} has the labels {", ".join(labels) or "(none stated)"}, the '
            f'table {expected}; a mean over other labels is another number'
        )
    (benchmark,) = parts
    unknown = set(summary.folds) - set(benchmark.folds)
    if benchmark.folds and unknown:
        raise UserError(
            f'{refused} has fold {listed(sorted(unknown))}, the table is of folds '
            f'{listed(benchmark.folds)}'
        )
    lacking = [key for key in benchmark.columns.values() if key not in summary.metrics]
    if lacking:
        raise UserError(f'{refused} does not hold {listed(lacking)}')
    return benchmark


def _group(path: str, summary: Summary, rivals: list[Entry], separate: bool) -> int:
    """Return the number of a protocol among those met before."""
    for entry in rivals:
        if not protocol_differences(entry.summary, summary):
            return entry.group
    if rivals and not separate:
        differences = '; '.join(protocol_differences(rivals[0].summary, summary))
        raise UserError(
            f'{rivals[0].path} and {path} were measured differently and cannot stand '
            f'beside each other: {differences}. Leave one of them out, or show each '
            'protocol in a block of its own with --separate'
        )
    return max((entry.group + 1 for entry in rivals), default=0)
