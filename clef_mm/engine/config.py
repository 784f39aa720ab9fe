"""Read configs, refusing keys that nothing would read."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.config.utils import ConfigParsingError
from mmengine.registry import DATASETS
from mmengine.utils import import_modules_from_strings

from clef_mm import compat
from clef_mm.errors import UserError, nearest
from clef_mm.models.base import RANDOM
from clef_mm.models.encoders.open_clip_tags import is_tag

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
    'fold': None,
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
_PARTS = ('model', 'optim_wrapper', *_LOADERS)
_WEIGHTS = ('weights', 'text_weights')
_FOLD_OF_NAME = re.compile(r'_fold\d+$')


class ConfigError(UserError, ValueError):
    """A config says something that nothing would read, or that contradicts itself."""


class NotPreparedError(UserError, FileNotFoundError):
    """Data or weights that a config needs are not there yet; says how to get them."""


def load_config(path: str | Path, options: dict[str, Any] | None = None) -> Config:
    """Read a config file, apply command-line options and check the keys.

    Names that start with an underscore are the file's own constants. A module of yours
    may lie beside the file and be imported in it.

    ``fold = 2`` at the top of a config is written into every dataset that has folds,
    and stands for ``{fold}`` in the paths of the config. Output goes to
    ``work_dirs/<name of the file>_fold2``, unless the config says where.

    Args:
        path: Python config file.
        options: ``{'optim_wrapper.optimizer.lr': 1e-4, 'fold': 2}``.

    Raises:
        ConfigError: If the file is missing or no Python, has an unknown key (the
            nearest is named), or speaks of two folds.
    """
    if not Path(path).is_file():
        raise ConfigError(f'there is no config file {path}')
    folder = str(Path(path).resolve().parent)
    if folder not in sys.path:  # as Python does for a script: parts lie beside a config
        sys.path.insert(0, folder)
    config = read_python(path)
    if options:
        _override(config, options)
    # What a config file imports stays in it as entries, until it is dumped.
    imported = getattr(config, '_imported_names', set())
    for name in [name for name in config if name.startswith('_') or name in imported]:
        config.pop(name)
    check_config(config)
    _import_parts(config)
    if 'work_dir' not in config:
        config.work_dir = _work_dir_of(Path(path).stem, config.get('fold'))
    _fill_in_fold(config)
    return config


def read_python(path: str | Path) -> Config:
    """Read the entries of a file in Python, whatever they are.

    Raises:
        ConfigError: If it is no ``.py``, its syntax is wrong, a file that it reads is
            not there, or running it fails.
    """
    if Path(path).suffix != '.py':
        # mmengine would take YAML too, and run what that asks for.
        raise ConfigError(f'{path} is no Python file, ending in .py')
    compat.find_base_configs()
    try:
        return Config.fromfile(path)
    except SyntaxError as error:  # does not say whose line it is
        raise ConfigError(
            f'{path}, or a file that it reads, line {error.lineno}: {error.msg}'
        ) from error
    except ConfigParsingError as error:
        raise ConfigError(f'{path}: {error}') from error
    except UserError:
        raise
    except Exception as error:  # it is a program: its lines raise what they please
        steps = traceback.extract_tb(error.__traceback__)
        own = [step.lineno for step in steps if step.filename.endswith(str(path))]
        place = f'{path} line {own[-1]}' if own else f'{path}, or a file that it reads'
        raise ConfigError(f'{place}: {type(error).__name__}: {error}') from error


def check_config(config: Config) -> None:
    """Check the keys of a config.

    Raises:
        ConfigError: Names the key and the nearest known one, or a section that is none.
    """
    for name, value in config.items():
        _check_key(name, _KEYS, 'a config')
        sections = _KEYS[name]
        if value is None or (sections is None and name not in _PARTS):
            continue
        if not isinstance(value, dict):
            raise ConfigError(f'{name} is a dict(...), got {value!r}')
        for key in value if sections is not None else ():
            _check_key(key, sections, name)


def set_data_root(config: Config, roots: str | Sequence[str]) -> None:
    """Point the datasets of a config at their folders, in every split.

    Args:
        config: A config, changed in place.
        roots: One folder, where the config reads one dataset; else a folder for each,
            ``['bp4d=DIR', 'disfa=DIR']``. Datasets without one stay where they are.

    Raises:
        ConfigError: If it is not clear whose a folder is.
    """
    kinds = dict.fromkeys(kind for kind, _ in _datasets(config))
    pointed: dict[Any, str] = {}
    for root in [roots] if isinstance(roots, str) else roots:
        name, _, folder = root.partition('=')
        if not folder or not name.isidentifier():  # a folder may have a = in its name
            owners, folder = list(kinds), root
        else:
            owners = [kind for kind in kinds if name.lower() in _names_of(kind)]
        if len(owners) != 1 or owners[0] in pointed:
            names = [_names_of(kind)[0] for kind in kinds]
            raise ConfigError(
                f'--data-root {root}: the config reads {", ".join(names)}. Say once '
                f'whose folder it is: {" ".join(f"{name}=DIR" for name in names)}'
            )
        pointed[owners[0]] = folder
    for kind, dataset in _datasets(config):
        if kind in pointed:
            dataset['data_root'] = pointed[kind]


def datasets_read(config: Config) -> dict[str, Any]:
    """Return the classes of the datasets on disk, by what a command line calls them."""
    return {_names_of(kind)[0]: kind for kind, _ in _datasets(config)}


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
    if config.model.get('text_weights'):
        config.model.text_weights = RANDOM


def check_prepared(config: Config) -> None:
    """Check that the data and weights of a config exist, before anything is built.

    Raises:
        NotPreparedError: Lists every missing step, with the command or the file's name
            and place: the config that leaves the weights, or ``how_to_get`` of this
            one, and the dataset's own layout.
    """
    steps = {}
    resumes = (
        config.get('resume') and Path(config.work_dir, 'last_checkpoint').is_file()
    )
    # Without weights for the image tower none are read at all.
    if config.model.get('weights') and not resumes:
        for path in map(config.model.get, _WEIGHTS):
            if path in (None, RANDOM) or is_tag(path):  # looked for on the way
                continue
            if not _has_weights(path):
                steps[path] = f'{path} is missing. {_how_to_get(path, config)}'
    for kind, dataset in _datasets(config):
        root = dataset['data_root']
        if not Path(root).is_dir():
            steps[root] = f'{root}/ is missing. Expected\n{kind.expected_layout(root)}'
    if steps:
        listed = '\n'.join(f'{n}. {text}' for n, text in enumerate(steps.values(), 1))
        raise NotPreparedError(f'not everything is prepared yet:\n{listed}')


def _override(config: Config, options: dict[str, Any]) -> None:
    for key, value in options.items():
        try:
            config.merge_from_dict({key: value})
        except (KeyError, TypeError) as error:  # a place in a list that it lacks
            raise ConfigError(f'{key}={value}: {error.args[0]}') from error


def _import_parts(config: Config) -> None:
    """Import what ``custom_imports`` names; mmengine does so in old-style configs."""
    wanted = config.get('custom_imports')
    if not wanted:
        return
    try:
        import_modules_from_strings(**wanted)
    except (ImportError, TypeError) as error:
        raise ConfigError(f'custom_imports: {error.__cause__ or error}') from error


def _work_dir_of(name: str, fold: int | None) -> str:
    """Return where a config of this name leaves its output."""
    if fold is None:
        return f'work_dirs/{name}'
    return f'work_dirs/{_FOLD_OF_NAME.sub("", name)}_fold{fold}'


def _fill_in_fold(config: Config) -> None:
    fold = config.get('fold')
    places = [(config, 'work_dir'), (config, 'load_from')]
    places += [(config.get('model', {}), key) for key in _WEIGHTS]
    for section, key in places:
        path = section.get(key)
        if path and '{fold}' in path:
            if fold is None:
                raise ConfigError(f"'{path}' needs a fold: set fold=1 in the config")
            section[key] = path.replace('{fold}', str(fold))
    if fold is None:
        return
    for kind, dataset in _datasets(config):
        if kind.OFFICIAL_PARTS is not None or not dataset.get('split'):
            continue  # a dataset without folds, or all people of one with folds
        if dataset.get('fold', fold) != fold:
            raise ConfigError(
                f'fold={fold}, but a dataset of the config has fold={dataset["fold"]}: '
                'set only the one at the top'
            )
        dataset['fold'] = fold


def _how_to_get(weights: str, config: Config) -> str:
    """Say where a file comes from: from another config, or from elsewhere."""
    hint = config.get('how_to_get', {}).get(weights)
    return hint or _stage_before(weights, config) or 'Set model.weights to a file.'


def _stage_before(weights: str, config: Config) -> str:
    """Return the command that fills the work dir ``weights``, if a config does so."""
    folders = Path(config.filename).resolve().parents
    tree = next((folder for folder in folders if folder.name == 'configs'), folders[0])
    name = Path(weights).name
    row, _, fold = name.rpartition('_fold')
    for stem, option in ((name, ''), (row, f' --cfg-options fold={fold}')):
        for path in tree.rglob(f'{stem}.py'):
            command = f'python tools/train.py {path.relative_to(tree.parent)}{option}'
            return f'Run the stage before first: {command}'
    return ''


def _has_weights(path: str) -> bool:
    return Path(path).is_file() or Path(path, 'last_checkpoint').is_file()


def _datasets(config: Config) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield class and settings of each dataset on disk; a joined one has several."""
    for name in _LOADERS:
        if config.get(name):
            dataset = config[name]['dataset']
            for part in dataset.get('datasets', [dataset]):
                kind = part['type']
                with DATASETS.switch_scope_and_registry('clef_mm') as registry:
                    yield (registry.get(kind) if isinstance(kind, str) else kind), part


def _names_of(kind: type) -> tuple[str, str]:
    """Return what a command line calls a dataset: its module, or its class."""
    names = kind.__module__.rpartition('.')[2], kind.__name__.lower()
    return names if kind.__module__.startswith('clef_mm.') else names[::-1]


def _check_key(key: str, known: Any, where: str) -> None:
    if key not in known:
        raise ConfigError(
            f"{where} has no key '{key}'{nearest(key, known)} "
            f'Known: {", ".join(sorted(known))}'
        )
