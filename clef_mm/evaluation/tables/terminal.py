"""A comparison for the terminal."""

from __future__ import annotations

import textwrap

from prettytable import HRuleStyle, PrettyTable, VRuleStyle

from clef_mm.evaluation.tables.comparison import Comparison
from clef_mm.evaluation.tables.layout import KEY, Cell, Line, Panel, Sheet, lay_out

_SUPERSCRIPT = str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹')


def as_terminal(comparison: Comparison) -> str:
    """Return a comparison as ruled text: ``*best*``, ``[second best]``."""
    sheet = lay_out(comparison)
    parts = [sheet.title]
    for panel in sheet.panels:
        if panel.heading:
            parts.append(f'\n{panel.heading}')
        parts.append(_ruled(sheet, panel))
    notes = [f'*best*, [second best] {KEY}']
    notes += [f'{superscript((n,))} {t}.' for n, t in enumerate(sheet.footnotes, 1)]
    notes += sheet.remarks
    return '\n'.join([*parts, *(_wrapped(note) for note in notes)]) + '\n'


def superscript(numbers: tuple[int, ...]) -> str:
    """Return numbers of footnotes as raised digits: ``'¹˒²'``."""
    return '˒'.join(str(number).translate(_SUPERSCRIPT) for number in numbers)


def _ruled(sheet: Sheet, panel: Panel) -> str:
    ruled = PrettyTable(list(sheet.header))
    ruled.align = 'r'
    ruled.align['Method'] = 'l'
    ruled.hrules, ruled.vrules = HRuleStyle.FRAME, VRuleStyle.NONE
    ruled.left_padding_width, ruled.right_padding_width = 1, 0
    for section in panel.sections:
        for line in section:
            ruled.add_row(_texts(line), divider=line is section[-1])
    return ruled.get_string()


def _texts(line: Line) -> list[str]:
    method = ' '.join(filter(None, (line.method, superscript(line.footnotes))))
    return [method, *line.ticks, *map(_marked, line.cells)]


def _marked(cell: Cell) -> str:
    return {'best': f'*{cell.text}*', 'second': f'[{cell.text}]'}.get(
        cell.mark or '', cell.text
    )


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 100, subsequent_indent='  ')
