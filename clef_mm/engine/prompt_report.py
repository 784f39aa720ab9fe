"""Write a prompt study down: a table to read, CSV and JSON to compute with."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prettytable import PrettyTable

from clef_mm.engine.prompt_study import PromptScore, PromptStudy
from clef_mm.evaluation.protocol import measured_on, oracle_notice, synthetic_notice
from clef_mm.evaluation.results import now, replace_text, to_json, versions

_WIDEST_TEXT = 48


def write_study(study: PromptStudy, folder: str | Path) -> list[Path]:
    """Write ``prompt_study.csv`` and ``prompt_study.json`` into a folder."""
    folder = Path(folder)
    return [
        replace_text(folder / 'prompt_study.csv', as_csv(study)),
        replace_text(folder / 'prompt_study.json', to_json(as_record(study))),
    ]


def as_csv(study: PromptStudy) -> str:
    """Return a row for each choice of texts; scores are fractions in [0, 1]."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator='\n')
    classes = list(study.default.by_class)
    head = ['bank', 'kind', 'template', 'wording', 'example', 'default', 'oracle']
    rows.writerow([*head, study.measure, *classes])
    for row in study.scores:
        choice = row.choice
        rows.writerow(
            [
                *(row.bank, choice.kind, choice.template, choice.wording, row.example),
                'yes' if row is study.default else '',
                '; '.join(study.oracle(row)),
                f'{row.score:.6f}',
                *(f'{value:.6f}' for value in row.by_class.values()),
            ]
        )
    return out.getvalue()


def as_record(study: PromptStudy) -> dict[str, Any]:
    """Return the whole study in plain containers."""
    return {
        'measured_on': measured_on(study.protocol),
        'notice': synthetic_notice(study.protocol) or None,
        'measure': study.measure,
        'split': study.split,
        'default': _record(study, study.default),
        'best': _record(study, study.best),
        'worst': _record(study, study.worst),
        'spread': study.spread,
        'spread_by_class': study.spread_by_class(),
        'choices': [_record(study, row) for row in study.scores],
        'protocol': study.protocol,
        'versions': versions(),
        'date': now(),
    }


def as_table(study: PromptStudy) -> str:
    """Return the scores in percent, the highest first, and what follows from them."""
    table = PrettyTable(
        [
            'bank',
            'kind',
            'template',
            'wording',
            f'{study.measure} [%]',
            '',
            'first text',
        ]
    )
    table.align = 'l'
    for row in sorted(study.scores, key=lambda row: -row.score):
        choice = row.choice
        table.add_row(
            [
                *(row.bank, choice.kind, choice.template, choice.wording),
                f'{100 * row.score:.2f}',
                _marks(study, row),
                _shortened(row.example),
            ]
        )
    notices = (synthetic_notice(study.protocol), _oracle_notice(study))
    return '\n'.join(
        [
            f'{measured_on(study.protocol)}: {len(study.scores)} choices of texts',
            *filter(None, notices),
            table.get_string(),
            *_summary(study),
        ]
    )


def _summary(study: PromptStudy) -> list[str]:
    by_class = study.spread_by_class()
    known = [name for name, spread in by_class.items() if not math.isnan(spread)]
    widest = max(known, key=by_class.__getitem__)
    lines = [
        f'default {_percent(study.default.score)}, best {_percent(study.best.score)}, '
        f'worst {_percent(study.worst.score)}, spread {_percent(study.spread)}; the '
        f'texts matter most to {widest}, spread {_percent(by_class[widest])}'
    ]
    if study.best is not study.default and not study.oracle(study.best):
        lines.append(
            'to test the best: --cfg-options ' + ' '.join(study.best.options())
        )
    return lines


def _record(study: PromptStudy, row: PromptScore) -> dict[str, Any]:
    return {
        'bank': row.bank,
        **asdict(row.choice),
        'example': row.example,
        'score': row.score,
        'by_class': row.by_class,
        'default': row is study.default,
        'oracle': study.oracle(row),
        'options': row.options(),
    }


def _oracle_notice(study: PromptStudy) -> str:
    return oracle_notice({'oracle': study.oracle(study.best)})


def _marks(study: PromptStudy, row: PromptScore) -> str:
    marks: Sequence[tuple[bool, str]] = (
        (row is study.default, 'default'),
        (row is study.best, 'best'),
        (bool(study.oracle(row)), 'ORACLE'),
    )
    return ', '.join(mark for given, mark in marks if given)


def _percent(share: float) -> str:
    return f'{100 * share:.2f}'


def _shortened(text: str) -> str:
    return text if len(text) <= _WIDEST_TEXT else f'{text[: _WIDEST_TEXT - 3]}...'
