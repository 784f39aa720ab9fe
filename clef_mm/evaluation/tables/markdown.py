"""A comparison in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from clef_mm.evaluation.tables.comparison import Comparison
from clef_mm.evaluation.tables.layout import KEY, Cell, Line, Sheet, lay_out

# What Markdown or its HTML would take for markup.
_SPECIAL = re.compile(r'([\\`*_{}\[\]<>|#])')


def as_markdown(comparison: Comparison) -> str:
    """Return a comparison as pipe tables: **best**, [second best]."""
    sheet = lay_out(comparison)
    parts = [f'### {_escaped(sheet.title)}']
    for panel in sheet.panels:
        if panel.heading:
            parts.append(f'**{_escaped(panel.heading)}**')
        lines = [line for section in panel.sections for line in section]
        parts.append('\n'.join([*_header(sheet), *map(_row, lines)]))
    parts.append(f'**best**, \\[second best\\] {KEY}')
    notes = [
        f'<sup>{number}</sup> {_escaped(note)}.'
        for number, note in enumerate(sheet.footnotes, 1)
    ]
    notes += [_escaped(remark) for remark in sheet.remarks]
    parts.append('\n'.join(f'* {note}' for note in notes))
    return '\n\n'.join(parts) + '\n'


def _header(sheet: Sheet) -> list[str]:
    scores = len(sheet.header) - 1
    return [
        _piped(map(_escaped, sheet.header)),
        '|---|' + '---:|' * scores,
    ]


def _row(line: Line) -> str:
    numbers = ','.join(map(str, line.footnotes))
    method = _escaped(line.method) + (f' <sup>{numbers}</sup>' if numbers else '')
    return _piped([method, *line.ticks, *map(_marked, line.cells)])


def _piped(cells: Iterable[str]) -> str:
    return '| ' + ' | '.join(cells) + ' |'


def _marked(cell: Cell) -> str:
    return {'best': f'**{cell.text}**', 'second': f'\\[{cell.text}\\]'}.get(
        cell.mark or '', cell.text
    )


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r'\\\1', text)
