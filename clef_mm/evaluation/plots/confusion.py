"""Which class is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clef_mm.evaluation.plots.canvas import INK, new_axes, save, write_titles

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_confusion(
    path: str | Path,
    confusion: np.ndarray,
    class_names: Sequence[str],
    title: str,
    subtitle: str = '',
) -> Path:
    """Draw a confusion matrix: a row for each true class, in percent of the row.

    The percentage is that of the true class, so that the diagonal is the recall; under
    it stands the number of images. A class without images has an empty row.

    Args:
        path: The picture to write; its ending decides the format (``.png``).
        confusion: Counts, shape (C, C); row: true class, column: predicted class.
        class_names: C names.
        title: Dataset and split, see ``protocol.measured_on``.
        subtitle: Conditions; the notice if the data is synthetic.

    Returns:
        ``path``.

    Raises:
        ValueError: If the matrix is not square, negative, empty or of other length
            than the names.
    """
    counts = np.asarray(confusion)
    size = len(class_names)
    if size == 0 or counts.shape != (size, size) or (counts < 0).any():
        raise ValueError(
            f'expected counts of shape ({size}, {size}) for the {size} names, found '
            f'shape {counts.shape}' + (' with negative ones' * bool((counts < 0).any()))
        )
    images = counts.sum(axis=1, keepdims=True)
    # Rows without images stay blank: 0 percent of nothing says nothing.
    percent = np.full(counts.shape, np.nan)
    np.divide(100.0 * counts, images, out=percent, where=images > 0)

    side = max(4.6, 0.74 * size + 1.6)
    axes = new_axes(max(6.4, side + 0.5), side)
    axes.imshow(percent, cmap='Blues', vmin=0, vmax=100, aspect='auto')
    for row in range(size):
        for column in range(size):
            if images[row, 0]:
                _draw_cell(axes, row, column, percent[row, column], counts[row, column])
    _draw_names(axes, class_names, images[:, 0])
    write_titles(axes, title, subtitle)
    return save(axes, path)


def _draw_cell(axes: Axes, row: int, column: int, percent: float, count: int) -> None:
    """Write the percentage of a cell, and below it the number of images."""
    color = 'white' if percent > 55 else INK
    if not count:
        axes.text(
            column, row, '0', ha='center', va='center', fontsize=8, color='#b5b5b5'
        )
        return
    axes.text(
        column,
        row - 0.1,
        f'{percent:.1f}',
        ha='center',
        va='center',
        fontsize=10,
        fontweight='bold' if row == column else 'normal',
        color=color,
    )
    axes.text(
        column,
        row + 0.27,
        f'{count}',
        ha='center',
        va='center',
        fontsize=7,
        color=color,
    )


def _draw_names(axes: Axes, class_names: Sequence[str], images: np.ndarray) -> None:
    """Put the names at both sides, the true ones with their number of images."""
    positions = range(len(class_names))
    axes.set_xticks(positions, class_names, fontsize=9, rotation=30, ha='right')
    rows = [f'{name}\n{count}' for name, count in zip(class_names, images, strict=True)]
    axes.set_yticks(positions, rows, fontsize=9)
    axes.set_xticks(np.arange(len(class_names) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(class_names) + 1) - 0.5, minor=True)
    axes.grid(which='minor', color='white', linewidth=2)
    axes.tick_params(which='both', length=0, colors=INK)
    axes.set_xlabel('predicted', color=INK)
    axes.set_ylabel('true class and its images', color=INK)
    axes.spines[:].set_visible(False)
