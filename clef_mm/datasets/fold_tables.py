"""Tables that show presets, folds and how alike their parts are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from prettytable import PrettyTable

from clef_mm.datasets.fold_presets import FoldPreset, numberings
from clef_mm.datasets.folds import Fold, sex_of
from clef_mm.datasets.subject_counts import SubjectCounts


def presets_table(presets: Sequence[FoldPreset]) -> PrettyTable:
    """Return a row for each preset, the default first."""
    table = PrettyTable(
        ['preset', 'folds', 'subjects', 'women / men', 'parts', 'id'], align='l'
    )
    for index, preset in enumerate(presets):
        sexes = Counter(map(sex_of, preset.subjects))
        table.add_row(
            [
                preset.name if index else f'{preset.name} (default)',
                preset.num_folds,
                len(preset.subjects),
                f'{sexes["F"]} / {sexes["M"]}' if not sexes[None] else 'unknown',
                ' + '.join(str(len(part)) for part in preset.parts),
                preset.id,
            ]
        )
    return table


def numbering_table(dataset: str, preset: FoldPreset) -> PrettyTable | None:
    """Return what each repository calls the folds of a preset; None if none uses it."""
    folds = range(1, preset.num_folds + 1)
    table = PrettyTable(['repository', *(f'fold {n} here' for n in folds)], align='l')
    for entry in numberings(dataset):
        if entry.preset == preset.name:
            theirs = {fold: name for name, fold in entry.folds.items()}
            table.add_row([entry.repository, *(theirs[fold] for fold in folds)])
    return table if table.rows else None


def fold_table(fold: Fold) -> PrettyTable:
    """Return the subjects of each split."""
    table = PrettyTable(['split', 'subjects', 'who'], align='l')
    table.max_width['who'] = 60
    for split in ('train', 'val', 'test'):
        subjects = fold.subjects(split)
        table.add_row([split, len(subjects), ' '.join(sorted(subjects))], divider=True)
    return table


def rates_table(groups: dict[str, Sequence[str]], counts: SubjectCounts) -> PrettyTable:
    """Return subjects, frames and AU rates of groups of subjects, and of all of them.

    Args:
        groups: Subjects by the name of a part or split.
        counts: Of the data; subjects that it lacks are counted as such.
    """
    everyone = [name for subjects in groups.values() for name in subjects]
    groups = {**groups, 'all': everyone}
    taken = [counts.take(subjects) for subjects in groups.values()]
    table = PrettyTable(['', *groups], align='r')
    table.align[''] = 'l'
    table.add_row(['subjects', *map(_present, taken, groups.values())])
    table.add_row(
        ['frames', *(f'{group.frames.sum():,}' for group in taken)], divider=True
    )
    rates = np.array([group.rates() for group in taken])
    for name, row in zip(counts.au_names, rates.T, strict=True):
        table.add_row([name, *map(_percent, row)])
    return table


def _present(counts: SubjectCounts, subjects: Sequence[str]) -> str:
    found = len(counts.subjects)
    return str(found) if found == len(subjects) else f'{found} of {len(subjects)}'


def _percent(rate: float) -> str:
    return '-' if np.isnan(rate) else f'{100 * rate:.1f} %'
