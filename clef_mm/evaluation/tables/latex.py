"""A comparison in LaTeX, ruled by booktabs."""

from __future__ import annotations

from collections.abc import Iterable

from clef_mm.evaluation.tables.comparison import Comparison
from clef_mm.evaluation.tables.layout import (
    KEY,
    TICK,
    Cell,
    Line,
    Panel,
    Sheet,
    lay_out,
)

_SPECIAL = {
    '\\': r'\textbackslash{}',
    '{': r'\{',
    '}': r'\}',
    '&': r'\&',
    '%': r'\%',
    '$': r'\$',
    '#': r'\#',
    '_': r'\_',
    '~': r'\textasciitilde{}',
    '^': r'\textasciicircum{}',
    '<': r'\textless{}',
    '>': r'\textgreater{}',
    '±': r'$\pm$',
    TICK: r'$\checkmark$',
}


def as_latex(comparison: Comparison) -> str:
    r"""Return a comparison as a ``table*``: \textbf for best, [second best].

    It needs the packages booktabs and amssymb (for the ticks).
    """
    sheet = lay_out(comparison)
    lines = [
        r'% needs \usepackage{booktabs,amssymb}',
        r'\begin{table*}',
        r'\centering\small\setlength{\tabcolsep}{4pt}',
        rf'\caption{{{escaped(sheet.title)}. \textbf{{Best}}, [second best] {KEY}}}',
        rf'\label{{tab:{comparison.table.name}}}',
    ]
    for panel in sheet.panels:
        if panel.heading:
            lines.append(rf'\par\medskip\textbf{{{escaped(panel.heading)}}}\par')
        lines += _tabular(sheet, panel)
    notes = [
        rf'\textsuperscript{{{number}}}~{escaped(note)}.'
        for number, note in enumerate(sheet.footnotes, 1)
    ]
    notes += map(escaped, sheet.remarks)
    lines.append(r'\par\smallskip\begin{minipage}{\linewidth}\footnotesize')
    lines += [rf'{note}\par' for note in notes]
    lines += [r'\end{minipage}', r'\end{table*}']
    return '\n'.join(lines) + '\n'


def escaped(text: str) -> str:
    """Return text in which every character means itself to LaTeX."""
    return ''.join(_SPECIAL.get(character, character) for character in text)


def _tabular(sheet: Sheet, panel: Panel) -> list[str]:
    lines = [
        rf'\begin{{tabular}}{{l{"r" * (len(sheet.header) - 1)}}}',
        r'\toprule',
        _row(map(escaped, sheet.header)),
    ]
    for section in panel.sections:
        lines += [r'\midrule', *(_row(_texts(line)) for line in section)]
    return [*lines, r'\bottomrule', r'\end{tabular}']


def _texts(line: Line) -> list[str]:
    numbers = ','.join(map(str, line.footnotes))
    raised = rf'\textsuperscript{{{numbers}}}' if numbers else ''
    return [
        # Braces: what begins with a bracket after \\ would be read as its argument.
        f'{{{escaped(line.method)}}}{raised}',
        *map(escaped, line.ticks),
        *map(_marked, line.cells),
    ]


def _row(cells: Iterable[str]) -> str:
    return ' & '.join(cells) + r' \\'


def _marked(cell: Cell) -> str:
    text = escaped(cell.text)
    return {'best': rf'\textbf{{{text}}}', 'second': f'[{text}]'}.get(
        cell.mark or '', text
    )
