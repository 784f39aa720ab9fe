"""The pictures of a cross-validation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from clef_mm.evaluation.measures import FAMILIES, MEAN
from clef_mm.evaluation.plots.bars import plot_per_au_f1, plot_per_class_recall
from clef_mm.evaluation.plots.fold_spread import plot_fold_spread
from clef_mm.evaluation.protocol import measured_on, oracle_notice
from clef_mm.evaluation.tables.wording import interval_of, measured_by

if TYPE_CHECKING:
    from clef_mm.evaluation.summary import Summary


def plot_summary(
    summary: Summary, folder: str | Path, published: Mapping[str, float] | None = None
) -> list[Path]:
    """Draw bars per AU (or class) with intervals and, of several folds, their spread.

    Args:
        summary: What to draw.
        folder: Where the pictures go.
        published: F1 by AU in [0, 1] to stand beside ours; left out where ours is
            measured on synthetic images or flatters.

    Returns:
        The files written.
    """
    prefix = FAMILIES['f1'] + '/' if summary.measure == 'f1' else 'expression/recall/'
    found = {
        key.removeprefix(prefix): metric
        for key, metric in summary.metrics.items()
        if key.startswith(prefix) and metric['mean'] is not None
    }
    labels = {name: metric for name, metric in found.items() if name != MEAN}
    if not labels:
        return []
    scores = {name: metric['mean'] for name, metric in found.items()}
    intervals = {
        name: metric['interval']
        for name, metric in labels.items()
        if metric['interval']
    }
    title = f'{summary.name} on {measured_on(summary.protocol)}'
    subtitle = _subtitle(summary, bool(intervals))
    if summary.notice or summary.oracle:
        published = None
    if summary.measure == 'f1':
        bars = Path(folder, 'per_au_f1.png')
        plot_per_au_f1(bars, scores, title, subtitle, intervals, published)
    else:
        bars = Path(folder, 'per_class_recall.png')
        plot_per_class_recall(bars, scores, title, subtitle, intervals)
    if len(summary.folds) < 2:
        return [bars]
    spread = Path(folder, 'fold_spread.png')
    label = 'F1 [%]' if summary.measure == 'f1' else 'recall [%]'
    folds = {name: metric['folds'] for name, metric in labels.items()}
    plot_fold_spread(spread, folds, title, _subtitle(summary, False), label)
    return [bars, spread]


def _subtitle(summary: Summary, whiskers: bool) -> str:
    lines = [
        measured_by([summary]),
        f'whiskers: {interval_of(summary)}' if whiskers else '',
        oracle_notice({'oracle': summary.oracle}),
        summary.notice,
    ]
    return '\n'.join(filter(None, lines))
