"""Subject-exclusive splits: who is trained on, validated on and tested on.

Fold k tests part k of a preset (:mod:`clef_mm.datasets.fold_presets`), and the rest is
trained on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from clef_mm.datasets.fold_presets import SplitError, check_disjoint, find_preset

_SEXED_ID = re.compile(r'[FM]\d')


@dataclass(frozen=True)
class Fold:
    """Who is trained on, validated on and tested on.

    Raises:
        SplitError: If a subject is in two of the three.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]
    val: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_disjoint({'train': self.train, 'val': self.val, 'test': self.test})

    def subjects(self, split: str) -> tuple[str, ...]:
        """Return the subjects of ``'train'``, ``'val'`` or ``'test'``."""
        if split not in ('train', 'val', 'test'):
            raise SplitError(f"split must be 'train', 'val' or 'test', got {split!r}")
        return getattr(self, split)


def get_fold(
    dataset: str, fold: int, hold_out: int = 0, preset: str | None = None
) -> Fold:
    """Return a fold of published parts, or of parts of your own.

    Args:
        dataset: Name such as ``'BP4D'``, in any case.
        fold: 1-based; fold k tests part k.
        hold_out: Training subjects to set apart for validation, always the same ones,
            women and men in turn where the ids tell. The test subjects never change.
        preset: Name of a published preset, the dataset's default if None; or the path
            of a split file, which ends in ``.json``.

    Raises:
        SplitError: If the dataset has no such preset or fold, or too few subjects to
            hold out.
    """
    found = find_preset(dataset, preset)
    if not 1 <= fold <= found.num_folds:
        folds = f'folds 1 to {found.num_folds}' if found.num_folds > 1 else 'one fold'
        raise SplitError(
            f"{dataset} has {folds} in '{found.name}', there is no fold {fold}"
        )
    test = found.parts[fold - 1]
    train = [name for part in found.parts if part != test for name in part]
    if not 0 <= hold_out < len(train):
        raise SplitError(f'cannot hold out {hold_out} of {len(train)} subjects')
    val = _hold_out(train, hold_out)
    return Fold(tuple(name for name in train if name not in val), test, val)


def subject_parts(dataset: str, preset: str | None = None) -> list[list[str]]:
    """Return the disjoint parts of a dataset's subjects; see :func:`get_fold`."""
    return [list(part) for part in find_preset(dataset, preset).parts]


def sex_of(subject: str) -> str | None:
    """Return ``'F'`` or ``'M'`` for ids such as ``'F001'``, None where unknown.

    DISFA's ids (``'SN001'``) do not tell.
    """
    return subject[0] if _SEXED_ID.match(subject) else None


def _hold_out(train: list[str], count: int) -> tuple[str, ...]:
    shuffled = np.random.default_rng(0).permutation(sorted(train)).tolist()
    place = {'F': 0, 'M': 0, None: 0}
    turns = []
    for name in shuffled:
        sex = sex_of(name)
        turns.append((place[sex], name))
        place[sex] += 1
    return tuple(name for _, name in sorted(turns)[:count])
