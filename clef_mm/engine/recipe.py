"""Recipes: which configs, one after the other, in which folds, make a row of a table.

A recipe is a file of a few lines::

    name = 'CLEF'
    table = 'table2'
    stages = ['../clef/clef_pretrain_vitb16_bp4d.py', '../clef/clef_vitb16_bp4d.py']
    folds = [1, 2, 3]
    seeds = [0]
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product
from pathlib import Path
from typing import Any

from mmengine.config import Config

from clef_mm.engine.config import load_config, read_python
from clef_mm.errors import UserError, nearest
from clef_mm.plain_shape import misfit
from clef_mm.registry import DATASETS

_NEEDED = ('name', 'stages', 'folds')
_SHAPE = {
    'name': str,
    'stages': [str],
    'folds': [int],
    'seeds': (None, [int]),
    'table': (None, str),
}


class RecipeError(UserError, ValueError):
    """A recipe cannot be followed, or its result would not be a cross-validation."""


@dataclass(frozen=True)
class Recipe:
    """A row of a table, as it is made.

    Attributes:
        path: The file.
        name: The row: ``'CLEF'``.
        stages: Configs; each starts from the weights that the one before has left, and
            the last is tested.
        folds: Folds of the last stage's dataset, all of them; empty where it has an
            official test part instead.
        seeds: Each is a whole repetition, pre-training included.
        table: Where the row stands: ``'table2'``; None if nowhere.
    """

    path: Path
    name: str
    stages: tuple[Path, ...]
    folds: tuple[int, ...]
    seeds: tuple[int, ...]
    table: str | None


def read_recipe(path: str | Path) -> Recipe:
    """Read a recipe; its configs are named relative to its own folder.

    Raises:
        RecipeError: If there is no such file, a key is missing, unknown or no list
            where it must be one, a stage does not exist, or a fold or seed stands
            twice.
        ConfigError: If it is no Python.
    """
    path = Path(path)
    if not path.is_file():
        raise RecipeError(f'there is no recipe {path}')
    content = read_python(path).to_dict()
    for key in content:
        if key not in _SHAPE:
            raise RecipeError(f"{path}: no recipe has '{key}'{nearest(key, _SHAPE)}")
    missing = [key for key in _NEEDED if key not in content]
    if missing:
        raise RecipeError(f'{path} does not say {", ".join(missing)}')
    if wrong := misfit(content, _SHAPE, 'recipe'):
        raise RecipeError(f'{path}: {wrong}')
    if content.get('seeds') == []:
        raise RecipeError(f'{path}: seeds is empty: leave it out for seed 0')
    stages = tuple(path.parent / name for name in content['stages'])
    for stage in stages:
        if not stage.is_file():
            raise RecipeError(f'{path}: there is no stage {os.path.normpath(stage)}')
    if not stages:
        raise RecipeError(f'{path} has no stages')
    return Recipe(
        path,
        content['name'],
        tuple(Path(os.path.normpath(stage)) for stage in stages),
        _distinct(path, 'folds', content['folds']),
        _distinct(path, 'seeds', content.get('seeds') or [0]),
        content.get('table'),
    )


def load_stage(
    path: Path, fold: int | None, options: dict[str, Any] | None = None
) -> Config:
    """Load a stage for a fold; one that knows no folds is the same for all of them."""
    config = load_config(path, options)
    if fold is None or config.get('fold') is None:
        return config
    return load_config(path, {**(options or {}), 'fold': fold})


def check_recipe(recipe: Recipe) -> None:
    """Check that the recipe is a cross-validation, without reading any data.

    Raises:
        RecipeError: If a fold is missing or does not exist, a stage does not start from
            the one before, two folds test the same people, or a stage trains on people
            that its fold tests.
    """
    tested: dict[int | None, set[str]] = {}
    for fold in recipe.folds or (None,):
        configs = [load_stage(path, fold) for path in recipe.stages]
        for before, after in pairwise(configs):
            _check_start(recipe, before, after)
        test = _dataset(configs[-1], 'test_dataloader')
        if test is None:
            raise RecipeError(f'{recipe.path}: nothing tests {recipe.stages[-1]}')
        if not tested:
            _check_folds(recipe, test.metainfo)
        # Who a whole dataset is of stands on the disk; and there is nothing to overlap.
        tested[fold] = test.people() if recipe.folds else set()
        for config in configs:
            _check_unseen(recipe, fold, config, test)
    for one, other in combinations(tested, 2):
        if shared := tested[one] & tested[other]:
            raise RecipeError(
                f'{recipe.path}: folds {one} and {other} overlap: both test '
                f'{_some(shared)}'
            )


def _distinct(path: Path, key: str, numbers: Sequence[int]) -> tuple[int, ...]:
    twice = sorted({n for n in numbers if list(numbers).count(n) > 1})
    if twice:
        raise RecipeError(f'{path}: {key} has {", ".join(map(str, twice))} twice')
    return tuple(numbers)


def _check_start(recipe: Recipe, before: Config, after: Config) -> None:
    weights = after.model.get('weights')
    if weights is None or Path(weights) != Path(before.work_dir):
        raise RecipeError(
            f'{recipe.path}: {after.filename} starts from {weights}, not from '
            f'{before.work_dir}, which the stage before leaves: set model.weights'
        )


def _check_folds(recipe: Recipe, meta: dict[str, Any]) -> None:
    count = meta['num_folds'] or 0
    if sorted(recipe.folds) != list(range(1, count + 1)):
        raise RecipeError(
            f'{recipe.path}: {meta["dataset"]} has '
            + (f'folds 1 to {count}' if count else 'an official test part, no folds')
            + f', the recipe has {list(recipe.folds) or "none"}. A mean of other folds '
            'is another number; to run some of them, name all here and choose with '
            '--folds.'
        )


def _check_unseen(recipe: Recipe, fold: int | None, config: Config, test: Any) -> None:
    train = _dataset(config, 'train_dataloader')
    for one, other in product(train.parts, test.parts):
        if shared := _shared_people(one, other):
            raise RecipeError(
                f'{recipe.path}: {config.filename} trains on people that fold {fold} '
                f'tests: {_some(shared)}'
            )


def _shared_people(one: Any, other: Any) -> set[str]:
    """Return who is in both of two datasets, without reading the disk."""
    if one.people_of != other.people_of:
        return set()
    known = [part.people() for part in (one, other) if part.metainfo['split'] != 'all']
    return set.intersection(*known) if known else {f'everybody of {one.people_of}'}


def _dataset(config: Config, loader: str) -> Any:
    """Return a dataset of a config without reading the disk, or None."""
    if config.get(loader) is None:
        return None
    return DATASETS.build({**config[loader]['dataset'], 'lazy_init': True})


def _some(people: set[str]) -> str:
    return ', '.join(sorted(people)[:5]) + (', ...' if len(people) > 5 else '')
