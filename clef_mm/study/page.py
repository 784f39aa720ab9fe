"""Findings as Markdown tables, put into a page between two marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clef_mm.errors import UserError
from clef_mm.study.findings import AVERAGE, SECONDS

BEGIN, END = '<!-- tables: written by tools/study.py -->', '<!-- end of tables -->'
_FEATURES = {
    'probe/accuracy': ('activity, linear probe [%]', 100, 1),
    'identity/neighbour_activity': ('nearest stranger: same activity [%]', 100, 1),
    'identity/neighbour_person': (
        *('nearest frame of another recording: same person [%]', 100, 1),
    ),
    'identity/person_probe': ('person, probe on other activities [%]', 100, 1),
    'identity/distance_ratio': ('distance within a person / an activity', 1, 2),
    SECONDS: ('training [minutes]', 1 / 60, 1),
}
"""Label of each measure of features, factor, and digits behind the point."""
_PAIRING, _RIVAL = 'PI', 'SimCLR'
_T_OF_95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78}
"""Quantile of Student's t that bounds 95 %, by the number of seeds."""


class PageError(UserError, ValueError):
    """A page has no place for the tables."""


def write_tables(page: Path, findings: Mapping[str, Any]) -> None:
    """Replace what stands between the marks of a page.

    Args:
        page: Markdown file with both marks, each on a line of its own.
        findings: From :func:`.findings.collect`.

    Raises:
        PageError: If there is no such page, or a mark is missing.
    """
    text = page.read_text('utf-8') if page.is_file() else ''
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise PageError(f'{page} needs the lines\n{BEGIN}\n{END}')
    page.write_text(f'{before}{BEGIN}\n\n{tables(findings)}\n{END}{after}', 'utf-8')


def tables(findings: Mapping[str, Any]) -> str:
    """Return the tables of F1, of differences and of features."""
    parts = _f1_table(findings), _comparison_table(findings), _feature_table(findings)
    return '\n'.join(parts)


def _f1_table(findings: Mapping[str, Any]) -> str:
    shares = list(findings[SECONDS])
    printed = {
        name: {share: _spread(by_share[share], 100, 1) for share in shares}
        for name, by_share in findings['rows'].items()
    }
    # Equal as printed is equal.
    best = {
        share: max(float(row[share].split()[0]) for row in printed.values())
        for share in shares
    }
    rows = [
        [
            name,
            *(
                f'**{text}**' if float(text.split()[0]) == best[share] else text
                for share, text in by_share.items()
            ),
        ]
        for name, by_share in printed.items()
    ]
    minutes = [_spread(findings[SECONDS][share], 1 / 60, 1) for share in shares]
    head = ['mean F1 [%] with labels on', *map(_percent_of_frames, shares)]
    return _table(head, [*rows, ['*training of stage 2, minutes*', *minutes]])


def _comparison_table(findings: Mapping[str, Any]) -> str:
    rows = [
        [name, *map(_with_interval, by_share.values())]
        for name, by_share in findings['comparisons'].items()
    ]
    shares = [*map(_percent_of_frames, findings[SECONDS]), AVERAGE]
    return _table(['difference of F1 [points]', *shares], rows)


def _feature_table(findings: Mapping[str, Any]) -> str:
    starts = findings['features']
    rows = [
        [
            label,
            *(_spread(of_start[name], factor, digits) for of_start in starts.values()),
            _paired(starts[_PAIRING][name], starts[_RIVAL][name], factor, digits),
        ]
        for name, (label, factor, digits) in _FEATURES.items()
    ]
    head = ['image features, stage 1:', *starts, f'{_PAIRING} - {_RIVAL}']
    return _table(head, rows)


def _percent_of_frames(share: str) -> str:
    return f'{100 * float(share):g} % of the frames'


def _with_interval(found: Mapping[str, Any]) -> str:
    low, high = (100 * end for end in found['interval'])
    return f'{100 * found["mean"]:+.1f} [{low:+.1f}, {high:+.1f}]'


def _spread(values: Sequence[float], factor: float, digits: int) -> str:
    """Return the mean over seeds and, of several, their standard deviation."""
    scaled = factor * np.asarray(values)
    text = f'{scaled.mean():.{digits}f}'
    return f'{text} ± {scaled.std(ddof=1):.{digits}f}' if len(scaled) > 1 else text


def _paired(
    values: Sequence[float], others: Sequence[float], factor: float, digits: int
) -> str:
    """Return the mean difference of seeds and its 95 % interval by Student's t."""
    gains = factor * (np.asarray(values) - np.asarray(others))
    text = f'{gains.mean():+.{digits}f}'
    if len(gains) not in _T_OF_95:
        return text
    half = _T_OF_95[len(gains)] * gains.std(ddof=1) / np.sqrt(len(gains))
    low, high = gains.mean() - half, gains.mean() + half
    return f'{text} [{low:+.{digits}f}, {high:+.{digits}f}]'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ['---'] + ['---:'] * (len(head) - 1), *rows]
    return ''.join('| ' + ' | '.join(line) + ' |\n' for line in lines)
