"""What samplers share: an order that depends on seed and epoch, dealt out to ranks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from numbers import Integral
from typing import ClassVar

import numpy as np
from mmengine.dist import sync_random_seed
from torch.utils.data import Sampler

from clef_mm import distributed
from clef_mm.datasets.face_records import FaceRecords
from clef_mm.errors import UserError


class SamplerError(UserError, ValueError):
    """The dataset cannot be drawn from as the config asks."""


class EpochSampler(Sampler):
    """Indices drawn anew each epoch, the same on every rank, dealt out in blocks.

    A sampler of your own implements :meth:`draw` and, for :meth:`describe`,
    :meth:`rule`.

    Args:
        dataset: The dataset to draw from.
        seed: Equal on all ranks; agreed upon if None.
        block: Indices that stay together on one rank.
        length: Images an epoch, all ranks together; as many as the dataset has if None.
            What does not fill a block on each rank is left out.

    Raises:
        SamplerError: If an epoch would be empty.
    """

    balances_labels: ClassVar[bool] = False
    """Whether labels are drawn more evenly than the data has them."""

    def __init__(
        self,
        dataset: FaceRecords,
        seed: int | None,
        block: int = 1,
        length: int | None = None,
    ) -> None:
        self.dataset = dataset
        self.seed = sync_random_seed() if seed is None else seed
        self.block = block
        self.length = len(dataset) if length is None else length
        self.epoch = 0
        if not isinstance(self.length, Integral):
            raise SamplerError(f'length must be a whole number, got {length!r}')
        if self._blocks() < 1:
            source = 'the dataset' if length is None else 'length'
            raise SamplerError(
                f'{type(self).__name__}: an epoch would be empty. {source} gives '
                f'{self.length} images; at least {block * distributed.world_size()} '
                f'are needed (block={block} on each of {distributed.world_size()} '
                'processes). Use more images, a smaller block or fewer processes.'
            )

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return the epoch's indices for all ranks together, ``length`` or more.

        Only the first ``length`` are used, and of these whole blocks.
        """

    def rule(self) -> str:
        """Return how images are chosen, in words: ``'class-balanced, 8 classes'``."""
        return type(self).__name__

    def describe(self) -> str:
        """Return one line for the protocol of a result.

        It states :meth:`rule` and the images of an epoch, all ranks together:
        ``'class-balanced, 8 classes, 30,000 images an epoch'``.
        """
        return f'{self.rule()}, {self._blocks() * self.block:,} images an epoch'

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch; the next iteration draws for it."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        indices = self.draw(np.random.default_rng([self.seed, self.epoch]))
        count = self._blocks()
        blocks = indices[: count * self.block].reshape(count, self.block)
        return iter(
            blocks[distributed.rank() :: distributed.world_size()].ravel().tolist()
        )

    def __len__(self) -> int:
        return self._blocks() // distributed.world_size() * self.block

    def _blocks(self) -> int:
        """Number of whole blocks, as many on each rank."""
        blocks = self.length // self.block
        return blocks - blocks % distributed.world_size()
