"""Put our results beside the published rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clef_mm.evaluation.published import PublishedTable
from clef_mm.evaluation.tables.admission import Entry, admit
from clef_mm.evaluation.tables.ranking import Mark, marks
from clef_mm.evaluation.tables.rows import Row, own_rows, published_row
from clef_mm.evaluation.tables.wording import listed, measured_by

if TYPE_CHECKING:
    from clef_mm.evaluation.summary import Summary


@dataclass(frozen=True)
class Block:
    """Rows that were measured alike.

    Attributes:
        heading: What they are; on synthetic data, the notice.
        kind: ``'published'``, ``'ours'`` or ``'synthetic'``.
        protocol: How they were measured.
        rows: The methods.
    """

    heading: str
    kind: str
    protocol: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Comparison:
    """A published table with our rows.

    Attributes:
        table: What was published.
        blocks: The published rows, ours, and those on synthetic data.
    """

    table: PublishedTable
    blocks: tuple[Block, ...]


def compare(
    table: PublishedTable, summaries: Mapping[str, Summary], separate: bool = False
) -> Comparison:
    """Put our results beside the published rows of a table.

    Our block holds a row for each method that has a recipe here, blank where nothing
    was run. If all our results were measured alike, they are ranked together with the
    published ones; blocks of different protocols are ranked each by itself, and results
    on synthetic images never with real ones. A row of fewer folds than the table's, or
    with anything chosen on the test data, is shown and not ranked.

    Args:
        table: The published table.
        summaries: Our results by path.
        separate: Show results of different protocols in blocks of their own, instead of
            refusing them.

    Raises:
        UserError: If a summary does not fit the table or the others, see
            :func:`~clef_mm.evaluation.tables.admission.admit`.
    """
    entries = admit(table, summaries, separate)
    published = Block(
        'as published',
        'published',
        table.protocol,
        tuple(map(published_row, table.rows)),
    )
    real = _blocks(table, [entry for entry in entries if not entry.synthetic], False)
    generated = _blocks(table, [entry for entry in entries if entry.synthetic], True)
    together = len(real) == 1
    groups = [[published, *real]] if together else [[published], *([b] for b in real)]
    groups += [[block] for block in generated]
    ranked = [block for group in groups for block in _ranked(table, group)]
    return Comparison(table, tuple(ranked))


def _blocks(
    table: PublishedTable, entries: list[Entry], synthetic: bool
) -> list[Block]:
    """Make a block of each protocol; without real results, one that is blank."""
    numbers = sorted({entry.group for entry in entries}) or [0] * (not synthetic)
    blocks = []
    for number in numbers:
        held = [entry for entry in entries if entry.group == number]
        suffix = 'synthetic' if synthetic else 'ours'
        if len(numbers) > 1:
            suffix += f', protocol {number + 1}'
        notices = listed(entry.summary.notice for entry in held)
        blocks.append(
            Block(
                heading=notices if synthetic else 'measured with CLEF-MM',
                kind='synthetic' if synthetic else 'ours',
                protocol=_protocol(table, held),
                rows=tuple(
                    own_rows(table, held, number == 0 and not synthetic, suffix)
                ),
            )
        )
    return blocks


def _protocol(table: PublishedTable, entries: list[Entry]) -> str:
    lines = []
    for benchmark in table.benchmarks:
        held = [entry.summary for entry in entries if entry.benchmark == benchmark]
        if held:
            where = f'{benchmark.total}: ' if len(table.benchmarks) > 1 else ''
            lines.append(where + measured_by(held))
    return '. '.join(lines) or 'nothing was run yet'


def _ranked(table: PublishedTable, blocks: Sequence[Block]) -> list[Block]:
    """Mark the best and second best of blocks that may be compared."""
    rows = [row for block in blocks for row in block.rows]
    found: list[dict[str, Mark | None]] = [{} for _ in rows]
    for column in table.columns:
        values = [
            score.value if score and column not in row.unranked else None
            for row in rows
            for score in [row.scores.get(column)]
        ]
        decimals = table.benchmark_of(column).decimals
        for held, mark in zip(found, marks(values, decimals), strict=True):
            held[column] = mark
    marked = iter(found)
    return [
        replace(block, rows=tuple(replace(r, marks=next(marked)) for r in block.rows))
        for block in blocks
    ]
