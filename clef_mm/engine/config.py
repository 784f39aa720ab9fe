"""Read configs, refusing keys that nothing would read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.registry import DATASETS

from clef_mm.errors import UserError, nearest

# What a config may set. The value lists the keys of sections that mmengine would read
# without complaining about others; None leaves that to the class that is built.
_KEYS: dict[str, set[str] | None] = {
    'auto_scale_lr': {'enable', 'base_batch_size'},
    'compile': None,
    'custom_hooks': None,
    'custom_imports': {'imports', 'allow_failed_imports'},
    'default_hooks': {
        'runtime_info',
        'timer',
        'sampler_seed',
        'logger',
        'param_scheduler',
        'checkpoint',
        'visualization',
    },
    'default_scope': None,
    'env_cfg': {'cudnn_benchmark', 'mp_cfg', 'dist_cfg', 'resource_limit'},
    'experiment_name': None,
    'find_unused_parameters': None,
    'how_to_get': None,
    'launcher': None,
    'load_from': None,
    'log_level': None,
    'log_processor': None,
    'model': None,
    'model_wrapper_cfg': None,
    'optim_wrapper': None,
    'param_scheduler': None,
    'randomness': {'seed', 'deterministic', 'diff_rank_seed'},
    'resume': None,
    'sync_bn': None,
    'test_cfg': None,
    'test_dataloader': None,
    'test_evaluator': None,
    'train_cfg': None,
    'train_dataloader': None,
    'val_cfg': None,
    'val_dataloader': None,
    'val_evaluator': None,
    'vis_backends': None,
    'visualizer': None,
    'work_dir': None,
}
_SYNTHETIC_RUN = '_synthetic'
_LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


class ConfigError(UserError, ValueError):
    """A config says something that nothing would read, or that contradicts itself."""


class NotPreparedError(UserError, FileNotFoundError):
    """Data or weights that a config needs are not there yet; says how to get them."""


def load_config(path: str | Path, options: dict[str, Any] | None = None) -> Config:
    """Read a config file, apply command-line options and check the keys.

    Names that start with an underscore are the file's own constants. A module of yours
    may lie beside the file and be imported in it.

    Args:
        path: Python config file.
        options: ``{'optim_wrapper.optimizer.lr': 1e-4}``.

    Raises:
        ConfigError: If the file is missing or has an unknown key, naming the nearest.
    """
    if not Path(path).is_file():
        raise ConfigError(f'there is no config file {path}')
    folder = str(Path(path).resolve().parent)
    if folder not in sys.path:  # as Python does for a script: parts lie beside a config
        sys.path.insert(0, folder)
    config = Config.fromfile(path)
    if options:
        config.merge_from_dict(options)
    # What a config file imports stays in it as entries, until it is dumped.
    imported = getattr(config, '_imported_names', set())
    for name in [name for name in config if name.startswith('_') or name in imported]:
        config.pop(name)
    check_config(config)
    return config


def check_config(config: Config) -> None:
    """Check the keys of a config.

    Raises:
        ConfigError: Names the key and the nearest known one.
    """
    for name, value in config.items():
        _check_key(name, _KEYS, 'a config')
        sections = _KEYS[name]
        if sections is not None and isinstance(value, dict):
            for key in value:
                _check_key(key, sections, name)


def set_data_root(config: Config, root: str) -> None:
    """Point every dataset of a config at ``root``."""
    for _, dataset in _datasets(config):
        dataset['data_root'] = root


def use_synthetic(config: Config) -> None:
    """Turn a config to the synthetic stand-ins of its datasets.

    Data comes from ``data/synthetic/``, output goes to ``<work_dir>_synthetic``.
    Weights are those that such a run of the stage before has left, or random ones: no
    downloaded file is needed.
    """
    for kind, dataset in _datasets(config):
        dataset['data_root'] = kind.synthetic_root()
    config.work_dir += _SYNTHETIC_RUN
    config.load_from = None
    if config.model.get('weights'):
        left = config.model.weights + _SYNTHETIC_RUN
        config.model.weights = left if _has_weights(left) else None


def check_prepared(config: Config) -> None:
    """Check that the data and weights of a config exist, before anything is built.

    Raises:
        NotPreparedError: Lists every missing step, with the command or the file's name
            and place (``how_to_get`` of the config, and the dataset's own layout).
    """
    steps = {}
    weights = config.model.get('weights')
    resumes = (
        config.get('resume') and Path(config.work_dir, 'last_checkpoint').is_file()
    )
    if weights and not resumes and not _has_weights(weights):
        hint = config.get('how_to_get', {}).get(weights, 'Set model.weights to a file.')
        steps[weights] = f'{weights} is missing. {hint}'
    for kind, dataset in _datasets(config):
        root = dataset['data_root']
        if not Path(root).is_dir():
            steps[root] = f'{root}/ is missing. Expected\n{kind.expected_layout(root)}'
    if steps:
        listed = '\n'.join(f'{n}. {text}' for n, text in enumerate(steps.values(), 1))
        raise NotPreparedError(f'not everything is prepared yet:\n{listed}')


def _has_weights(path: str) -> bool:
    return Path(path).is_file() or Path(path, 'last_checkpoint').is_file()


def _datasets(config: Config) -> Iterator[tuple[Any, dict[str, Any]]]:
    for name in _LOADERS:
        if config.get(name):
            dataset = config[name]['dataset']
            kind = dataset['type']
            with DATASETS.switch_scope_and_registry('clef_mm') as registry:
                yield (registry.get(kind) if isinstance(kind, str) else kind), dataset


def _check_key(key: str, known: Any, where: str) -> None:
    if key not in known:
        raise ConfigError(
            f"{where} has no key '{key}'{nearest(key, known)} "
            f'Known: {", ".join(sorted(known))}'
        )
