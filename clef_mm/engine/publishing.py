"""A trained model as one file for others: weights, how they were made, and a hash."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clef_mm.engine.epoch_choice import ON_TEST, checkpoints_to_test, epoch_rule
from clef_mm.engine.provenance import KEY
from clef_mm.errors import UserError
from clef_mm.evaluation.results import (
    METRICS,
    ResultError,
    now,
    read_json,
    to_json,
    versions,
)
from clef_mm.models.encoders.weight_files import sha256, write_content
from clef_mm.models.encoders.weights import TOWERS_KEY, path_of, read_file
from clef_mm.outside_files import parsing

FORMATS = ('safetensors', 'pth')
"""Endings that a published file may have."""

_KEPT = ('epoch', 'iter', 'seed', 'cfg', 'dataset_meta', KEY, TOWERS_KEY)
_OF_RESULT = ('measured_on', 'notice', 'metrics', 'intervals', 'date')


class PublishingError(UserError, ValueError):
    """A file says too little of its making, or a result is not of this checkpoint."""


def publish(
    checkpoint: str,
    folder: str,
    name: str | None = None,
    result: str | None = None,
    form: str = 'safetensors',
) -> Path:
    """Write a checkpoint of a training run without its optimizer.

    The file holds what a stranger must know: config, split, fold, crop policy, whom the
    model has seen, versions, the result with its protocol, and whose licences apply. It
    can be tested, started from and inspected like any checkpoint.

    Args:
        checkpoint: A file, or a work directory: what ``tools/test.py`` tests of it.
        folder: Where it goes; made if needed.
        name: What it is called before the hash; default: its config, and the fold.
        result: Folder of a test of this checkpoint, or its ``metrics.json``.
        form: One of ``FORMATS``.

    Returns:
        ``folder/name-<first 8 digits of the sha256>.<form>``.

    Raises:
        PublishingError: If the file says nothing of its making, or the result is that
            of another checkpoint.
        WeightsError: If the file cannot be read.
        ResultError: If the result cannot be read.
    """
    path = path_of(checkpoints_to_test(checkpoint)[0])
    content = read_file(path)
    meta = content.get('meta', {})
    if 'state_dict' not in content or not meta.get(KEY):
        raise PublishingError(
            f'{path} does not say how it was made: only checkpoints of tools/train.py '
            'are published; other weights are rewritten by convert.py'
        )
    fold = (meta.get('dataset_meta') or {}).get('fold')
    tested = _result_of(result, path, meta[KEY]) if result else None
    made = {**meta[KEY], 'epoch_rule': _rule_of(path, meta[KEY], tested)}
    with parsing(path, 'checkpoint of tools/train.py', PublishingError):
        kept = {key: meta[key] for key in _KEPT if key in meta} | {KEY: made}
        kept['published'] = {
            'fold': fold,
            'crop': made.get('crop'),
            'epoch_rule': made['epoch_rule'],
            'result': tested,
            'versions': versions(),
            'licence': licence_note(made),
            'date': now(),
        }
        stem = name or _stem(made, fold)
        plain = _as_json(kept)
    unfinished = Path(folder, f'.{path.stem}.{os.getpid()}.{form}')
    write_content(unfinished, {'state_dict': content['state_dict'], 'meta': plain})
    published = unfinished.with_name(f'{stem}-{sha256(unfinished)[:8]}.{form}')
    os.replace(unfinished, published)
    return published


def licence_note(made: Mapping[str, Any]) -> str:
    """Say whose licences apply to weights, given their provenance."""
    data = ', '.join(_data_of(made))
    if made['synthetic']:
        return f'learnt from rendered stand-ins for {data}: of no use but for trials'
    first = made
    while first.get('start'):
        first = first['start']
    start = first.get('start_weights')
    weights = f', and of the weights {start} that it started from' if start else ''
    return (
        f'the licences of {data}{weights} apply to this '
        'file: read them before it is used or passed on'
    )


def _data_of(made: Mapping[str, Any]) -> list[str]:
    """Return the datasets of all stages, the first one first."""
    before = _data_of(made['start']) if made.get('start') else []
    return list(dict.fromkeys([*before, made['dataset']]))


def _stem(made: Mapping[str, Any], fold: int | None) -> str:
    stem = Path(made['config']).stem
    suffix = f'_fold{fold}'
    return stem if fold is None or stem.endswith(suffix) else stem + suffix


def _rule_of(
    path: Path, made: Mapping[str, Any], tested: Mapping[str, Any] | None
) -> str:
    """Say how the epoch was chosen; that it was on test frames is never forgotten."""
    if tested and tested['protocol'].get('epoch_rule') == ON_TEST:
        return ON_TEST
    return made.get('epoch_rule') or epoch_rule(str(path))


def _result_of(place: str, path: Path, made: Mapping[str, Any]) -> dict[str, Any]:
    """Read a result, refusing one that another checkpoint had."""
    file = Path(place) if place.endswith('.json') else Path(place, METRICS)
    content = read_json(file, 'test the checkpoint first: tools/test.py')
    with parsing(file, 'result', ResultError):
        protocol = dict(content.get('protocol', {}))
        trained = protocol.pop('trained', None)
        tested = Path(protocol.get('checkpoint', '')).name
    if trained != _as_json(made) or tested != path.name:
        raise PublishingError(
            f'{file} is the result of {protocol.get("checkpoint")}, not of {path}: '
            'test this checkpoint, and give its result'
        )
    return {
        **{key: content[key] for key in _OF_RESULT if key in content},
        'protocol': protocol,
    }


def _as_json(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what JSON keeps of it, so that both formats hold the same."""
    return json.loads(to_json(content))
