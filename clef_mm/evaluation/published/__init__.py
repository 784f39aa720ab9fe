"""Tables 2 to 6 of the CLEF paper as data: every row, every number, with its source."""

from clef_mm.evaluation.published.reader import (
    Benchmark,
    PublishedRow,
    PublishedTable,
    read_table,
    table_names,
)

__all__ = [
    'Benchmark',
    'PublishedRow',
    'PublishedTable',
    'read_table',
    'table_names',
]
