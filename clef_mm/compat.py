"""Every patch that mmengine 0.10.7 needs on today's torch, each with its reason.

A patch is needless with the version named beside it and can then be deleted.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
from mmengine.logging import HistoryBuffer


def plain_message_hub(state: dict[str, Any]) -> dict[str, Any]:
    """Turn the log of a checkpoint into lists and numbers, which load without code.

    Since torch 2.6 ``torch.load`` refuses classes and numpy scalars unless they are
    allowed by name, and mmengine pickles both. Storing numbers as numbers needs no
    allowance at all, so a checkpoint never has to be trusted. Needless when mmengine
    stores plain lists itself.

    Args:
        state: ``MessageHub.state_dict()``.

    Returns:
        The same with each HistoryBuffer as ``{'values': [...], 'counts': [...]}``.
    """
    scalars = {}
    for name, buffer in state['log_scalars'].items():
        values, counts = buffer.data
        scalars[name] = {'values': values.tolist(), 'counts': counts.tolist()}
    info = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in state['runtime_info'].items()
    }
    return {**state, 'log_scalars': scalars, 'runtime_info': info}


def restored_message_hub(state: dict[str, Any]) -> dict[str, Any]:
    """Undo :func:`plain_message_hub`."""
    scalars = {
        name: HistoryBuffer(lists['values'], lists['counts'])
        for name, lists in state['log_scalars'].items()
    }
    return {**state, 'log_scalars': scalars}


def silence_known_warnings(logger: logging.Logger) -> None:
    """Hide what mmengine warns of and a user can do nothing about.

    ``broadcast_buffers``: torch 2.15 renamed the DDP argument, the new name still syncs
    at start. ``FileClient``: mmengine warns of its own internals. Needless with
    mmengine 0.11.
    """
    warnings.filterwarnings('ignore', '.*broadcast_buffers.*', FutureWarning)
    logger.addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    text = record.getMessage()
    return not ('"FileClient" will be' in text or '"HardDiskBackend" is' in text)
