"""How far the folds lie apart: for each AU a dot for each fold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clef_mm.evaluation.plots.canvas import (
    RED,
    draw_key,
    draw_percent_axis,
    new_axes,
    save,
    write_titles,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Told apart by colour-blind readers too; a fold keeps its colour from AU to AU.
_COLORS = ('#4c78a8', '#e39c37', '#4f9d69', '#9467a6', '#7f7f7f')


def plot_fold_spread(
    path: str | Path,
    folds: Mapping[str, Mapping[str, Sequence[float | None]]],
    title: str,
    subtitle: str = '',
    label: str = 'F1 [%]',
) -> Path:
    """Draw a dot for each fold (and seed) of each AU, and their mean as a line.

    Args:
        path: The picture to write; its ending decides the format (``.png``).
        folds: By AU (or class) and fold, one score in [0, 1] for each seed;
            ``None`` where the score does not exist.
        title: What was measured, and on which dataset.
        subtitle: Conditions; the notice if the data is synthetic.
        label: Of the axis of scores.

    Returns:
        ``path``.

    Raises:
        ValueError: If there is nothing to draw, or a score outside [0, 1].
    """
    given = [
        score
        for of_name in folds.values()
        for scores in of_name.values()
        for score in scores
        if score is not None
    ]
    if not given or not all(0 <= score <= 1 for score in given):
        raise ValueError(f'expected scores in [0, 1] by name and fold, found {folds}')
    numbers = list(
        dict.fromkeys(fold for of_name in folds.values() for fold in of_name)
    )
    axes = new_axes(max(6.0, 0.72 * len(folds) + 1.4), 4.4)
    names = []
    for position, (name, of_name) in enumerate(folds.items()):
        mean = _draw_name(axes, position, of_name, numbers)
        names.append(name if mean is None else f'{name}\n{mean:.1f}')
    draw_percent_axis(axes, names, label)
    _draw_key(axes, numbers)
    write_titles(axes, title, subtitle)
    return save(axes, path)


def _draw_name(
    axes: Axes,
    position: int,
    of_name: Mapping[str, Sequence[float | None]],
    numbers: Sequence[str],
) -> float | None:
    """Draw the dots of one AU around its place; return the mean of its folds."""
    means = []
    for index, fold in enumerate(numbers):
        scores = [100 * s for s in of_name.get(fold, ()) if s is not None]
        if not scores:
            continue
        means.append(math.fsum(scores) / len(scores))
        aside = 0.13 * (index - (len(numbers) - 1) / 2)
        axes.scatter(
            [position + aside] * len(scores),
            scores,
            s=34,
            color=_color(index),
            edgecolors='white',
            linewidths=0.6,
            zorder=4,
        )
    if not means:
        return None
    mean = math.fsum(means) / len(means)
    axes.hlines(
        mean, position - 0.34, position + 0.34, color=RED, linewidth=1.8, zorder=3
    )
    return mean


def _draw_key(axes: Axes, numbers: Sequence[str]) -> None:
    from matplotlib.lines import Line2D

    dots = [
        Line2D([], [], ls='', marker='o', color=_color(index), label=f'fold {fold}')
        for index, fold in enumerate(numbers)
    ]
    draw_key(
        axes,
        [*dots, Line2D([], [], color=RED, label='mean of folds, and below the names')],
    )


def _color(index: int) -> str:
    return _COLORS[index % len(_COLORS)]
