"""The findings as two pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clef_mm.evaluation.plots.canvas import (
    BLUE,
    INK,
    RED,
    RULE,
    new_axes,
    save,
    write_titles,
)
from clef_mm.study import plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINES = {
    plan.FULL: (RED, '-'),
    plan.Row('pa_pi', 'i'): (RED, '--'),
    plan.ACTIVITY: (BLUE, '--'),
    plan.SIMCLR: ('#8c8c8c', '--'),
    plan.BASELINE: (INK, '--'),
}
"""Rows of the first picture: colour says stage 1, dashes images alone."""


def draw_f1(path: Path, findings: Mapping[str, Any]) -> Path:
    """Draw the F1 of some rows over the share of labels, with the spread of seeds."""
    axes = _new_axes(7.2, 4.8)
    shares = [f'{share:g}' for share in plan.EPOCHS]
    shown = [row for row in _LINES if row.name in findings['rows']]
    for place, row in enumerate(shown):
        colour, dashes = _LINES[row]
        values = 100 * np.array([findings['rows'][row.name][share] for share in shares])
        # Beside each other, so that the bars can be told apart.
        x = np.arange(len(shares)) + 0.02 * (place - len(shown) / 2)
        axes.errorbar(
            *(x, values.mean(axis=1)),
            yerr=values.std(axis=1, ddof=1) if values.shape[1] > 1 else None,
            color=colour,
            linestyle=dashes,
            marker='o',
            markersize=4,
            capsize=3,
            label=row.name,
        )
    axes.set_xticks(range(len(shares)), [f'{100 * float(s):g} %' for s in shares])
    axes.set_xlabel('frames with AU labels', color=INK)
    axes.set_ylabel('mean F1 of 12 AUs [%]', color=INK)
    axes.legend(frameon=False, fontsize=9)
    write_titles(
        axes, 'F1 on people never seen', _conditions(findings, 'mean and spread')
    )
    return save(axes, path)


def draw_identity(path: Path, findings: Mapping[str, Any]) -> Path:
    """Draw how well people and activities are told apart, by what stage 1 pairs."""
    axes = _new_axes(6.4, 4.6)
    for name, measures in findings['features'].items():
        x = 100 * np.array(measures['identity/neighbour_person'])
        y = 100 * np.array(measures['identity/neighbour_activity'])
        axes.scatter(x, y, s=36, color=BLUE, zorder=3)
        axes.annotate(
            'generic pair' if name == 'none' else name,
            (x.mean(), y.max()),
            xytext=(0, 7),
            textcoords='offset points',
            ha='center',
            fontsize=10,
            color=INK,
        )
    axes.margins(0.15)
    axes.set_xlabel('nearest frame of another recording: same person [%]', color=INK)
    axes.set_ylabel('nearest stranger: same activity [%]', color=INK)
    write_titles(
        axes, 'What features know after stage 1', _conditions(findings, 'a dot each')
    )
    return save(axes, path)


def _new_axes(width: float, height: float) -> Axes:
    axes = new_axes(width, height)
    axes.grid(color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[['top', 'right']].set_visible(False)
    return axes


def _conditions(findings: Mapping[str, Any], shown: str) -> str:
    count = len(findings['seeds'])
    seeds = f'{count} seeds, {shown}' if count > 1 else 'one seed'
    return (
        f'{findings["subjects"]} rendered people, {seeds}\n'
        'SYNTHETIC DATA: no result on real faces.'
    )
