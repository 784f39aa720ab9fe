"""Lay a comparison out as text: cells, footnotes, and the lines under the table."""

from __future__ import annotations

from dataclasses import dataclass

from clef_mm.evaluation.published import PublishedTable
from clef_mm.evaluation.tables.comparison import Block, Comparison
from clef_mm.evaluation.tables.ranking import Mark
from clef_mm.evaluation.tables.rows import Row

TICK = '✓'
KEY = 'of the rows that may be compared; dash: there is no such number; blank: not run.'
"""What stands under every table, after the marks of best and second best."""


@dataclass(frozen=True)
class Cell:
    """A number as text, without its mark, and the mark."""

    text: str
    mark: Mark | None = None


@dataclass(frozen=True)
class Line:
    """A row: the method with the numbers of its footnotes, ticks, and scores."""

    method: str
    footnotes: tuple[int, ...]
    ticks: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Panel:
    """Rows under one header: real ones together, synthetic ones under their notice.

    Attributes:
        heading: The notice on synthetic data, or ``''``.
        sections: Rows of one block each, to be parted by a rule.
    """

    heading: str
    sections: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True)
class Sheet:
    """All that stands on a page.

    Attributes:
        title: What is compared.
        header: Names of the columns: method, components, scores.
        panels: The real rows, then the synthetic ones.
        footnotes: Numbered from 1.
        remarks: How the rows were measured, and what is wrong in the paper's table.
    """

    title: str
    header: tuple[str, ...]
    panels: tuple[Panel, ...]
    footnotes: tuple[str, ...]
    remarks: tuple[str, ...]


def lay_out(comparison: Comparison) -> Sheet:
    """Turn the numbers of a comparison into text."""
    table, blocks = comparison.table, comparison.blocks
    footnotes = tuple(
        dict.fromkeys(
            note for block in blocks for row in block.rows for note in row.notes
        )
    )

    def section(block: Block) -> tuple[Line, ...]:
        return tuple(_line(table, row, footnotes) for row in block.rows)

    real = tuple(section(block) for block in blocks if block.kind != 'synthetic')
    generated = (block for block in blocks if block.kind == 'synthetic')
    return Sheet(
        title=f'Table {table.name.removeprefix("table")} of the paper: '
        f'{table.title}, in percent',
        header=('Method', *table.components, *table.columns),
        panels=(
            Panel('', real),
            *(Panel(block.heading, (section(block),)) for block in generated),
        ),
        footnotes=footnotes,
        remarks=tuple(_remarks(comparison)),
    )


def _line(table: PublishedTable, row: Row, footnotes: tuple[str, ...]) -> Line:
    cells = []
    for column in table.columns:
        mark = (row.marks or {}).get(column)
        cells.append(Cell(_text(table, row, column), mark))
    return Line(
        method=' '.join(filter(None, (row.method, row.reference))),
        footnotes=tuple(footnotes.index(note) + 1 for note in row.notes),
        ticks=tuple(TICK if c in row.components else '' for c in table.components),
        cells=tuple(cells),
    )


def _text(table: PublishedTable, row: Row, column: str) -> str:
    """Write a score: ``'65.9'``; a total with its spread over seeds, ``'65.9 ± 0.3'``.

    A dash is a number that does not exist, a blank one that was not measured.
    """
    if column not in row.scores:
        return ''
    score, part = row.scores[column], table.benchmark_of(column)
    if score is None:
        return '-'
    text = f'{score.value:.{part.decimals}f}'
    if column == part.total and score.std is not None:
        text += f' ± {score.std:.{part.decimals}f}'
    return text


def _remarks(comparison: Comparison) -> list[str]:
    """Say how each block was measured, then what the paper's table has wrong."""
    names = {'published': 'Published', 'ours': 'Ours', 'synthetic': 'Synthetic'}
    kinds = [block.kind for block in comparison.blocks]
    lines = []
    for position, block in enumerate(comparison.blocks):
        name = names[block.kind]
        if kinds.count(block.kind) > 1:
            name += f', protocol {kinds[:position].count(block.kind) + 1}'
        lines.append(f'{name}: {block.protocol}.')
    if comparison.table.components:
        words = comparison.table.components.items()
        lines.append('; '.join(f'{short}: {words}' for short, words in words) + '.')
    return lines + [f'{remark}.' for remark in comparison.table.remarks]
