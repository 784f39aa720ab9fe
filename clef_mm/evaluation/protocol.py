"""What a score was measured on, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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


def headed(meta: Mapping[str, Any] | None, rule: str, table: str) -> str:
    """Put over a table what was measured, by which rule and on which data."""
    heading = (f'{measured_on(meta)}: {rule}', synthetic_notice(meta))
    return '\n'.join(['', *filter(None, heading), table])
