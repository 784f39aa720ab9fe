"""Write a result down with the protocol it was measured by: JSON and a bar chart."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import clef_mm
from clef_mm.evaluation.protocol import measured_on, synthetic_notice

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PROTOCOL_KEYS = (
    'dataset',
    'split',
    'subjects',
    'threshold',
    'epoch_rule',
    'checkpoint',
    'synthetic',
)
"""What every report must state; ``None`` where it does not apply."""

_PACKAGES = ('torch', 'mmengine', 'open_clip_torch', 'numpy')
_BAR, _MEAN, _INK, _MUTED = '#4c78a8', '#d1495b', '#222222', '#6b6b6b'


def write_report(
    out_dir: str | Path, metrics: Mapping[str, float], protocol: Mapping[str, Any]
) -> Path:
    """Write metrics and protocol to ``out_dir/metrics.json``.

    The file appears whole or not at all. Versions, date and the notice on synthetic
    data are added; a number that does not exist (NaN) becomes ``null``.

    Args:
        out_dir: Folder, made if needed.
        metrics: Numbers by name, as an evaluator returns them.
        protocol: How they were measured: all of ``PROTOCOL_KEYS``, and more if wished.
            ``epoch_rule`` says how the epoch was chosen (``'last'``), ``subjects`` are
            the people measured on.

    Returns:
        The path of the file.

    Raises:
        ValueError: If the protocol leaves something unsaid.
    """
    missing = [key for key in PROTOCOL_KEYS if key not in protocol]
    if missing:
        raise ValueError(
            f'the protocol does not state {", ".join(missing)}; a score cannot be '
            'compared without it (give None where it does not apply)'
        )
    report = {
        'measured_on': measured_on(protocol),
        'notice': synthetic_notice(protocol) or None,
        'metrics': metrics,
        'protocol': protocol,
        'versions': _versions(),
        'date': datetime.now(timezone.utc).isoformat(timespec='seconds'),
    }
    text = json.dumps(_plain(report), indent=2, allow_nan=False, ensure_ascii=False)
    path = Path(out_dir) / 'metrics.json'
    path.parent.mkdir(parents=True, exist_ok=True)
    # One name per process, so that two runs cannot write into each other's half.
    half = path.with_name(f'{path.name}.{os.getpid()}.tmp')
    half.write_text(text + '\n', encoding='utf-8')
    os.replace(half, path)
    return path


def plot_per_au_f1(
    path: str | Path, scores: Mapping[str, float], title: str, subtitle: str = ''
) -> Path:
    """Draw the F1 of each AU as a bar and the mean as a line, in percent.

    Args:
        path: The picture to write; its ending decides the format (``.png``).
        scores: F1 by AU name, in [0, 1], as ``ActionUnitF1.calculate`` returns it;
            without ``'mean'`` the mean of the bars is drawn.
        title: Dataset and split, see ``protocol.measured_on``.
        subtitle: Threshold and other conditions; the notice if the data is synthetic.

    Returns:
        ``path``.

    Raises:
        ValueError: If there is no AU, or a score outside [0, 1].
    """
    # matplotlib takes a second to import. Figure alone needs no display and leaves the
    # state of pyplot, which may be the caller's, as it is.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    percent = {name: 100 * float(f1) for name, f1 in scores.items() if name != 'mean'}
    if not percent or not all(0 <= value <= 100 for value in percent.values()):
        raise ValueError(f'expected F1 scores in [0, 1] by AU name, found {scores}')
    mean = 100 * float(scores.get('mean', math.fsum(scores.values()) / len(scores)))

    # Room for the widest label, '100.0', in each bar.
    width = max(6.0, 0.62 * len(percent) + 1.4)
    figure = Figure(figsize=(width, 4.2), dpi=150, layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _draw_bars(axes, percent, mean)
    _write_titles(axes, title, subtitle)

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return path


def _draw_bars(axes: Axes, percent: Mapping[str, float], mean: float) -> None:
    axes.bar(range(len(percent)), percent.values(), width=0.72, color=_BAR)
    for position, value in enumerate(percent.values()):
        # At the foot of the bar, where neither the mean line nor the title comes by;
        # over it where the bar is too low to hold the number.
        inside = value >= 8
        axes.text(
            position,
            2 if inside else value + 1.5,
            f'{value:.1f}',
            ha='center',
            fontsize=9,
            fontweight='bold' if inside else 'normal',
            color='white' if inside else _INK,
        )
    axes.axhline(mean, color=_MEAN, linewidth=1.4, linestyle=(0, (5, 3)), zorder=3)
    axes.annotate(
        f'mean\n{mean:.1f}',
        xy=(1, mean),
        xycoords=('axes fraction', 'data'),
        xytext=(5, 0),
        textcoords='offset points',
        va='center',
        color=_MEAN,
        fontsize=9,
        fontweight='bold',
    )
    axes.set_xticks(range(len(percent)), percent, fontsize=9)
    axes.set_xlim(-0.6, len(percent) - 0.4)
    axes.set_ylim(0, 100)
    axes.set_yticks(range(0, 101, 20))
    axes.set_ylabel('F1 [%]', color=_INK)
    axes.grid(axis='y', color='#e4e4e4', linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, colors=_INK)
    axes.spines[['top', 'right', 'left']].set_visible(False)


def _write_titles(axes: Axes, title: str, subtitle: str) -> None:
    lines = len(subtitle.splitlines())
    axes.set_title(
        title,
        loc='left',
        fontsize=12,
        fontweight='bold',
        color=_INK,
        pad=12 + 13 * lines,
    )
    axes.annotate(
        subtitle,
        xy=(0, 1),
        xycoords='axes fraction',
        xytext=(0, 8),
        textcoords='offset points',
        fontsize=9,
        color=_MUTED,
        linespacing=1.3,
    )


def _versions() -> dict[str, str]:
    found = {'clef_mm': clef_mm.__version__, 'python': platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = 'not installed'
    return found


def _plain(value: Any) -> Any:
    """Return a value in the types JSON has: no arrays, tuples, paths or NaN."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [_plain(item) for item in items]
    if hasattr(value, 'tolist'):  # numpy and torch, scalars included
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f'a report cannot hold {value!r} ({type(value).__name__})')
