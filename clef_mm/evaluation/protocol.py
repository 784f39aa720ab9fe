"""What a score was measured on, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clef_mm.evaluation.thresholds import thresholds_of

SUBJECT, IMAGE = 'subject', 'image'


def drawn_unit(protocol: Mapping[str, Any]) -> str:
    """Return what intervals draw anew: ``'subject'``, or ``'image'`` of unknown people.

    The protocol's ``resampled`` says so; subjects if it does not.
    """
    return protocol.get('resampled') or SUBJECT


def measured_on(meta: Mapping[str, Any] | None) -> str:
    """Say which part of which dataset a score is of: ``'bp4d, test of fold 1'``.

    Args:
        meta: ``metainfo`` of a dataset, or the protocol of a report. ``dataset``,
            ``split``, ``fold`` and ``synthetic`` are used where given.
    """
    meta = meta or {}
    dataset = meta.get('dataset') or 'unnamed dataset'
    if meta.get('synthetic'):
        dataset = f'synthetic stand-in for {dataset}'
    part = meta.get('split') or ''
    if meta.get('fold') is not None:
        part = f'{part} of fold {meta["fold"]}'.strip()
    return f'{dataset}, {part}' if part else dataset


def synthetic_notice(meta: Mapping[str, Any] | None) -> str:
    """Return the sentence that must stand beside a score on generated images.

    Empty if the data is real.
    """
    meta = meta or {}
    if not meta.get('synthetic'):
        return ''
    return (
        'SYNTHETIC DATA: the images are generated; this is not a result on '
        f'{meta.get("dataset") or "the named dataset"}.'
    )


def oracle_notice(protocol: Mapping[str, Any] | None) -> str:
    """Return the sentence that must stand beside a score chosen on its own test frames.

    Empty if nothing was. The protocol's ``oracle`` lists the reasons.
    """
    reasons = (protocol or {}).get('oracle')
    return f'ORACLE, not comparable: {"; ".join(reasons)}.' if reasons else ''


def conditions(protocol: Mapping[str, Any]) -> str:
    """Say how the scores of a report came about, with every notice, in few lines.

    For the head of a table and the subtitle of a plot: threshold and epoch rule, whom
    it was measured on, and the notices on oracle choices and synthetic data.
    """
    threshold = thresholds_of(protocol)
    people = len(protocol.get('subjects') or ())
    parts = [
        f'F1 at {threshold.describe()}' if threshold else 'class of highest score',
        f'epoch: {protocol["epoch_rule"]}',
        *([f'{people} subjects'] if people and drawn_unit(protocol) == SUBJECT else []),
    ]
    notices = filter(None, (oracle_notice(protocol), synthetic_notice(protocol)))
    return '\n'.join(['; '.join(parts), *notices])


def headed(meta: Mapping[str, Any] | None, rule: str, table: str) -> str:
    """Put over a table what was measured, by which rule and on which data."""
    heading = (f'{measured_on(meta)}: {rule}', synthetic_notice(meta))
    return '\n'.join(['', *filter(None, heading), table])
