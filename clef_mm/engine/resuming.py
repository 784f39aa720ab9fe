"""Whether a run can go on from a checkpoint: what must be in it, and must fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from clef_mm.plain_shape import misfit

_NUMBER = (int, float)
SHAPE = {
    'meta': {
        **dict.fromkeys(('epoch', 'iter', 'batches', 'processes'), int),
        'seed': (None, int),
        'best': (None, *_NUMBER),
        'early_stopping': (None, {'wait_count': int, 'best_score': _NUMBER}),
    },
    'state_dict': dict,
    'message_hub': {
        'log_scalars': {str: {'values': [_NUMBER], 'counts': [_NUMBER]}},
        'runtime_info': dict,
        'resumed_keys': dict,
    },
    'optimizer': {'state': {str: dict}, 'param_groups': [dict], 'skipped': (None, int)},
    'param_schedulers': [dict],
}
"""What a run needs to go on, in the words of :mod:`clef_mm.plain_shape`."""


def unfit(
    checkpoint: dict[str, Any],
    optimizer: Optimizer,
    settings: Mapping[str, Any],
    schedules: Sequence[Mapping[str, Any]],
) -> str:
    """Say why a run cannot go on from a checkpoint; empty if it can.

    torch and mmengine take over what they are given: moments of another size let fused
    kernels write past their end, and schedules too few are passed over in silence.

    Args:
        checkpoint: From outside.
        optimizer: Of the run.
        settings: ``state_dict`` of the run's optimizer wrapper.
        schedules: ``state_dict`` of each of its schedules.

    Returns:
        Such as ``"checkpoint.meta.iter is '20', not of type int"``.
    """
    if wrong := misfit(checkpoint, SHAPE, 'checkpoint'):
        return wrong
    meta, saved = checkpoint['meta'], checkpoint['optimizer']
    done, batches = meta['iter'], meta['batches']
    if done < 0 or batches < 1 or meta['epoch'] != done // batches:
        return (
            f'checkpoint.meta is contradictory: iter {done} of {batches} an epoch, '
            f'epoch {meta["epoch"]}'
        )
    return (
        _unlike(settings['param_groups'], saved['param_groups'], 'optimizer groups')
        or _unlike(
            settings.get('base_param_settings'),
            saved.get('base_param_settings'),
            'optimizer base_param_settings',
        )
        or _misfit_of_moments(optimizer, saved['state'])
        or _unlike(list(schedules), checkpoint['param_schedulers'], 'param_schedulers')
    )


def _unlike(own: Any, saved: Any, place: str) -> str:
    """Say where settings are not of the kind that the run's own are.

    Mappings must have the same keys but for switches, lists the same length, and
    numbers stand where the run has numbers; their values may differ.
    """
    if isinstance(own, Mapping):
        if not isinstance(saved, Mapping):
            return f'{place} are not those of this config'
        odd = own.keys() ^ saved.keys()
        # Switches come and go with the versions of torch.
        if not all(isinstance({**own, **saved}[key], bool | None) for key in odd):
            return f'{place} are not those of this config'
        common = own.keys() & saved.keys()
        pairs = ((own[key], saved[key], f'{place}.{key}') for key in common)
    elif isinstance(own, (list, tuple)):
        if not isinstance(saved, (list, tuple)) or len(own) != len(saved):
            return f'{place} are not as many as this config has'
        pairs = zip(own, saved, (f'{place}[{i}]' for i in range(len(own))), strict=True)
    else:
        number = isinstance(own, _NUMBER) and not isinstance(own, bool)
        fits = (own is None) == (saved is None)
        if number:
            fits = isinstance(saved, _NUMBER) and not isinstance(saved, bool)
        return '' if fits else f'{place} is not of the kind that this config has'
    return next(filter(None, (_unlike(*pair) for pair in pairs)), '')


def _misfit_of_moments(optimizer: Optimizer, state: Mapping[Any, Any]) -> str:
    parameters = [p for group in optimizer.param_groups for p in group['params']]
    for number, moments in state.items():
        if number not in range(len(parameters)):
            return f'optimizer.state[{number!r}] belongs to no parameter'
        shape = parameters[number].shape
        for name, value in moments.items():
            whole = isinstance(value, Tensor) and value.layout is torch.strided
            if not whole or value.shape not in (shape, torch.Size()):
                return (
                    f'optimizer.state[{number}].{name} is no tensor of shape '
                    f'{tuple(shape)}'
                )
    return ''


def lay_out(optimizer: Optimizer) -> None:
    """Give moments that were read the memory layout of their parameters.

    Fused kernels go through both by address. The layout on disk is another one where a
    run goes on with other ``channels_last``, or where somebody made it so.
    """
    for parameter, moments in optimizer.state.items():
        for name, value in moments.items():
            if value.shape == parameter.shape and value.stride() != parameter.stride():
                laid_out = torch.empty_strided(
                    value.shape,
                    parameter.stride(),
                    dtype=value.dtype,
                    device=value.device,
                )
                moments[name] = laid_out.copy_(value)
