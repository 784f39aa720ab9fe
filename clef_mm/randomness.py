"""All randomness is a function of seed, epoch, batch and rank.

Whatever is random in the images of a batch is drawn after :func:`seed_images`, whatever
is random in its training step after :func:`seed_batch`. Nothing has to be stored to
continue a run in the middle of an epoch as if it had never stopped, no epoch repeats
another, and the number of loader workers changes no number.
"""

from __future__ import annotations

import random

import numpy as np
import torch

from clef_mm import distributed


class SeededIndex(int):
    """The first index of a batch, with the seed of the batch's images.

    Attributes:
        seed: In [0, 2**32).
    """

    seed: int

    def __new__(cls, index: int, seed: int) -> SeededIndex:
        """Return ``index``, which remembers ``seed``."""
        made = super().__new__(cls, index)
        made.seed = seed
        return made

    def __getnewargs__(self) -> tuple[int, int]:
        return int(self), self.seed  # how loader workers receive it


def batch_seeds(seed: int, epoch: int, batch: int, count: int) -> list[int]:
    """Return ``count`` seeds in [0, 2**32) for one batch on this rank.

    The first is that of the training step, the second that of the images.
    """
    place = np.random.SeedSequence([seed, epoch, batch, distributed.rank()])
    return place.generate_state(count).tolist()


def seed_batch(seed: int, epoch: int, batch: int) -> None:
    """Seed python, numpy and torch for one training step, and what ranks share."""
    number = batch_seeds(seed, epoch, batch, 1)[0]
    _seed_host(number)
    # Not torch.manual_seed: it goes through all kinds of devices, used or not, which
    # takes a hundred times as long.
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed(number)
    distributed.shared_random().seed(f'{seed}/{epoch}/{batch}')


def seed_images(index: int) -> None:
    """Seed what transforms draw from; an index without a seed changes nothing."""
    if isinstance(index, SeededIndex):
        _seed_host(index.seed)


def _seed_host(number: int) -> None:
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002 - transforms of other packages use it
    torch.default_generator.manual_seed(number)
