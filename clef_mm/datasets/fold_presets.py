"""Published and generated ways to divide a dataset's subjects into parts.

The published ones lie in ``fold_presets.json``; a split file of your own, which
:mod:`clef_mm.datasets.fold_generator` writes, is named by its path. Repositories number
the same parts differently: ME-GraphAU tests part 3 in its first fold, AU-Net does so on
BP4D but not on DISFA. Here fold k always tests part k, and the names that others use
are kept beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from clef_mm.errors import UserError, nearest
from clef_mm.outside_files import parsing
from clef_mm.plain_shape import misfit

_PUBLISHED = Path(__file__).with_name('fold_presets.json')
_SPLIT_FILE = {
    'dataset': str,
    'parts': [[str]],
    'preset': (None, str),
    'source': (None, str),
    'num_folds': (None, int),
    'numbering': (None, {str: {str: int}}),
    'id': (None, str),
}


class SplitError(UserError, ValueError):
    """A split that does not exist, or one in which a subject stands twice."""


def check_disjoint(splits: dict[str, tuple[str, ...]]) -> None:
    """Raise SplitError, naming them, if subjects appear in more than one split."""
    names = list(splits)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            shared = sorted(set(splits[first]) & set(splits[second]))
            if shared:
                raise SplitError(
                    f'subjects {", ".join(shared)} are in both {first} and {second}: '
                    'the result would measure how well faces are remembered'
                )


@dataclass(frozen=True)
class FoldPreset:
    """Disjoint parts of a dataset's subjects, and where they come from.

    Attributes:
        dataset: Name as in the dataset's ``METAINFO``.
        name: ``'jaanet'``, ``'fera2015'``, ...; for a split file, the name in it.
        source: Who published the parts, or how they were made.
        parts: Subject ids; fold k tests ``parts[k - 1]``.
        num_folds: How many parts are tested, the first ones.
        numbering: For each repository that uses these parts, its own fold names and
            the fold here: ``{'ME-GraphAU': {'fold1': 3, 'fold2': 2, 'fold3': 1}}``.

    Raises:
        SplitError: If a subject stands twice.
    """

    dataset: str
    name: str
    source: str
    parts: tuple[tuple[str, ...], ...]
    num_folds: int
    numbering: dict[str, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, part in enumerate(self.parts, 1):
            twice = sorted({name for name in part if part.count(name) > 1})
            if twice:
                raise SplitError(
                    f'subjects {", ".join(twice)} stand twice in part {number}'
                )
        check_disjoint({f'part {n}': part for n, part in enumerate(self.parts, 1)})

    @property
    def subjects(self) -> tuple[str, ...]:
        """Everyone, sorted."""
        return tuple(sorted(name for part in self.parts for name in part))

    @property
    def id(self) -> str:
        """Eight hexadecimal digits that stand for dataset and parts, to be cited."""
        return parts_id(self.dataset, self.parts)


@dataclass(frozen=True)
class Numbering:
    """How a repository names the folds of a dataset.

    Attributes:
        repository: Its name.
        preset: The preset whose parts it uses.
        folds: Its name of each fold, and the fold here.
    """

    repository: str
    preset: str
    folds: dict[str, int]


def parts_id(dataset: str, parts: Iterable[Iterable[str]]) -> str:
    """Return eight hexadecimal digits of a hash of dataset and parts.

    The order of the parts counts, since fold k tests part k; the order of the subjects
    within a part and the case of the dataset's name do not.
    """
    content = json.dumps([_key(dataset), [sorted(part) for part in parts]])
    return hashlib.sha256(content.encode()).hexdigest()[:8]


def dataset_names() -> dict[str, str]:
    """Return the datasets that have published presets: their names by lower case."""
    return {
        key: next(iter(presets.values())).dataset
        for key, presets in _published().items()
    }


def preset_names(dataset: str) -> tuple[str, ...]:
    """Return the names of the published presets of a dataset, the default first.

    Raises:
        SplitError: If there are none for this dataset.
    """
    return tuple(_presets_of(dataset))


def find_preset(dataset: str, preset: str | None = None) -> FoldPreset:
    """Return the parts of a dataset.

    Args:
        dataset: Name such as ``'BP4D'``, in any case.
        preset: Name of a published preset, the dataset's default if None; or the path
            of a split file, which ends in ``.json``.

    Raises:
        SplitError: If there is no such dataset, preset or file, naming the nearest, or
            the file belongs to another dataset or was changed.
    """
    if preset is not None and preset.endswith('.json'):
        return _read_split_file(Path(preset), dataset)
    presets = _presets_of(dataset)
    if preset is None:
        return next(iter(presets.values()))
    if preset not in presets:
        raise SplitError(
            f"{dataset} has no split preset '{preset}', only {', '.join(presets)} or "
            f'the path of a split file, ending in .json{nearest(preset, presets)}'
        )
    return presets[preset]


def numberings(dataset: str) -> list[Numbering]:
    """Return how each known repository names the folds of a dataset.

    Raises:
        SplitError: If there are no presets for this dataset.
    """
    return [
        Numbering(repository, preset.name, folds)
        for preset in _presets_of(dataset).values()
        for repository, folds in preset.numbering.items()
    ]


def folds_of_repository(dataset: str, repository: str) -> Numbering:
    """Return how one repository, such as ``'ME-GraphAU'``, names a dataset's folds.

    Raises:
        SplitError: If it is not known for this dataset, naming those that are.
    """
    known = {entry.repository.lower(): entry for entry in numberings(dataset)}
    if repository.lower() not in known:
        names = [entry.repository for entry in known.values()]
        raise SplitError(
            f"it is not known how '{repository}' numbers the folds of {dataset}, only "
            f'how {", ".join(names)} do{nearest(repository, names)}'
        )
    return known[repository.lower()]


def _key(dataset: str) -> str:
    return dataset.lower().replace('+', 'plus').replace('_', '')


def _presets_of(dataset: str) -> dict[str, FoldPreset]:
    every = _published()
    key = _key(dataset)
    if key not in every:
        raise SplitError(
            f"no folds for '{dataset}', only for {', '.join(every)}; a split file of "
            f'your own is given as preset{nearest(key, every)}'
        )
    return every[key]


@cache
def _published() -> dict[str, dict[str, FoldPreset]]:
    datasets = json.loads(_PUBLISHED.read_text(encoding='utf-8'))
    return {
        _key(dataset): {
            name: _preset(dataset, name, entry) for name, entry in presets.items()
        }
        for dataset, presets in datasets.items()
    }


def _preset(dataset: str, name: str, entry: dict[str, Any]) -> FoldPreset:
    parts = tuple(tuple(part) for part in entry['parts'])
    return FoldPreset(
        dataset,
        name,
        entry.get('source', 'not stated'),
        parts,
        entry.get('num_folds', len(parts)),
        entry.get('numbering', {}),
    )


def _read_split_file(path: Path, dataset: str) -> FoldPreset:
    if not path.is_file():
        raise SplitError(f'there is no split file {path}')
    with parsing(path, 'split file', SplitError):
        content = json.loads(path.read_text(encoding='utf-8'))
    entry = _checked(content, path)
    if _key(entry['dataset']) != _key(dataset):
        raise SplitError(
            f'{path} divides the subjects of {entry["dataset"]}, not of {dataset}'
        )
    try:
        preset = _preset(entry['dataset'], entry.get('preset', path.stem), entry)
    except SplitError as error:
        raise SplitError(f'{path}: {error}') from None
    if entry.get('id', preset.id) != preset.id:
        raise SplitError(
            f'{path} says that its id is {entry["id"]}, but its parts have the id '
            f'{preset.id}: they were changed. Generate it anew, or take the id out'
        )
    return preset


def _checked(entry: Any, path: Path) -> dict[str, Any]:
    """Return what a split file says; what is null it does not say."""
    if wrong := misfit(entry, _SPLIT_FILE, 'split'):
        raise SplitError(f'{path} is no split file: {wrong}')
    entry = {key: value for key, value in entry.items() if value is not None}
    parts = entry['parts']
    if len(parts) < 2 or not all(parts):
        raise SplitError(
            f"{path}: 'parts' must be two or more lists of subject ids, none empty"
        )
    num_folds = entry.get('num_folds', len(parts))
    if not 1 <= num_folds <= len(parts):
        raise SplitError(
            f"{path}: 'num_folds' must be 1 to {len(parts)}, got {num_folds!r}"
        )
    return entry
