"""The findings as two pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from clef_mm.study import plan

_LINES = {
    plan.FULL: ('#d1495b', '-'),
    plan.Row('pa_pi', 'i'): ('#d1495b', '--'),
    plan.ACTIVITY: ('#4c78a8', '--'),
    plan.SIMCLR: ('#8c8c8c', '--'),
    plan.BASELINE: ('#222222', '--'),
}
"""Rows of the first picture, with colour (stage 1) and dashes (stage 2)."""
_INK, _MUTED = '#222222', '#6b6b6b'


def draw_f1(path: Path, findings: Mapping[str, Any]) -> Path:
    """Draw the F1 of some rows over the share of labels, with the spread of seeds."""
    figure, axes = _figure(7.2, 4.4)
    shares = [f'{share:g}' for share in plan.EPOCHS]
    for place, (row, (colour, dashes)) in enumerate(_LINES.items()):
        values = 100 * np.array([findings['rows'][row.name][share] for share in shares])
        # Beside each other, so that the bars can be told apart.
        x = np.arange(len(shares)) + 0.04 * (place - len(_LINES) / 2)
        spread = values.std(axis=1, ddof=1) if values.shape[1] > 1 else None
        axes.errorbar(
            *(x, values.mean(axis=1)),
            yerr=spread,
            color=colour,
            linestyle=dashes,
            marker='o',
            markersize=4,
            capsize=3,
            label=row.name,
        )
    axes.set_xticks(range(len(shares)), [f'{100 * float(s):g} %' for s in shares])
    axes.set_xlabel('frames with AU labels', color=_INK)
    axes.set_ylabel('mean F1 of 12 AUs [%]', color=_INK)
    axes.legend(frameon=False, fontsize=9)
    _title(axes, 'Synthetic faces: F1 on people never seen', findings)
    return _save(figure, path)


def draw_identity(path: Path, findings: Mapping[str, Any]) -> Path:
    """Draw how well people and activities are told apart, by what stage 1 pairs."""
    figure, axes = _figure(6.4, 4.4)
    for name, measures in findings['features'].items():
        x = 100 * np.array(measures['identity/person_probe'])
        y = 100 * np.array(measures['identity/neighbour_activity'])
        axes.scatter(x, y, s=36, color='#4c78a8', zorder=3)
        axes.annotate(
            'generic pair' if name == 'none' else name,
            (x.mean(), y.max()),
            xytext=(0, 7),
            textcoords='offset points',
            ha='center',
            fontsize=10,
            color=_INK,
        )
    axes.margins(0.15)
    axes.set_xlabel('person recognised across activities [%]', color=_INK)
    axes.set_ylabel('nearest stranger: same activity [%]', color=_INK)
    _title(axes, 'Synthetic faces: what features know after stage 1', findings)
    return _save(figure, path)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    # matplotlib takes a second to import. Figure alone needs no display.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=150, layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.grid(color='#e4e4e4', linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[['top', 'right']].set_visible(False)
    return figure, axes


def _title(axes: Any, title: str, findings: Mapping[str, Any]) -> None:
    axes.set_title(title, loc='left', fontsize=12, fontweight='bold', color=_INK)
    axes.annotate(
        f'{findings["subjects"]} rendered people, {len(findings["seeds"])} seeds; '
        'no result on real faces',
        xy=(1, -0.2),
        xycoords='axes fraction',
        ha='right',
        fontsize=8,
        color=_MUTED,
        annotation_clip=False,
    )


def _save(figure: Any, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return path
