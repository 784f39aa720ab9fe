"""Every patch that mmengine 0.10.7 needs on today's torch and setuptools, and why.

A patch is needless with the version named beside it and can then be deleted.
"""

from __future__ import annotations

import importlib.util
import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import config as mmengine_config
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


def find_base_configs() -> None:
    """Let a config read one of a package: ``from clef_mm.configs.demo.x import *``.

    mmengine looks the package up with ``pkg_resources``, which setuptools no longer has
    since version 82. Needless when mmengine asks importlib.
    """
    mmengine_config.get_installed_path = _folder_of_configs


def _folder_of_configs(package: str) -> str:
    """Return the folder that has the ``configs`` of a package.

    A wheel has them in the package, a checkout beside it.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module named '{package}'")
    home = Path(spec.origin).parent
    beside = not (home / 'configs').is_dir() and (home.parent / 'configs').is_dir()
    return str(home.parent if beside else home)


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
