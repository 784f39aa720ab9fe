"""The rows of a table: as published, and made from our summaries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clef_mm.evaluation.published import PublishedRow, PublishedTable
from clef_mm.evaluation.tables.admission import Entry
from clef_mm.evaluation.tables.ranking import Mark
from clef_mm.evaluation.tables.wording import interval_of, listed


@dataclass(frozen=True)
class Score:
    """A number of a table, in percent.

    Attributes:
        value: The mean over folds and seeds, or the printed number.
        std: Standard deviation over the seeds; ``None`` if there is one seed.
        interval: Lower and upper end of the 95 % interval, or ``None``.
    """

    value: float
    std: float | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Row:
    """A method of a table.

    Attributes:
        method: Its name; ours end in ``(ours)`` or ``(synthetic)``.
        reference: ``'[26]'`` in the paper's list, or ``''``.
        source: ``'Table 2'``, ``'poster'``, or the file of our summary.
        components: The components ticked.
        scores: By column; ``None`` for a dash, where the number does not exist; columns
            that nothing was run for are not there.
        notes: What a reader must know about the row.
        unranked: Columns that may not be best: folds are missing, or something was
            chosen on the test data.
        marks: By column, the mark of the best and the second best.
    """

    method: str
    reference: str
    source: str
    components: tuple[str, ...]
    scores: Mapping[str, Score | None]
    notes: tuple[str, ...] = ()
    unranked: frozenset[str] = frozenset()
    marks: Mapping[str, Mark | None] | None = None


def published_row(row: PublishedRow) -> Row:
    """Return a published row as it was printed, unmarked."""
    return Row(
        method=row.method,
        reference='' if row.reference is None else f'[{row.reference}]',
        source=row.source,
        components=row.components,
        scores={
            column: None if value is None else Score(value)
            for column, value in row.values.items()
        },
        notes=(row.remark,) if row.remark else (),
    )


def own_rows(
    table: PublishedTable, entries: list[Entry], blanks: bool, suffix: str
) -> list[Row]:
    """Make our rows, in the order of the paper; those it does not have come last.

    Args:
        table: The published table.
        entries: Our summaries, all of one protocol on each benchmark.
        blanks: Also make rows of methods that have a recipe and no summary.
        suffix: Stands in parentheses behind each method: ``'ours'``.
    """
    order = [row.name for row in table.rows if row.reproduced]
    given = [entry.row for entry in entries]
    names = [name for name in order if blanks or name in given]
    names += [name for name in dict.fromkeys(given) if name not in order]
    return [
        _own(table, name, [e for e in entries if e.row == name], suffix)
        for name in names
    ]


def _own(table: PublishedTable, name: str, entries: list[Entry], suffix: str) -> Row:
    """Make one row of ours from its summaries, one for each benchmark at most."""
    scores: dict[str, Score | None] = {}
    for entry in entries:
        for column, key in entry.benchmark.columns.items():
            scores[column] = _score(entry.summary.metrics[key])
    method, components = _split(name, table)
    several = len(table.benchmarks) > 1
    excluded = [e for e in entries if _missing_folds(e) or e.summary.oracle]
    notes = [note for entry in entries for note in _notes(entry, several)]
    return Row(
        method=f'{method} ({suffix})',
        reference='',
        source=listed(entry.path for entry in entries),
        components=components,
        scores=scores,
        notes=tuple(notes),
        unranked=frozenset(c for e in excluded for c in e.benchmark.columns),
    )


def _split(name: str, table: PublishedTable) -> tuple[str, tuple[str, ...]]:
    """Part ``'CLEF PA+PI+I'`` into method and components, where a table has them."""
    method, _, last = name.rpartition(' ')
    parts = last.split('+')
    if method and set(parts) <= set(table.components):
        return method, tuple(part for part in table.components if part in parts)
    return name, ()


def _score(metric: Mapping[str, Any]) -> Score | None:
    if metric['mean'] is None:
        return None
    interval = metric['interval']
    return Score(
        value=100 * metric['mean'],
        std=None if metric['std'] is None else 100 * metric['std'],
        interval=None if interval is None else (100 * interval[0], 100 * interval[1]),
    )


def _missing_folds(entry: Entry) -> list[int]:
    return sorted(set(entry.benchmark.folds) - set(entry.summary.folds))


def _notes(entry: Entry, several: bool) -> list[str]:
    """Say what a reader must know about a summary's numbers."""
    summary, total = entry.summary, entry.benchmark.total
    where = f'{total}: ' if several else ''
    notes = [f'{where}ORACLE, not ranked: {reason}' for reason in summary.oracle]
    missing = _missing_folds(entry)
    if missing:
        notes.append(
            f'{where}not ranked: {len(summary.folds)} of '
            f'{len(entry.benchmark.folds)} folds, without fold {listed(missing)}'
        )
    notes += [
        f'{where}no test image of fold {fold} is known to show {listed(labels)}: F1 '
        'there is 0 by convention'
        for fold, labels in summary.unseen.items()
        if summary.measure == 'f1'
    ]
    score = _score(summary.metrics[entry.benchmark.columns[total]])
    spread = []
    if len(summary.seeds) > 1:
        spread.append(f'mean ± std of seeds {listed(summary.seeds)}')
    if score and score.interval:
        low, high = (f'{end:.{entry.benchmark.decimals}f}' for end in score.interval)
        spread.append(f'{interval_of(summary)}: {low} to {high}')
    return notes + [f'{total}: {"; ".join(spread)}'] * bool(spread)
