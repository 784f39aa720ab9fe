"""Whether a folder holds what a config asks for: the config that its run has left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

TRAINING = (
    *('model', 'train_dataloader', 'train_cfg', 'optim_wrapper', 'param_scheduler'),
    *('custom_hooks', 'randomness', 'val_dataloader', 'load_from', 'auto_scale_lr'),
)
"""The sections that decide the weights which a training ends with."""

TESTING = ('model', 'test_dataloader', 'test_evaluator')
"""The sections that decide the scores of a test."""

_OF_TESTS = 'model.test_'
"""What begins so decides a test and not a training."""
_START = ('model.weights', 'model.text_weights', 'load_from')
_OF_SPEED = '.num_workers'


def recorded_config(folder: Path) -> Config | None:
    """Return the config that the newest run in a folder has left; None without any."""
    recorded = sorted(folder.glob('*.py'), key=lambda path: path.stat().st_mtime)
    return Config.fromfile(recorded[-1]) if recorded else None


def differences(folder: Path, config: Config, sections: Sequence[str]) -> list[str]:
    """Say in which settings the run that a folder holds differs from a config.

    Args:
        folder: Work directory; mmengine leaves the config of a run there.
        config: What is asked for.
        sections: ``TRAINING`` or ``TESTING``.

    Returns:
        One line per setting, ``'train_cfg.max_epochs: 5 there, 2 here'``.
    """
    recorded = recorded_config(folder)
    if recorded is None:
        return ['there is no config beside the checkpoint']
    there = _settings(recorded, sections)
    here = _settings(Config.fromstring(config.pretty_text, '.py'), sections)
    return [
        f'{key}: {there.get(key, "not set")} there, {here.get(key, "not set")} here'
        for key in sorted(there.keys() | here.keys())
        if there.get(key) != here.get(key)
    ]


def _settings(config: Config, sections: Sequence[str]) -> dict[str, Any]:
    flat = {}
    for name in sections:
        flat.update(_flat(config.get(name), name))
    if sections is TRAINING:
        flat = {key: flat[key] for key in flat if not key.startswith(_OF_TESTS)}
    for key in _START:
        if flat.get(key):  # by name alone: folders may be moved
            flat[key] = Path(flat[key]).name
    return {key: value for key, value in flat.items() if not key.endswith(_OF_SPEED)}


def _flat(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield key, value
        return
    for name, item in value.items():
        yield from _flat(item, f'{key}.{name}')
