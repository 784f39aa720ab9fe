"""The numbers of a whole cross-validation, as a file and as a printed table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from prettytable import PrettyTable

from clef_mm.evaluation.measures import FAMILIES, is_of_one_class
from clef_mm.evaluation.percent import printed, printed_range, titled
from clef_mm.evaluation.protocol import conditions, drawn_unit, measured_on
from clef_mm.evaluation.results import (
    INTERVAL,
    NUMBER,
    PROTOCOL,
    ResultError,
    check_content,
    now,
    read_json,
    replace_text,
    to_json,
    versions,
)

_METRIC = {
    'mean': NUMBER,
    'std': NUMBER,
    'folds': {str: [NUMBER]},
    'pooled': NUMBER,
    'interval': INTERVAL,
}
_SHAPE = {
    'name': str,
    'table': (None, str),
    'recipe': (None, str),
    'measure': str,
    'dataset': str,
    'folds': [int],
    'seeds': [(None, int)],
    'metrics': {str: _METRIC},
    'protocol': PROTOCOL,
    'oracle': [str],
    'notice': (None, str),
    'unseen': {str: [str]},
    'undefined': {str: [int]},
    'versions': {str: str},
    'date': str,
}


@dataclass(frozen=True)
class Summary:
    """What :func:`.aggregation.aggregate` makes of the results of folds and seeds.

    Attributes:
        name: What was run, ``'CLEF'``.
        table: Table of the paper that it stands in, ``'table2'``.
        recipe: File of the recipe.
        measure: ``'f1'`` or ``'accuracy'``: what the field compares, see
            ``measures.MAIN_MEASURES``.
        dataset: Name of the dataset.
        folds: Numbers of the folds; official parts count as fold 1.
        seeds: Seeds of the training runs; None for a model that was not trained.
        metrics: By name a dict. ``mean``: over seeds, of the mean over folds.
            ``std``: over seeds (None with one seed). ``folds``: by number of the fold
            one value per seed. ``pooled``: of all test images together, averaged over
            seeds. ``interval``: 95 % of ``mean``, subjects drawn anew. None is
            anything that does not exist or was not kept.
        protocol: What all results share; ``subjects`` and ``frames`` of all folds.
        oracle: Why the numbers flatter; empty if nothing was chosen on test frames.
        notice: The sentence on synthetic data, or None.
        unseen: By fold the labels that no test image is known to show; the F1 of such
            AUs, 0, is a convention.
        undefined: By name of the measure the folds in which it does not exist; they
            are left out of its mean.
        versions: Of packages.
        date: When it was made, UTC.
    """

    name: str
    table: str | None
    recipe: str | None
    measure: str
    dataset: str
    folds: list[int]
    seeds: list[int | None]
    metrics: dict[str, dict[str, Any]]
    protocol: dict[str, Any]
    oracle: list[str]
    notice: str | None
    unseen: dict[str, list[str]] = field(default_factory=dict)
    undefined: dict[str, list[int]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=versions)
    date: str = field(default_factory=now)

    def write(self, path: str | Path) -> Path:
        """Write it as JSON, whole or not at all."""
        return replace_text(Path(path), to_json(asdict(self)))

    def text(self) -> str:
        """Return it as a table with its protocol over it and its caveats below."""
        seeds = f'{len(self.seeds)} seeds' if len(self.seeds) > 1 else 'one seed'
        folds = ', '.join(map(str, self.folds))
        lines = [
            f'{self.name}: {measured_on(self.protocol)}, folds {folds}, {seeds}',
            conditions(self.protocol),
            self._table().get_string(),
            'mean: of the folds, as papers report it; 95 %: interval of the mean, '
            f'{drawn_unit(self.protocol)}s drawn anew; pooled: all test images '
            'together',
        ]
        lines += [
            f'fold {fold}: no image is known to show {", ".join(labels)}; F1 of 0 is '
            'a convention'
            for fold, labels in self.unseen.items()
            if self.measure == 'f1'
        ]
        lines += [
            f'{name} does not exist in fold {", ".join(map(str, folds))}: left out'
            for name, folds in self.undefined.items()
        ]
        return '\n'.join(lines)

    def _table(self) -> PrettyTable:
        columns = [f'fold {fold}' for fold in self.folds]
        spread = ['std of seeds'] if len(self.seeds) > 1 else []
        table = PrettyTable(
            ['measure', *columns, 'mean', '95 %', *spread, 'pooled'], align='r'
        )
        table.align['measure'] = 'l'
        for name in self._rows():
            found = self.metrics[name]
            folds = [_mean(found['folds'][str(fold)]) for fold in self.folds]
            row = [printed(name, value) for value in (*folds, found['mean'])]
            row.append(printed_range(name, found['interval']))
            row += [printed(name, found['std'])] if spread else []
            table.add_row([titled(name), *row, printed(name, found['pooled'])])
        return table

    def _rows(self) -> list[str]:
        """Name what is worth a line: the main measure in full, of others the mean."""
        main = FAMILIES[self.measure]
        return [
            name
            for name in self.metrics
            if name.startswith(main) or not is_of_one_class(name)
        ]


def read_summary(path: str | Path) -> Summary:
    """Read what :meth:`Summary.write` wrote.

    Raises:
        ResultError: If the file is missing, damaged or no summary.
    """
    path = Path(path)
    how = 'tools/crossval.py writes it as summary.json'
    content = read_json(path, how)
    wanted = {entry.name for entry in fields(Summary)}
    if set(content) != wanted:
        strange = ', '.join(sorted(set(content) ^ wanted))
        raise ResultError(
            f'{path} is no summary of this version (missing or unknown: {strange}): '
            f'{how}'
        )
    check_content(path, content, _SHAPE)
    if content['measure'] not in FAMILIES:
        raise ResultError(f'{path}: measure is none of {", ".join(FAMILIES)}')
    wanted = {*map(str, content['folds'])}
    for name, metric in content['metrics'].items():
        lacking = sorted({*_METRIC} - metric.keys() | wanted - metric['folds'].keys())
        if lacking:
            raise ResultError(f'{path}: {name} lacks {", ".join(lacking)}: {how}')
        if metric['interval'] is not None and len(metric['interval']) != 2:
            raise ResultError(f'{path}: the interval of {name} has not two ends: {how}')
    if content['oracle'] != (content['protocol'].get('oracle') or []):
        raise ResultError(f'{path}: oracle is not what its protocol says: {how}')
    return Summary(**content)


def _mean(values: list[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return sum(present) / len(present) if present else None
