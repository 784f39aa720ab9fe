"""What samplers share: an order that depends on seed and epoch, dealt out to ranks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

import numpy as np
from mmengine.dist import sync_random_seed
from torch.utils.data import Sampler

from clef_mm import distributed
from clef_mm.datasets.face_dataset import FaceDataset


class EpochSampler(Sampler):
    """Indices drawn anew each epoch, the same on every rank, dealt out in blocks.

    Args:
        dataset: The dataset to draw from.
        seed: Equal on all ranks; agreed upon if None.
        block: Indices that stay together on one rank.
    """

    def __init__(self, dataset: FaceDataset, seed: int | None, block: int = 1) -> None:
        self.dataset = dataset
        self.seed = sync_random_seed() if seed is None else seed
        self.block = block
        self.epoch = 0

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return the epoch's indices for all ranks together, whole blocks only."""

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch; the next iteration draws for it."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        indices = self.draw(np.random.default_rng([self.seed, self.epoch]))
        blocks = indices.reshape(-1, self.block)[: self._blocks()]
        return iter(
            blocks[distributed.rank() :: distributed.world_size()].ravel().tolist()
        )

    def __len__(self) -> int:
        return self._blocks() // distributed.world_size() * self.block

    def _blocks(self) -> int:
        """Number of whole blocks, as many on each rank."""
        blocks = len(self.dataset) // self.block
        return blocks - blocks % distributed.world_size()
