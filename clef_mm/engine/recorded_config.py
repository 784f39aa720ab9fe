"""Whether a folder holds what a config asks for: the config that its run has left.

A config is a program, but what a run leaves of it is plain values. It is read as such
and never run: a folder may come from somebody else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
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
_NO_VALUES = (ValueError, TypeError, SyntaxError, RecursionError, MemoryError)


def recorded_config(folder: Path) -> dict[str, Any] | None:
    """Return the config that the newest run in a folder has left; None without any.

    Files in Python that hold more than plain values are none.
    """
    files = sorted(folder.glob('*.py'), key=lambda path: path.stat().st_mtime)
    for path in reversed(files):
        try:
            return read_values(path.read_bytes())
        except (*_NO_VALUES, OSError):
            continue
    return None


def read_values(text: str | bytes) -> dict[str, Any]:
    """Read what a dumped config assigns, without running it.

    Raises:
        ValueError, TypeError, SyntaxError, RecursionError, MemoryError: If it is
            anything but assignments of numbers, texts, lists and ``dict(...)``.
    """
    values = {}
    for line in ast.parse(text).body:
        match line:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                values[name] = _value(value)
            case _:
                raise ValueError(f'line {line.lineno} assigns no plain value')
    return values


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Call(func=ast.Name(id='dict'), args=positional, keywords=named):
            parts = [_value(part) for part in positional]
            return dict(*parts, **{str(n.arg): _value(n.value) for n in named})
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return dict(zip(map(_value, keys), map(_value, values), strict=True))
        case ast.List(elts=items):
            return [_value(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple(_value(item) for item in items)
        case _:
            return ast.literal_eval(node)


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
    here = _settings(read_values(config.pretty_text), sections)
    return [
        f'{key}: {there.get(key, "not set")} there, {here.get(key, "not set")} here'
        for key in sorted(there.keys() | here.keys())
        if there.get(key) != here.get(key)
    ]


def _settings(config: Mapping[str, Any], sections: Sequence[str]) -> dict[str, Any]:
    flat = {}
    for name in sections:
        flat.update(_flat(config.get(name), name))
    if sections is TRAINING:
        flat = {key: flat[key] for key in flat if not key.startswith(_OF_TESTS)}
    for key in _START:
        if isinstance(flat.get(key), str):  # by name alone: folders may be moved
            flat[key] = Path(flat[key]).name
    return {key: value for key, value in flat.items() if not key.endswith(_OF_SPEED)}


def _flat(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield key, value
        return
    for name, item in value.items():
        yield from _flat(item, f'{key}.{name}')
