"""Findings as Markdown tables, put into a page between two marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clef_mm.errors import UserError

BEGIN, END = '<!-- tables: written by tools/study.py -->', '<!-- end of tables -->'
_FEATURES = {
    'probe/accuracy': ('activity, linear probe', 100, 1),
    'identity/neighbour_activity': ('activity of the nearest stranger', 100, 1),
    'identity/neighbour_person': ('nearest in another recording: same person', 100, 1),
    'identity/person_probe': ('person, probe on other activities', 100, 1),
    'identity/distance_ratio': ('distance within person / activity', 1, 2),
    'seconds': ('training, minutes', 1 / 60, 1),
}


class PageError(UserError, ValueError):
    """A page has no place for the tables."""


def write_tables(page: Path, findings: Mapping[str, Any]) -> None:
    """Replace what stands between the marks of a page.

    Args:
        page: Markdown file with both marks, each on a line of its own.
        findings: From :func:`.findings.collect`.

    Raises:
        PageError: If a mark is missing.
    """
    text = page.read_text('utf-8')
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise PageError(f'{page} needs the lines\n{BEGIN}\n{END}')
    page.write_text(f'{before}{BEGIN}\n\n{tables(findings)}\n{END}{after}', 'utf-8')


def tables(findings: Mapping[str, Any]) -> str:
    """Return the tables of F1, of differences and of features."""
    return '\n'.join(
        [
            _f1_table(findings),
            _comparison_table(findings),
            _feature_table(findings),
        ]
    )


def _f1_table(findings: Mapping[str, Any]) -> str:
    shares = list(next(iter(findings['rows'].values())))
    best = {
        share: max(np.mean(row[share]) for row in findings['rows'].values())
        for share in shares
    }
    rows = []
    for name, by_share in findings['rows'].items():
        cells = []
        for share in shares:
            text = _spread(by_share[share], 100, 1)
            top = np.mean(by_share[share]) == best[share]
            cells.append(f'**{text}**' if top else text)
        rows.append([name, *cells])
    return _table(['mean F1 [%], labels:', *map(_percent_of_labels, shares)], rows)


def _comparison_table(findings: Mapping[str, Any]) -> str:
    shares = list(next(iter(findings['comparisons'].values())))
    rows = []
    for name, by_share in findings['comparisons'].items():
        cells = []
        for share in shares:
            found = by_share[share]
            low, high = (100 * end for end in found['interval'])
            cells.append(f'{100 * found["mean"]:+.1f} [{low:+.1f}, {high:+.1f}]')
        average = 100 * np.mean([by_share[share]['mean'] for share in shares])
        rows.append([name, *cells, f'{average:+.1f}'])
    head = ['difference of F1 [points], labels:', *map(_percent_of_labels, shares)]
    return _table([*head, 'average'], rows)


def _feature_table(findings: Mapping[str, Any]) -> str:
    rows = [
        [
            label,
            *(
                _spread(measures[name], factor, digits)
                for measures in findings['features'].values()
            ),
        ]
        for name, (label, factor, digits) in _FEATURES.items()
    ]
    return _table(['image features, stage 1:', *findings['features']], rows)


def _percent_of_labels(share: str) -> str:
    return f'{100 * float(share):g} %'


def _spread(values: Sequence[float], factor: float, digits: int) -> str:
    """Return the mean over seeds and, of several, their standard deviation."""
    scaled = factor * np.asarray(values)
    text = f'{scaled.mean():.{digits}f}'
    return f'{text} ± {scaled.std(ddof=1):.{digits}f}' if len(scaled) > 1 else text


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ['---'] + ['---:'] * (len(head) - 1), *rows]
    return ''.join('| ' + ' | '.join(line) + ' |\n' for line in lines)
