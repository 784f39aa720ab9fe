"""Weights on disk: three kinds of file, told apart by their bytes, none of them run.

==================  ===========================================================
torch.save          ``.pth``, ``.pt``, ``.bin``: read as tensors and plain containers
TorchScript         OpenAI's ``.pt``: read by :mod:`.torchscript_archive`
safetensors         tensors, and text beside them
==================  ===========================================================
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from clef_mm.errors import UserError
from clef_mm.models.encoders import torchscript_archive
from clef_mm.outside_files import check_unpacked_size
from clef_mm.plain_shape import misfit
from clef_mm.whole_file import whole_file

_META = 'clef_mm'  # where a safetensors file of ours holds its meta, as JSON
_ZIP = b'PK'
_TOWER = (None, {'activation': (None, str)})
_PROVENANCE = {
    'labels': (None, {'kind': str, 'names': [str]}),
    'seen_subjects': (None, [str]),
    'start': (None, {}),
}
# What those who read a file take for granted, of what it may say at all.
_SHAPE = {
    'state_dict': (None, {str: torch.Tensor}),
    'meta': (
        None,
        {
            'clef_mm': (None, _PROVENANCE),
            'towers': (None, {'image': _TOWER, 'text': _TOWER}),
            'dataset_meta': (None, {}),
            'published': (None, {}),
            'converted_from': (None, {'file': str, 'sha256': str}),
        },
    ),
}


class WeightsError(UserError, ValueError):
    """A weights file cannot be had or does not fit; the message names file and keys."""


def read_content(path: Path) -> dict[str, Any]:
    """Read a weights file without running anything in it.

    Returns:
        What ``torch.save`` was given; of the other kinds ``{'state_dict': ...}``, and
        ``meta`` if the file has it.

    Raises:
        WeightsError: If the file is damaged or holds more than tensors and plain
            containers.
    """
    try:
        if _is_safetensors(path):
            content = _read_safetensors(path)
        elif torchscript_archive.is_archive(path):
            content = {'state_dict': torchscript_archive.read_state_dict(path)}
        else:
            content = _read_torch(path)
    except Exception as error:  # each reader has its own kinds for a damaged file
        raise WeightsError(
            f'{path} is no checkpoint of tensors and plain containers '
            f'({_reason(error)}). It is damaged, or holds code or pickled objects, '
            'which are never run.'
        ) from error
    if not isinstance(content, dict):
        raise WeightsError(f'{path} holds a {type(content).__name__}, not a dict')
    if wrong := misfit(content, _SHAPE, 'content'):
        raise WeightsError(f'{path} is no checkpoint: {wrong}')
    return content


def write_content(path: Path, content: dict[str, Any]) -> None:
    """Write ``state_dict`` and ``meta``; the file appears whole or not at all.

    Args:
        path: Ends in ``.safetensors`` or ``.pth``.
        content: ``state_dict`` of tensors and ``meta`` of plain containers.

    Raises:
        WeightsError: If the ending is another one, or the file cannot be written.
    """
    if path.suffix not in ('.safetensors', '.pth'):
        raise WeightsError(f'{path}: weights are written to .safetensors or .pth')
    # Neither views into a larger storage nor channels-last layouts: plain copies.
    state = {
        key: value.detach().clone(memory_format=torch.contiguous_format)
        for key, value in content['state_dict'].items()
    }
    meta = content['meta']
    try:
        with whole_file(path) as file:
            if path.suffix == '.safetensors':
                file.write(save(state, {'format': 'pt', _META: json.dumps(meta)}))
            else:
                torch.save({'state_dict': state, 'meta': meta}, file)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise WeightsError(f'{path} cannot be written: {_reason(error)}') from error


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while part := file.read(2**20):
            digest.update(part)
    return digest.hexdigest()


def _is_safetensors(path: Path) -> bool:
    # Eight bytes of length, then a header in JSON.
    with path.open('rb') as file:
        return path.suffix == '.safetensors' or file.read(9)[8:] == b'{'


def _read_torch(path: Path) -> Any:
    with path.open('rb') as file:
        zipped = file.read(2) == _ZIP
    if zipped:  # nothing in it is packed, unless to fill the memory
        check_unpacked_size(path, path.stat().st_size)
    return torch.load(path, map_location='cpu', weights_only=True)


def _read_safetensors(path: Path) -> dict[str, Any]:
    with safe_open(path, framework='pt') as file:
        state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        text = (file.metadata() or {}).get(_META)
    return {'state_dict': state} | ({'meta': json.loads(text)} if text else {})


def _reason(error: Exception) -> str:
    # torch advises to load with weights_only=False: that would run the code.
    lines = [line for line in str(error).splitlines() if 'weights_only' not in line]
    return ' '.join(filter(None, lines)) or type(error).__name__
