"""Images in a grid, each with what is known of it below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Pixels, but for the font sizes, which are points.
_SHEET, _NARROWEST = 1700, 640
_MARGIN, _GAP, _SEAM = 28, 22, 2
_TILE = 176
_LINE, _TITLE_LINE = 16, 26
_TEXT_SIZE, _TITLE_SIZE = 8.6, 14
_DPI = 100
_INK, _MUTED, _PAPER = '#222222', '#6b6b6b', 255


@dataclass(frozen=True)
class Entry:
    """One image of a contact sheet.

    Attributes:
        views: (V, H, W, 3) uint8 RGB, shown side by side.
        name: In bold below the image.
        lines: What is known of it; wrapped to the width of the image.
    """

    views: np.ndarray
    name: str
    lines: list[str]


@dataclass(frozen=True)
class _Text:
    """A line of text; ``x`` and ``y`` are the left end of its base line, from above."""

    x: int
    y: int
    words: str
    color: str = _INK
    size: float = _TEXT_SIZE
    weight: str = 'normal'


def draw_contact_sheet(
    path: str | Path, entries: Sequence[Entry], title: str, subtitle: Sequence[str]
) -> Path:
    """Write entries of equal shape as a PNG, in reading order.

    Small images are enlarged a whole number of times, so every pixel is one that the
    network sees.

    Args:
        path: Of the PNG; its folder is made.
        entries: At least one.
        title: Line on top.
        subtitle: Smaller lines below it.

    Returns:
        ``path``.
    """
    scale = max(1, round(_TILE / entries[0].views.shape[2]))
    pictures = [_side_by_side(entry.views, scale) for entry in entries]
    height, width = pictures[0].shape[:2]
    columns = min(len(entries), max(1, (_SHEET + _GAP) // (width + _GAP)))
    sheet_width = max(columns * (width + _GAP) - _GAP, _NARROWEST)
    texts, top = _heading(title, subtitle, sheet_width)
    places = []
    for start in range(0, len(entries), columns):
        bottom = top
        for column, entry in enumerate(entries[start : start + columns]):
            left = _MARGIN + column * (width + _GAP)
            places.append((left, top))
            captions, end = _captions(entry, left, top + height, width)
            texts += captions
            bottom = max(bottom, end)
        top = bottom + _GAP
    shape = (top - _GAP + _MARGIN, sheet_width + 2 * _MARGIN, 3)
    canvas = np.full(shape, _PAPER, np.uint8)
    for (left, upper), picture in zip(places, pictures, strict=True):
        canvas[upper : upper + height, left : left + width] = picture
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, canvas, texts)
    return path


def _side_by_side(views: np.ndarray, scale: int) -> np.ndarray:
    """Return views (V, H, W, 3) as one enlarged image with seams between them."""
    enlarged = views.repeat(scale, axis=1).repeat(scale, axis=2)
    seam = np.full((enlarged.shape[1], _SEAM, 3), _PAPER, np.uint8)
    parts = [part for view in enlarged for part in (seam, view)]
    return np.concatenate(parts[1:], axis=1)


def _heading(title: str, subtitle: Sequence[str], width: int) -> tuple[list, int]:
    """Return the texts on top and where the grid begins."""
    texts, y = [], _MARGIN
    for line in _wrap(title, width, _TITLE_SIZE, 'bold'):
        y += _TITLE_LINE
        texts.append(_Text(_MARGIN, y - 8, line, _INK, _TITLE_SIZE, 'bold'))
    for part in subtitle:
        for line in _wrap(part, width):
            y += _LINE
            texts.append(_Text(_MARGIN, y - 2, line, _MUTED))
    return texts, y + _GAP


def _captions(entry: Entry, left: int, top: int, width: int) -> tuple[list, int]:
    """Return the texts below one image and where they end."""
    lines = [(line, _INK, 'bold') for line in _wrap(entry.name, width, weight='bold')]
    for known in entry.lines:
        lines += [(line, _MUTED, 'normal') for line in _wrap(known, width)]
    texts = [
        _Text(left, top + _LINE * number, words, color, _TEXT_SIZE, weight)
        for number, (words, color, weight) in enumerate(lines, 1)
    ]
    return texts, top + _LINE * len(lines) + 4


def _wrap(
    text: str, width: int, size: float = _TEXT_SIZE, weight: str = 'normal'
) -> list[str]:
    """Break a text into lines of at most ``width`` pixels, long words too."""
    measure = _ruler(size, weight)
    lines = ['']
    for word in text.split():
        longer = f'{lines[-1]} {word}'.strip()
        if measure(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append('')
        for letter in word:
            if measure(lines[-1] + letter) > width:
                lines.append('')
            lines[-1] += letter
    return lines


def _ruler(size: float, weight: str) -> Callable[[str], float]:
    """Return a function that measures the width of a line, pixels."""
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import FontProperties

    font = FontProperties(size=size, weight=weight)
    renderer = RendererAgg(1, 1, _DPI)
    return lambda text: renderer.get_text_width_height_descent(text, font, False)[0]


def _write(path: Path, canvas: np.ndarray, texts: Sequence[_Text]) -> None:
    # As in evaluation/plots/canvas.py: Figure alone needs no display and no pyplot.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.transforms import IdentityTransform

    height, width = canvas.shape[:2]
    # Half a pixel more: matplotlib cuts what division has made a little too small.
    figure = Figure(figsize=((width + 0.5) / _DPI, (height + 0.5) / _DPI), dpi=_DPI)
    FigureCanvasAgg(figure)
    figure.figimage(canvas)
    for text in texts:
        figure.text(
            text.x,
            height - text.y,
            text.words,
            color=text.color,
            fontsize=text.size,
            fontweight=text.weight,
            transform=IdentityTransform(),
            parse_math=False,
        )
    figure.savefig(path, dpi=_DPI, format='png')
