"""What a weights file holds, in a few lines: naming, towers, provenance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clef_mm.engine import provenance
from clef_mm.evaluation.measures import is_of_one_class
from clef_mm.evaluation.percent import printed, titled
from clef_mm.evaluation.protocol import oracle_notice
from clef_mm.models.encoders.key_naming import Towers, split_towers, state_of
from clef_mm.models.encoders.tower_sizes import tower_sizes
from clef_mm.models.encoders.weight_files import sha256
from clef_mm.models.encoders.weights import (
    TOWERS_KEY,
    WeightsError,
    path_of,
    read_file,
    stored_activation,
)
from clef_mm.outside_files import parsing

_HASH_IN_NAME = re.compile(r'-([0-9a-f]{8,64})\.\w+$')
_SIZES = {
    'layers': '{} layers',
    'width': 'width {}',
    'patch_size': 'patches of {} px',
    'image_size': 'images of {} px',
    'context_length': 'texts of {} tokens',
    'vocabulary': 'vocabulary {}',
    'features': 'features of {}',
}


def inspect(file: str) -> str:
    """Describe a weights file.

    Args:
        file: A file, a work directory, or an open_clip tag.

    Returns:
        One line each: file, hash, naming, towers, and what the file says of its making.

    Raises:
        WeightsError: If it cannot be read.
    """
    path, content = path_of(file), read_file(file)
    with parsing(path, 'weights file', WeightsError):
        return _described(path, content)


def _described(path: Path, content: dict[str, Any]) -> str:
    towers = split_towers(state_of(content))
    meta = content.get('meta', {})
    lines = [
        ('file', f'{path}, {path.stat().st_size / 2**20:.1f} MiB'),
        ('sha256', _hash_line(path)),
        ('naming', towers.naming.name if towers.naming else 'unknown: no tower found'),
        ('image', _tower_line(content, towers, 'image')),
        ('text', _tower_line(content, towers, 'text')),
        ('beside', _keys_line(towers)),
        *_run_lines(meta),
        *_published_lines(meta.get('published', {})),
    ]
    if 'converted_from' in meta:
        lines.append(
            ('from', '{file}, sha256 {sha256}'.format(**meta['converted_from']))
        )
    return '\n'.join(f'{name:<10} {text}' for name, text in lines if text)


def _hash_line(path: Path) -> str:
    digest, named = sha256(path), _HASH_IN_NAME.search(path.name)
    if named is None:
        return digest
    if digest.startswith(named[1]):
        return f'{digest}, as its name says'
    return f'{digest}, NOT {named[1]} as its name says: damaged, or another file'


def _tower_line(content: dict[str, Any], towers: Towers, kind: str) -> str:
    state = towers.of(kind)
    if not state:
        return 'none'
    sizes = tower_sizes(state)
    said = content.get('meta', {}).get(TOWERS_KEY, {}).get(kind, {})
    if 'image_size' in said:
        sizes['image_size'] = said['image_size']
    activation = stored_activation(content, towers.naming, kind)
    if activation is None and 'activation' not in said:
        activation = 'activation not stored: the config must know it'
    found = [text.format(sizes[name]) for name, text in _SIZES.items() if name in sizes]
    weights = (
        f'{sizes["weights"] / 1e6:.2f} M weights in {" and ".join(sizes["dtypes"])}'
    )
    return ', '.join([weights, *found, *([activation] if activation else [])])


def _keys_line(towers: Towers, shown: int = 4) -> str:
    """Name what belongs to no tower, by the start of its keys."""
    names = list(dict.fromkeys('.'.join(key.split('.')[:2]) for key in towers.rest))
    more = f' and {len(names) - shown} more' if len(names) > shown else ''
    return ', '.join(names[:shown]) + more


def _run_lines(meta: Mapping[str, Any]) -> list[tuple[str, str]]:
    made = meta.get(provenance.KEY)
    if not made:
        return []
    labels = made.get('labels') or {}
    return [
        ('trained', f'{made["stage"]} by {made["config"]}, seed {made.get("seed")}'),
        ('epoch', str(meta.get('epoch', ''))),
        ('labels', ', '.join(labels.get('names', ()))),
        ('data', '; '.join(made['split'])),
        ('crop', provenance.describe_crop(made.get('crop'))),
        ('seen', f'{len(made["seen_subjects"])} people or parts'),
        ('start', made.get('start_weights') or 'random weights'),
        ('version', f'clef_mm {made["version"]}'),
    ]


def _published_lines(published: Mapping[str, Any]) -> list[tuple[str, str]]:
    if not published:
        return []
    result = published.get('result') or {}
    scores = ', '.join(
        f'{titled(name)} {printed(name, value)}'
        for name, value in result.get('metrics', {}).items()
        if not is_of_one_class(name)
    )
    fold = published['fold']
    return [
        ('fold', '' if fold is None else str(fold)),
        ('rule', f'epoch: {published["epoch_rule"]}'),
        ('result', scores and f'{result["measured_on"]}: {scores}'),
        ('oracle', oracle_notice(result.get('protocol'))),
        ('notice', result.get('notice') or ''),
        ('published', published['date']),
        ('licence', published['licence']),
    ]
