"""Subject-exclusive splits.

Repositories number the same three parts of BP4D differently (JAA-Net, FG-Net and FMAE
test part 1 in their first fold, ME-GraphAU and AU-Net in their third). Here fold k
tests part k, and the rest is trained on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from clef_mm.errors import UserError, nearest

_PARTS_FILE = Path(__file__).with_name('subject_parts.json')


class SplitError(UserError, ValueError):
    """A split that does not exist, or one in which a subject stands twice."""


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


def get_fold(dataset: str, fold: int, hold_out: int = 0) -> Fold:
    """Return a published fold.

    Args:
        dataset: Name such as ``'bp4d'``, in any case.
        fold: 1-based; fold k tests part k.
        hold_out: Training subjects to set apart for validation, always the same ones,
            women and men in turn. The test subjects never change.

    Raises:
        SplitError: If the dataset has no such fold or too few subjects to hold out.
    """
    parts = subject_parts(dataset)
    if not 1 <= fold <= len(parts):
        raise SplitError(
            f'{dataset} has folds 1 to {len(parts)}, there is no fold {fold}'
        )
    test = tuple(parts[fold - 1])
    train = [name for part in parts if tuple(part) != test for name in part]
    if not 0 <= hold_out < len(train):
        raise SplitError(f'cannot hold out {hold_out} of {len(train)} subjects')
    val = _hold_out(train, hold_out)
    return Fold(tuple(name for name in train if name not in val), test, val)


def subject_parts(dataset: str) -> list[list[str]]:
    """Return the disjoint parts that a dataset's subjects are published in."""
    every = _all_parts()
    key = dataset.lower()
    if key not in every:
        raise SplitError(f"no folds for '{dataset}'{nearest(key, every)}")
    return every[key]


@cache
def _all_parts() -> dict[str, list[list[str]]]:
    return json.loads(_PARTS_FILE.read_text(encoding='utf-8'))


def _hold_out(train: list[str], count: int) -> tuple[str, ...]:
    shuffled = np.random.default_rng(0).permutation(sorted(train)).tolist()
    place = {'F': 0, 'M': 0}
    turns = []
    for name in shuffled:
        sex = name[0] if name[0] in place else 'F'
        turns.append((place[sex], name))
        place[sex] += 1
    return tuple(name for _, name in sorted(turns)[:count])
