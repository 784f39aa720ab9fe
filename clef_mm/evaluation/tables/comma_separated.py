"""A comparison as CSV, for programs: numbers without marks, all else spelt out."""

from __future__ import annotations

import csv
import io

from clef_mm.evaluation.tables.comparison import Block, Comparison
from clef_mm.evaluation.tables.rows import Row


def as_csv(comparison: Comparison) -> str:
    """Return a comparison with a row for each method.

    Every row says by itself to which block it belongs and how it was measured, so that
    one cut out of its file cannot be mistaken. Numbers are percentages with the table's
    decimals; a total has its standard deviation over seeds and its interval beside it.
    """
    table = comparison.table
    out = io.StringIO()
    rows = csv.writer(out, lineterminator='\n')
    header = ['table', 'block', 'method', 'reference', 'source', *table.components]
    for benchmark in table.benchmarks:
        total = benchmark.total
        header += [
            *benchmark.columns,
            *(f'{total} {x}' for x in ('std', 'low', 'high')),
        ]
    rows.writerow([*header, 'not ranked', 'notes', 'protocol'])
    for block in comparison.blocks:
        rows.writerows(_row(comparison, block, row) for row in block.rows)
    return out.getvalue()


def _row(comparison: Comparison, block: Block, row: Row) -> list[str]:
    table = comparison.table
    cells = [table.name, block.heading, row.method, row.reference, row.source]
    cells += ['x' if name in row.components else '' for name in table.components]
    for part in table.benchmarks:
        scores = [row.scores.get(column) for column in part.columns]
        total = scores[-1]
        numbers = [score and score.value for score in scores]
        numbers += (
            (total.std, *(total.interval or (None, None))) if total else [None] * 3
        )
        cells += ['' if n is None else f'{n:.{part.decimals}f}' for n in numbers]
    totals = [part.total for part in table.benchmarks if part.total in row.unranked]
    return [*cells, ' '.join(totals), '; '.join(row.notes), block.protocol]
