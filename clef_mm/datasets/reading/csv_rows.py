"""The rows of a csv file, each with its line."""

from __future__ import annotations

import csv
from pathlib import Path

from clef_mm.datasets.reading.label_rows import LabelFileError


def read_csv_rows(path: Path) -> tuple[list[int], list[list[str]]]:
    """Return line numbers and cells of all rows that are not blank.

    Raises:
        LabelFileError: If a cell is longer than a page, as behind a quotation mark that
            nothing closes.
    """
    with path.open(encoding='utf-8-sig', errors='replace', newline='') as file:
        reader = csv.reader(file)
        try:
            rows = [(reader.line_num, row) for row in reader if row]
        except csv.Error as error:
            raise LabelFileError(f'{path} line {reader.line_num}: {error}') from error
    return [line for line, _ in rows], [row for _, row in rows]
