"""All randomness of an epoch is a function of seed, epoch and rank.

Nothing has to be stored to continue a run as if it had never stopped, and no epoch
repeats the augmentations of the one before (which mmengine's own seeding of loader
workers makes them do).
"""

from __future__ import annotations

import random

import numpy as np
import torch

from clef_mm import distributed


def seed_epoch(seed: int, epoch: int) -> None:
    """Seed python, numpy and torch for one epoch on this rank, and what ranks share."""
    sequence = np.random.SeedSequence([seed, epoch, distributed.rank()])
    number = int(sequence.generate_state(1)[0])
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002 - transforms of other packages use it
    torch.manual_seed(number)
    distributed.shared_random().seed(f'{seed}/{epoch}')


def seed_worker(worker_id: int) -> None:
    """Seed python and numpy of a loader worker.

    torch is already seeded, with a base seed that is drawn anew each epoch plus the
    worker's number; python and numpy follow it.
    """
    number = torch.initial_seed() % 2**32
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002 - transforms of other packages use it
