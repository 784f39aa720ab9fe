"""How a result was measured, in the words that stand under a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clef_mm.evaluation.protocol import drawn_unit
from clef_mm.evaluation.thresholds import thresholds_of

if TYPE_CHECKING:
    from clef_mm.evaluation.summary import Summary

MUST_AGREE = {
    'split': 'split',
    'preset': 'preset',
    'threshold': 'threshold',
    'epoch_rule': 'epoch',
    'crop': 'crops',
    'every': 'images',
}
"""What must agree before two numbers are compared: words by key of the protocol."""


def stated(protocol: Mapping[str, Any], key: str) -> str:
    """Say what a protocol states under a key of :data:`MUST_AGREE`.

    Args:
        protocol: Of a summary.
        key: ``'crop'``, ``'threshold'``, ...

    Returns:
        The same words for what may be compared; ``''`` where nothing is stated.
    """
    value = protocol.get(key)
    if value is None:
        return ''
    if key == 'crop':
        return f'{value.get("name", "unnamed")} ({value.get("hash", "no hash")})'
    if key == 'threshold':
        return thresholds_of(protocol).describe()
    if key == 'every':  # the step of each part of the data
        return 'all' if set(value) == {1} else f'one in {listed(value)}'
    return str(value)


def measured_by(summaries: Sequence[Summary]) -> str:
    """Say in one line how summaries of one protocol were measured.

    Args:
        summaries: One or more of one dataset, comparable with each other.
    """
    protocol = summaries[0].protocol
    folds = sorted({fold for summary in summaries for fold in summary.folds})
    parts = [f'mean of folds {listed(folds)}'] if len(folds) > 1 else []
    for key, words in MUST_AGREE.items():
        value = stated(protocol, key)
        if value:
            parts.append(f'{"F1 at" if key == "threshold" else words} {value}')
    return '; '.join(parts)


def interval_of(summary: Summary) -> str:
    """Say what the intervals of a summary are: ``'95 % interval, subjects resampled'``.

    Images are resampled where nobody knows whose they are.
    """
    return f'95 % interval, {drawn_unit(summary.protocol)}s resampled'


def listed(names: Iterable[Any]) -> str:
    """Return names as ``'a, b'``, each once."""
    return ', '.join(dict.fromkeys(map(str, names)))
