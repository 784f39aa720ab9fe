"""Batches that know the seed of their place in the epoch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from torch.utils.data import BatchSampler, Sampler

from clef_mm.randomness import SeededIndex, batch_seeds
from clef_mm.registry import SAMPLERS


@SAMPLERS.register_module()
class SeededBatches(BatchSampler):
    """Cut a sampler's order into batches, from any batch of the epoch on.

    Batches before the first are not loaded: an epoch that was interrupted goes on where
    it stopped, at no cost. Every loader has one; the Runner sees to it.

    Args:
        sampler: Gives the indices of an epoch.
        batch_size: Images a batch.
        drop_last: Leave an incomplete last batch out.
        seed: Of the run.
    """

    def __init__(
        self,
        sampler: Sampler,
        batch_size: int,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(sampler, batch_size, drop_last)
        self.seed = seed
        self.epoch = 0
        self.first = 0

    def set_epoch(self, epoch: int, first: int = 0) -> None:
        """Choose the epoch, and with which of its batches to begin."""
        self.epoch = epoch
        self.first = first
        if hasattr(self.sampler, 'set_epoch'):
            self.sampler.set_epoch(epoch)

    def __iter__(self) -> Iterator[list[int]]:
        batches = islice(enumerate(super().__iter__()), self.first, None)
        for number, (index, *others) in batches:
            # A batch is loaded in one go: what its first image seeds serves them all.
            _, seed = batch_seeds(self.seed, self.epoch, number, 2)
            yield [SeededIndex(index, seed), *others]
