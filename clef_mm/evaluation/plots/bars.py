"""A bar for each AU or class: F1 or recall, with intervals and published numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from clef_mm.evaluation.plots.canvas import (
    BLUE,
    GREY,
    INK,
    draw_key,
    draw_mean,
    draw_percent_axis,
    new_axes,
    save,
    write_titles,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Intervals = Mapping[str, tuple[float, float]]


def plot_per_au_f1(
    path: str | Path,
    scores: Mapping[str, float],
    title: str,
    subtitle: str = '',
    intervals: Intervals | None = None,
    published: Mapping[str, float] | None = None,
) -> Path:
    """Draw the F1 of each AU as a bar and the mean as a line, in percent.

    Args:
        path: The picture to write; its ending decides the format (``.png``).
        scores: F1 by AU name, in [0, 1], as ``ActionUnitF1.calculate`` returns it;
            without ``'mean'`` the mean of the bars is drawn.
        title: Dataset and split, see ``protocol.measured_on``.
        subtitle: Threshold and other conditions; the notice if the data is synthetic.
        intervals: Lower and upper end by AU name, in [0, 1]; drawn as whiskers.
        published: F1 by AU name as a paper prints it, in [0, 1]; drawn beside ours.
            Not for synthetic data, which no published number may stand beside.

    Returns:
        ``path``.

    Raises:
        ValueError: If there is no AU, or a score outside [0, 1].
    """
    bars = {name: value for name, value in scores.items() if name != 'mean'}
    if not bars or not all(0 <= value <= 1 for value in bars.values()):
        raise ValueError(f'expected F1 scores in [0, 1] by AU name, found {scores}')
    mean = scores.get('mean', math.fsum(bars.values()) / len(bars))
    return _plot(path, bars, mean, 'F1 [%]', title, subtitle, intervals, published)


def plot_per_class_recall(
    path: str | Path,
    recalls: Mapping[str, float],
    title: str,
    subtitle: str = '',
    intervals: Intervals | None = None,
) -> Path:
    """Draw the recall of each class as a bar and their mean (UAR) as a line.

    Args:
        path: The picture to write.
        recalls: Recall by class, in [0, 1].
        title: Dataset and split.
        subtitle: Conditions; the notice if the data is synthetic.
        intervals: Lower and upper end by class, in [0, 1]; drawn as whiskers.

    Returns:
        ``path``.

    Raises:
        ValueError: If there is no class, or a recall outside [0, 1].
    """
    if not recalls or not all(0 <= value <= 1 for value in recalls.values()):
        raise ValueError(f'expected recalls in [0, 1] by class, found {recalls}')
    mean = math.fsum(recalls.values()) / len(recalls)
    return _plot(path, recalls, mean, 'recall [%]', title, subtitle, intervals, None)


def _plot(
    path: str | Path,
    bars: Mapping[str, float],
    mean: float,
    label: str,
    title: str,
    subtitle: str,
    intervals: Intervals | None,
    published: Mapping[str, float] | None,
) -> Path:
    # In inches, room for the widest number, '100.0', in each bar.
    room = 0.84 if published else 0.62
    axes = new_axes(max(6.0, room * len(bars) + 1.4), 4.2)
    width, aside = (0.42, 0.22) if published else (0.72, 0.0)
    for position, (name, value) in enumerate(bars.items()):
        ends = (intervals or {}).get(name)
        _draw_bar(axes, position - aside, width, value, ends, BLUE)
        if published and name in published:
            _draw_bar(axes, position + aside, width, published[name], None, GREY)
    draw_mean(axes, 100 * mean)
    draw_percent_axis(axes, list(bars), label)
    if published:
        _draw_key(axes)
    write_titles(axes, title, subtitle)
    return save(axes, path)


def _draw_bar(
    axes: Axes,
    position: float,
    width: float,
    value: float,
    ends: tuple[float, float] | None,
    color: str,
) -> None:
    """Draw a bar with its number, and a whisker from end to end of its interval."""
    height = 100 * value
    low, high = (height, height) if ends is None else (100 * end for end in ends)
    axes.bar(position, height, width=width, color=color)
    if ends is not None:
        # Around its own middle: it need not hold the height of the bar.
        axes.errorbar(
            position,
            (low + high) / 2,
            yerr=(high - low) / 2,
            fmt='none',
            color=INK,
            linewidth=1.1,
            capsize=3,
            zorder=4,
        )
    # At the foot of the bar, where neither whisker, mean line nor title comes by; over
    # it where the bar is too low to hold the number.
    inside = min(low, height) >= 8
    axes.text(
        position,
        2 if inside else max(high, height) + 1.5,
        f'{height:.1f}',
        ha='center',
        fontsize=9 if width > 0.5 else 8,
        fontweight='bold' if inside else 'normal',
        color='white' if inside and color == BLUE else INK,
    )


def _draw_key(axes: Axes) -> None:
    from matplotlib.patches import Patch

    ours, theirs = Patch(color=BLUE), Patch(color=GREY)
    ours.set_label('with CLEF-MM')
    theirs.set_label('as published')
    draw_key(axes, [ours, theirs])
