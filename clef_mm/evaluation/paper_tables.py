"""From summaries to the paper's tables and to pictures: what tools/report.py calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from clef_mm.errors import UserError
from clef_mm.evaluation.plots.of_summary import plot_summary
from clef_mm.evaluation.published import read_table, table_names
from clef_mm.evaluation.summary import Summary, read_summary
from clef_mm.evaluation.tables import FORMATS, Comparison, compare, write


def read_summaries(paths: Sequence[str]) -> dict[str, Summary]:
    """Read files that ``tools/crossval.py`` wrote, or the one in a folder.

    Returns:
        Summaries by path as given.

    Raises:
        UserError: If a file is missing or no summary.
    """
    return {
        path: read_summary(Path(path, 'summary.json') if Path(path).is_dir() else path)
        for path in paths
    }


def compare_all(
    summaries: Mapping[str, Summary], table: str | None = None, separate: bool = False
) -> list[Comparison]:
    """Put each summary into its table.

    Args:
        summaries: By path.
        table: The table for all of them; by default the one that each names and,
            without any summary, all tables, blank.
        separate: See :func:`~clef_mm.evaluation.tables.compare`.

    Returns:
        One comparison per table, in the order of the paper.

    Raises:
        UserError: If a summary names no table, or does not fit its table.
    """
    wanted = [table] if table else [] if summaries else table_names()
    held: dict[str, dict[str, Summary]] = {name: {} for name in wanted}
    for path, summary in summaries.items():
        name = table or summary.table
        if name is None:
            raise UserError(
                f'{path} names no table of the paper: say which with --table '
                f'({", ".join(table_names())})'
            )
        held.setdefault(name, {})[path] = summary
    return [compare(read_table(name), held[name], separate) for name in sorted(held)]


def write_all(
    comparisons: Sequence[Comparison],
    summaries: Mapping[str, Summary],
    folder: str | Path,
) -> list[Path]:
    """Write each table in every format, and the pictures of each summary.

    Args:
        comparisons: Of :func:`compare_all`.
        summaries: By path. The pictures of ``NAME/summary.json`` go to ``folder/NAME``.
        folder: Made if needed.

    Returns:
        The files written.

    Raises:
        UserError: If the pictures of two summaries would go to the same folder, or
            ``folder`` is a file.
    """
    folder = Path(folder)
    if folder.is_file():
        raise UserError(f'{folder} is a file: give a folder to write the tables to')
    places: dict[Path, str] = {}
    for path in summaries:
        place = folder / _name_of(Path(path))
        if place in places:
            raise UserError(
                f'{places[place]} and {path} would both draw into {place}; rename the '
                'folder of one of them'
            )
        places[place] = path
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for comparison in comparisons:
        for form, (_, ending) in FORMATS.items():
            path = folder / f'{comparison.table.name}.{ending}'
            path.write_text(write(comparison, form), encoding='utf-8')
            written.append(path)
    for place, path in places.items():
        summary = summaries[path]
        written += plot_summary(summary, place, _published(comparisons, summary))
    return written


def _name_of(path: Path) -> str:
    if path.suffix != '.json':
        return path.resolve().name
    return path.resolve().parent.name if path.name == 'summary.json' else path.stem


def _published(
    comparisons: Sequence[Comparison], summary: Summary
) -> dict[str, float] | None:
    """Return the published F1 of the same method by AU, where its table has it."""
    for table in (comparison.table for comparison in comparisons):
        for benchmark in table.benchmarks:
            if benchmark.dataset != summary.dataset or len(benchmark.columns) < 2:
                continue
            for row in table.rows:
                if row.name == summary.name:
                    return {name: row.values[name] / 100 for name in benchmark.labels}
    return None
