"""Every patch that mmengine 0.10.7 needs on today's torch, each with its reason.

A patch is needless with the version named beside it and can then be deleted.
"""

from __future__ import annotations

import warnings
from typing import Any

from mmengine.logging import HistoryBuffer


def history_to_lists(message_hub: dict[str, Any]) -> dict[str, Any]:
    """Turn the log history of a checkpoint into lists that load without pickled code.

    Since torch 2.6 ``torch.load`` refuses classes and numpy scalars unless they are
    allowed by name, and mmengine pickles both. Storing numbers as numbers needs no
    allowance at all, so a checkpoint never has to be trusted. Needless when mmengine
    stores plain lists itself.

    Args:
        message_hub: ``MessageHub.state_dict()``.

    Returns:
        The same with each HistoryBuffer as ``{'values': [...], 'counts': [...]}``.
    """
    scalars = {}
    for name, buffer in message_hub['log_scalars'].items():
        values, counts = buffer.data
        scalars[name] = {'values': values.tolist(), 'counts': counts.tolist()}
    return {**message_hub, 'log_scalars': scalars}


def lists_to_history(message_hub: dict[str, Any]) -> dict[str, Any]:
    """Undo :func:`history_to_lists`."""
    scalars = {
        name: HistoryBuffer(lists['values'], lists['counts'])
        for name, lists in message_hub['log_scalars'].items()
    }
    return {**message_hub, 'log_scalars': scalars}


def silence_known_warnings() -> None:
    """Hide the warnings that mmengine causes and that a user can do nothing about.

    ``broadcast_buffers``: torch 2.15 renamed the DDP argument, the new name still syncs
    at start. ``FileClient``: mmengine warns about its own internals. Needless with
    mmengine 0.11.
    """
    warnings.filterwarnings('ignore', '.*broadcast_buffers.*', FutureWarning)
    warnings.filterwarnings('ignore', '.*FileClient.*')
    warnings.filterwarnings('ignore', '.*HardDiskBackend.*')
