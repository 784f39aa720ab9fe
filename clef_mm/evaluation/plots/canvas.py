"""What the pictures share: colours, axes without clutter, titles, and saving."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

BLUE, GREY, RED = '#4c78a8', '#c3c7cc', '#d1495b'
INK, MUTED, RULE = '#222222', '#6b6b6b', '#e4e4e4'


def new_axes(width: float, height: float) -> Axes:
    """Return empty axes on a figure of their own, sizes in inches.

    matplotlib takes a second to import, so it is done here, late. A figure without
    pyplot needs no display and leaves the state of pyplot, which may be the caller's,
    as it is.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=150, layout='constrained')
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def draw_percent_axis(axes: Axes, names: Sequence[str], label: str) -> None:
    """Put names below, a scale of 0 to 100 percent at the left, and faint rules."""
    longest = max(len(line) for name in names for line in name.splitlines())
    axes.set_xticks(range(len(names)), names, fontsize=9)
    if longest > 6:  # words, not 'AU12', run into each other
        axes.tick_params(axis='x', labelrotation=20)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_ylim(0, 100)
    axes.set_yticks(range(0, 101, 20))
    axes.set_ylabel(label, color=INK)
    axes.grid(axis='y', color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, colors=INK)
    axes.spines[['top', 'right', 'left']].set_visible(False)


def draw_mean(axes: Axes, mean: float) -> None:
    """Draw the mean over all bars as a dashed line with its value at the right."""
    axes.axhline(mean, color=RED, linewidth=1.4, linestyle=(0, (5, 3)), zorder=3)
    axes.annotate(
        f'mean\n{mean:.1f}',
        xy=(1, mean),
        xycoords=('axes fraction', 'data'),
        xytext=(5, 0),
        textcoords='offset points',
        va='center',
        color=RED,
        fontsize=9,
        fontweight='bold',
    )


def draw_key(axes: Axes, handles: Sequence[Artist]) -> None:
    """Say below the names what the marks mean, by their labels."""
    axes.figure.legend(
        handles=handles,
        loc='outside lower left',
        ncols=len(handles),
        frameon=False,
        fontsize=9,
        labelcolor=INK,
        handlelength=1.2,
    )


def write_titles(axes: Axes, title: str, subtitle: str) -> None:
    """Write the title, and under it the conditions in small, broken to the width."""
    # Less the room of the names at the left; 14 characters of this size an inch.
    characters = int((axes.figure.get_size_inches()[0] - 1) * 14.4)
    lines = [
        part
        for line in subtitle.splitlines()
        for part in textwrap.wrap(line, characters)
    ]
    axes.set_title(
        title,
        loc='left',
        fontsize=12,
        fontweight='bold',
        color=INK,
        pad=12 + 13 * len(lines),
    )
    words = axes.annotate(
        '\n'.join(lines),
        xy=(0, 1),
        xycoords='axes fraction',
        xytext=(0, 8),
        textcoords='offset points',
        fontsize=9,
        color=MUTED,
        linespacing=1.3,
    )
    words.set_in_layout(False)  # the title has made room for it


def save(axes: Axes, path: str | Path) -> Path:
    """Write the picture, its folder made if needed, and return the path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    axes.figure.savefig(path)
    return path
