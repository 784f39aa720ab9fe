"""Read a published table: its rows from CSV, what it is measured by from YAML."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from clef_mm.errors import UserError, nearest
from clef_mm.evaluation.measures import FAMILIES, MAIN_MEASURES

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Benchmark:
    """What one or more columns of a table are measured on, and how.

    Attributes:
        dataset: As ``metainfo['dataset']`` names it.
        measure: ``'f1'`` or ``'accuracy'``.
        folds: Numbers of the folds that are averaged; empty for an official split.
        labels: The classes that count, in the order of the table.
        decimals: Digits after the point, of percentages.
        columns: Key of our metrics by name of the column, the total last.
    """

    dataset: str
    measure: str
    folds: tuple[int, ...]
    labels: tuple[str, ...]
    decimals: int
    columns: Mapping[str, str]

    @property
    def total(self) -> str:
        """Name of the column of the mean F1 or of the accuracy."""
        return list(self.columns)[-1]


@dataclass(frozen=True)
class PublishedRow:
    """One method of a published table.

    Attributes:
        method: Its name in the table.
        components: The components ticked (Table 6), else empty.
        values: Percent by name of the column; ``None`` where the paper has a dash.
        bracketed: The columns that the paper marks as second best.
        reference: Number in the paper's list of references; ``None`` for CLEF itself.
        citation: Authors and place in short.
        source: ``'Table 2'``, or ``'poster'``.
        reproduced: Whether this repository has a recipe for it.
        remark: What a reader must know about its numbers, or ``''``.
    """

    method: str
    components: tuple[str, ...]
    values: Mapping[str, float | None]
    bracketed: frozenset[str]
    reference: int | None
    citation: str
    source: str
    reproduced: bool
    remark: str

    @property
    def name(self) -> str:
        """Method and components: ``'CLEF PA+PI+I'``, what a recipe is called."""
        return ' '.join(filter(None, (self.method, '+'.join(self.components))))


@dataclass(frozen=True)
class PublishedTable:
    """A table of the paper.

    Attributes:
        name: ``'table2'``.
        title: What is compared.
        benchmarks: What the columns are measured on, from left to right.
        components: Meaning by component (Table 6), else empty.
        rows: The methods in the order of the paper.
        protocol: What the paper says of how it measured.
        remarks: Where the paper's own marks do not agree with its numbers.
    """

    name: str
    title: str
    benchmarks: tuple[Benchmark, ...]
    components: Mapping[str, str]
    rows: tuple[PublishedRow, ...]
    protocol: str
    remarks: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of scores, from left to right."""
        return tuple(name for part in self.benchmarks for name in part.columns)

    def row_name(self, name: str) -> str:
        """Return the name that a row has in this table.

        What Tables 2 to 5 call CLEF is in Table 6 the row with every component.
        """
        whole = [
            row.name
            for row in self.rows
            if row.method == name and set(row.components) == set(self.components)
        ]
        return whole[0] if whole else name

    def benchmark_of(self, column: str) -> Benchmark:
        """Return what a column is measured on."""
        return next(part for part in self.benchmarks if column in part.columns)


def table_names() -> list[str]:
    """Return the names of the tables: ``['table2', ..., 'table6']``."""
    return list(_descriptions())


@cache
def read_table(name: str) -> PublishedTable:
    """Read a table of the paper.

    Args:
        name: ``'table2'`` (F1 on BP4D), ``'table3'`` (DISFA), ``'table4'`` (BP4D+),
            ``'table5'`` (expressions) or ``'table6'`` (components).

    Raises:
        UserError: If there is no such table.
    """
    known = _descriptions()
    if name not in known:
        raise UserError(
            f'there is no table {name!r}: {", ".join(known)}{nearest(name, known)}'
        )
    described = known[name]
    benchmarks = tuple(_benchmark(**part) for part in described['benchmarks'])
    columns = [column for part in benchmarks for column in part.columns]
    components = described.get('components', {})
    with open(_FOLDER / f'{name}.csv', encoding='utf-8', newline='') as file:
        rows = tuple(_row(cells, columns, components) for cells in csv.DictReader(file))
    return PublishedTable(
        name=name,
        title=described['title'],
        benchmarks=benchmarks,
        components=MappingProxyType(components),
        rows=rows,
        protocol=described['protocol'],
        remarks=tuple(described['remarks']),
    )


@cache
def _descriptions() -> dict[str, Any]:
    return yaml.safe_load((_FOLDER / 'tables.yaml').read_text(encoding='utf-8'))


def _benchmark(
    dataset: str,
    measure: str,
    decimals: int,
    folds: int | None,
    labels: list[str],
    per_label: bool,
    total: str,
) -> Benchmark:
    shown = labels if per_label else ()
    columns = {label: f'{FAMILIES[measure]}/{label}' for label in shown}
    return Benchmark(
        dataset=dataset,
        measure=measure,
        folds=tuple(range(1, (folds or 0) + 1)),
        labels=tuple(labels),
        decimals=decimals,
        columns=MappingProxyType({**columns, total: MAIN_MEASURES[measure]}),
    )


def _row(
    cells: Mapping[str, str], columns: list[str], components: Mapping[str, str]
) -> PublishedRow:
    printed = {column: cells[column] for column in columns}
    return PublishedRow(
        method=cells['method'],
        components=tuple(name for name in components if cells[name]),
        values=MappingProxyType(
            {
                column: None if text == '-' else float(text.strip('[]'))
                for column, text in printed.items()
            }
        ),
        bracketed=frozenset(name for name, text in printed.items() if '[' in text),
        reference=int(cells['reference']) if cells['reference'] else None,
        citation=cells['citation'],
        source=cells['source'],
        reproduced=cells['reproduced'] == 'yes',
        remark=cells['remark'],
    )
