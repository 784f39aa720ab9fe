"""Divide subjects into parts that resemble each other, and write them to a file.

BP4D+ has no official parts, and a result on it depends on the parts that were drawn.
Balanced parts leave less to that draw, and a file with an id lets others test on the
same people.

**What is balanced.** Sexes exactly: the numbers of women, of men, of subjects whose sex
the id does not tell, and of all subjects differ between parts by one at most. AU rates
and frames as well as a search finds, by the cost

    mean over parts p and AUs c of ((a_pc - r_c k_pc) / A_c)^2
    + mean over parts p of (n_p / N - 1)^2

with a_pc the frames of part p that show AU c, k_pc those in which it was coded, r_c its
rate over everyone, A_c the positives and N the frames that an average part has, and n_p
the frames of part p. The first term is the mean squared relative error of the AU rates,
each AU counting alike however rare; 0.01 stands for a typical error of 10 %. An AU that
nobody shows is left out.

**How.** The cost is a sum of squares of sums over subjects, so the change by a swap of
two subjects is known at once. From a random order each subject goes to the part with a
free seat where the cost becomes least; then the best swap between subjects of one sex
is made, again and again, until none helps. The best of 100 such starts is kept.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clef_mm.datasets.fold_presets import FoldPreset, SplitError
from clef_mm.datasets.folds import sex_of
from clef_mm.datasets.subject_counts import SubjectCounts

METHOD = 'greedy start and best swaps, sexes equal'
METHOD_VERSION = 1
"""To be raised whenever the same counts and seed would give other parts."""

_STARTS = 100
_LEAST_GAIN = 1e-12


@dataclass(frozen=True)
class GeneratedFolds:
    """Parts and what they were made from.

    Attributes:
        preset: The parts, as :func:`~clef_mm.datasets.fold_presets.find_preset`
            returns them for the file.
        counts: What was balanced.
        seed: Of the random orders.
        cost: Of the parts; 0 if all are alike.
        synthetic: Whether the counts come from rendered images.
    """

    preset: FoldPreset
    counts: SubjectCounts
    seed: int
    cost: float
    synthetic: bool

    def content(self) -> dict[str, Any]:
        """Return what the split file holds: the same for the same counts and seed."""
        return {
            'dataset': self.preset.dataset,
            'preset': self.preset.name,
            'id': self.preset.id,
            'source': self.preset.source,
            'method': METHOD,
            'method_version': METHOD_VERSION,
            'seed': self.seed,
            'synthetic': self.synthetic,
            'cost': float(f'{self.cost:.6g}'),
            'parts': [list(part) for part in self.preset.parts],
            'statistics': [
                part_statistics(self.counts.take(part)) for part in self.preset.parts
            ],
        }

    def write(self, path: str | Path) -> None:
        """Write the split file.

        Raises:
            SplitError: If there is such a file, or the name does not end in ``.json``.
        """
        path = Path(path)
        if path.suffix != '.json':
            raise SplitError(f'a split file ends in .json, got {path}')
        if path.exists():
            raise SplitError(
                f'{path} exists; results may cite it, so it is not overwritten'
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_one_part_a_line(self.content()), encoding='utf-8')


def generate_folds(
    dataset: str,
    counts: SubjectCounts,
    num_parts: int,
    seed: int = 0,
    synthetic: bool = False,
) -> GeneratedFolds:
    """Divide subjects into balanced parts; the order they are given in has no effect.

    Args:
        dataset: Name as in the dataset's ``METAINFO``.
        counts: Frames and AUs of each subject.
        num_parts: How many parts, 2 or more.
        seed: 0 or more. Other seeds give other parts of about the same cost.
        synthetic: Whether the counts come from rendered images; the file says so.

    Raises:
        SplitError: If there are fewer subjects than parts, or no two parts are wanted.
    """
    if not 2 <= num_parts <= len(counts.subjects):
        raise SplitError(
            f'cannot divide {len(counts.subjects)} subjects into {num_parts} parts'
        )
    if seed < 0:
        raise SplitError(f'seed must be 0 or more, got {seed}')
    counts = counts.take(sorted(counts.subjects))
    sexes = [sex_of(name) for name in counts.subjects]
    seats = _seats(Counter(sexes), num_parts)
    shares = _shares(counts, num_parts)
    rng = np.random.default_rng(seed)
    best, least = None, np.inf
    for _ in range(_STARTS):
        part_of = _start(shares, sexes, seats, rng.permutation(len(sexes)))
        part_of = _swapped(shares, sexes, part_of, num_parts)
        cost = _cost(shares, part_of, num_parts)
        if cost < least - _LEAST_GAIN:
            best, least = part_of, cost
    names = np.array(counts.subjects)
    preset = FoldPreset(
        dataset,
        name=f'balanced-{num_parts}fold-seed{seed}',
        source=_source(counts, seed, synthetic),
        parts=tuple(tuple(names[best == part].tolist()) for part in range(num_parts)),
        num_folds=num_parts,
    )
    return GeneratedFolds(preset, counts, seed, least, synthetic)


def imbalance(counts: SubjectCounts, parts: Sequence[Sequence[str]]) -> float:
    """Return the cost, as defined above, of dividing these subjects into these parts.

    Raises:
        SplitError: If the parts are not the subjects of ``counts``, each once.
    """
    part_of = {name: p for p, part in enumerate(parts) for name in part}
    if sorted(name for part in parts for name in part) != sorted(counts.subjects):
        raise SplitError('the parts are not the subjects that were counted, each once')
    indices = np.array([part_of[name] for name in counts.subjects])
    return _cost(_shares(counts, len(parts)), indices, len(parts))


def part_statistics(counts: SubjectCounts) -> dict[str, Any]:
    """Return subjects, women, men, frames and AU rates of a part, for the file."""
    sexes = Counter(map(sex_of, counts.subjects))
    return {
        'subjects': len(counts.subjects),
        'women': sexes['F'],
        'men': sexes['M'],
        'sex_unknown': sexes[None],
        'frames': int(counts.frames.sum()),
        'au_rates': {
            name: None if np.isnan(rate) else round(float(rate), 6)
            for name, rate in zip(counts.au_names, counts.rates(), strict=True)
        },
    }


def _one_part_a_line(content: dict[str, Any]) -> str:
    """Return JSON in which each part, and its statistics, take one line."""
    fields = []
    for key, value in content.items():
        if isinstance(value, list):
            rows = ',\n    '.join(map(json.dumps, value))
            text = f'[\n    {rows}\n  ]'
        else:
            text = json.dumps(value)
        fields.append(f'  {json.dumps(key)}: {text}')
    return '{\n' + ',\n'.join(fields) + '\n}\n'


def _source(counts: SubjectCounts, seed: int, synthetic: bool) -> str:
    labels = 'the labels of a SYNTHETIC stand-in' if synthetic else 'the labels'
    return (
        f'clef_mm fold generator version {METHOD_VERSION}, seed {seed}, balanced on '
        f'{labels} of {len(counts.subjects)} subjects, {counts.frames.sum()} frames'
    )


def _seats(sexes: Counter, num_parts: int) -> dict[str | None, np.ndarray]:
    """Return how many subjects (P,) of each sex a part takes.

    Dealt out in one round after another, sex after sex, so that neither the seats of a
    sex nor those of all differ by more than one.
    """
    seats, dealt = {}, 0
    for sex in ('F', 'M', None):
        turns = (dealt + np.arange(sexes[sex])) % num_parts
        seats[sex] = np.bincount(turns, minlength=num_parts)
        dealt += sexes[sex]
    return seats


def _shares(counts: SubjectCounts, num_parts: int) -> np.ndarray:
    """Return (S, D): what each subject adds to the vector of its part.

    A column for each AU that somebody shows and a last one for frames, scaled so that
    the cost is the mean over parts of |vector - target|^2; see :func:`_target`.
    """
    shown = counts.positives.sum(axis=0) > 0
    positives, known = counts.positives[:, shown], counts.known[:, shown]
    totals = positives.sum(axis=0)
    excess = positives - known * (totals / known.sum(axis=0))
    excess = excess / (totals / num_parts) / np.sqrt(max(shown.sum(), 1))
    frames = counts.frames / (counts.frames.sum() / num_parts)
    return np.column_stack([excess, frames])


def _target(shares: np.ndarray) -> np.ndarray:
    """Return the vector (D,) of a perfect part: no excess, its share of the frames."""
    target = np.zeros(shares.shape[1])
    target[-1] = 1
    return target


def _errors(shares: np.ndarray, part_of: np.ndarray, num_parts: int) -> np.ndarray:
    """Return (P, D): how far the vector of each part is from the target."""
    errors = np.tile(-_target(shares), (num_parts, 1))
    np.add.at(errors, part_of, shares)
    return errors


def _cost(shares: np.ndarray, part_of: np.ndarray, num_parts: int) -> float:
    errors = _errors(shares, part_of, num_parts)
    return float((errors**2).sum() / num_parts)


def _start(
    shares: np.ndarray,
    sexes: Sequence[str | None],
    seats: dict[str | None, np.ndarray],
    order: np.ndarray,
) -> np.ndarray:
    """Seat subjects in this order, each where it costs least; return the parts (S,)."""
    free = {sex: taken.copy() for sex, taken in seats.items()}
    num_parts = len(free[None])
    errors = np.tile(-_target(shares), (num_parts, 1))
    part_of = np.zeros(len(shares), dtype=np.int64)
    for index in order:
        # |e + v|^2 - |e|^2 = 2 e.v + |v|^2, and |v|^2 is the same for every part.
        rise = np.where(free[sexes[index]] > 0, errors @ shares[index], np.inf)
        part = int(np.argmin(rise))
        part_of[index] = part
        errors[part] += shares[index]
        free[sexes[index]][part] -= 1
    return part_of


def _swapped(
    shares: np.ndarray,
    sexes: Sequence[str | None],
    part_of: np.ndarray,
    num_parts: int,
) -> np.ndarray:
    """Make the best swap of two subjects of one sex until none lowers the cost."""
    part_of = part_of.copy()
    codes = np.array([('F', 'M', None).index(sex) for sex in sexes])
    other_sex = codes[:, None] != codes
    products = shares @ shares.T
    squares = np.diag(products)
    distances = squares[:, None] + squares - 2 * products
    while True:
        errors = _errors(shares, part_of, num_parts)
        # Swapping i of part p with j of part q moves e_p by d = v_j - v_i and e_q by
        # -d: the squares change by 2 (e_p - e_q).d + 2 |d|^2.
        along = (errors @ shares.T)[part_of]
        own = np.diag(along)
        change = 2 * (along + along.T - own[:, None] - own) + 2 * distances
        change[other_sex | (part_of[:, None] == part_of)] = np.inf
        first, second = np.unravel_index(np.argmin(change), change.shape)
        if change[first, second] >= -_LEAST_GAIN:
            return part_of
        part_of[[first, second]] = part_of[[second, first]]
