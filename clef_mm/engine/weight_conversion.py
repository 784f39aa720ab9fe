"""Weights of one naming written in another."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from clef_mm.models.encoders.key_naming import NAMINGS, Towers, split_towers, state_of
from clef_mm.models.encoders.weight_files import sha256, write_content
from clef_mm.models.encoders.weights import (
    TOWERS_KEY,
    WeightsError,
    path_of,
    read_file,
    stored_activation,
)
from clef_mm.outside_files import parsing

CLEF_MM, OPENAI = 'clef_mm', 'openai'
TARGETS = (CLEF_MM, OPENAI)
"""Namings that are written: ours, and OpenAI's, which open_clip reads."""

_OUR_NAMING = 'CLEF-MM'
_OUR_SCALE, _CLIP_SCALE = 'logit_scale.log', 'logit_scale'
_PREFIXES = {
    CLEF_MM: {'image': 'image_encoder.tower.', 'text': 'text_encoder.tower.'},
    OPENAI: {'image': 'visual.', 'text': ''},
}


def convert(source: str, target: str, naming: str = CLEF_MM) -> str:
    """Write the weights of ``source`` to ``target`` in another naming.

    A checkpoint of ours keeps everything but the optimizer if its naming stays; of any
    other file the towers and the temperature are taken. What is known of towers and
    provenance goes along as ``meta``.

    Args:
        source: A file, a work directory, or an open_clip tag.
        target: ``.pth`` or ``.safetensors``.
        naming: One of ``TARGETS``.

    Returns:
        What was written and what was left out, in words.

    Raises:
        WeightsError: If the source cannot be read or holds no tower that is known, or
            the target has another ending.
    """
    content = read_file(source)
    with parsing(path_of(source), 'weights file', WeightsError):
        return _convert(content, source, target, naming)


def _convert(content: dict[str, Any], source: str, target: str, naming: str) -> str:
    state = state_of(content)
    towers = split_towers(state)
    if not (towers.image or towers.text):
        raise WeightsError(
            f'{source} holds no tower in a naming that is known: '
            + ', '.join(known.name for known in NAMINGS)
        )
    if naming == CLEF_MM and towers.naming.name == _OUR_NAMING:
        written = state
    else:
        written = _renamed(towers, naming)
        if _CLIP_SCALE in towers.rest:  # a zero-shot test goes by it
            written[_CLIP_SCALE] = towers.rest[_CLIP_SCALE]
    notes = [f'{target}: {len(written)} tensors named as {naming} names them']
    if naming == OPENAI:
        written, note = _with_temperature(written, towers, source)
        notes.append(note)
    left = [key for key in towers.rest if key not in written and key != _OUR_SCALE]
    if left:
        notes.append(f'left out: {", ".join(sorted(left)[:5])} ({len(left)} in all)')
    meta = _meta(content, towers, source)
    write_content(Path(target), {'state_dict': written, 'meta': meta})
    return '\n'.join(filter(None, notes))


def _renamed(towers: Towers, naming: str) -> dict[str, Tensor]:
    return {
        prefix + key: value
        for kind, prefix in _PREFIXES[naming].items()
        for key, value in towers.of(kind).items()
    }


def _with_temperature(
    state: dict[str, Tensor], towers: Towers, source: str
) -> tuple[dict[str, Tensor], str]:
    """Add ``logit_scale``, without which open_clip takes no pair."""
    if not (towers.image and towers.text):
        missing = 'text' if towers.image else 'image'
        raise WeightsError(f'{source} holds no {missing} tower: a pair needs both')
    scale = towers.rest.get(_CLIP_SCALE, towers.rest.get(_OUR_SCALE))
    if scale is not None:
        return {**state, _CLIP_SCALE: scale}, ''
    initial = torch.tensor(math.log(1 / 0.07))
    return (
        {**state, _CLIP_SCALE: initial},
        'logit_scale is not in the file: 1 / 0.07 was written, where CLIP starts',
    )


def _meta(content: dict[str, Any], towers: Towers, source: str) -> dict[str, Any]:
    path = path_of(source)
    ours = towers.naming.name == _OUR_NAMING
    meta = dict(content.get('meta', {})) if ours else {}
    known = content.get('meta', {}).get(TOWERS_KEY, {})
    meta[TOWERS_KEY] = {}
    for kind in ('image', 'text'):
        if towers.of(kind):
            activation = stored_activation(content, towers.naming, kind)
            of_file = {} if activation is None else {'activation': activation}
            meta[TOWERS_KEY][kind] = {**known.get(kind, {}), **of_file}
    meta['converted_from'] = {'file': path.name, 'sha256': sha256(path)}
    return meta
