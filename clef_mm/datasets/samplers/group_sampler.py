"""Groups of images that each have a fixed share of the epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from clef_mm.datasets.face_records import FaceRecords
from clef_mm.datasets.samplers.epoch_sampler import EpochSampler, SamplerError


class GroupSampler(EpochSampler):
    """Draw from groups of images, a fixed share of the epoch from each.

    A group is a shuffled deck: its images are dealt without replacement; when they are
    used up, all are shuffled anew. The groups are spread evenly over the epoch, so any
    part of it, a batch or a rank's share, has nearly the shares of the whole. Where
    shares do not divide the length, chance decides by epoch which groups have one image
    more. Memory: four bytes for each image of each group.

    Args:
        dataset: The dataset to draw from.
        groups: By name: indices into the dataset. Groups may overlap.
        shares: Share of the epoch for each group, positive, in the order of the groups;
            equal if None. Normalised to sum 1.
        length: Images an epoch; as many as the dataset has if None.
        seed: Equal on all ranks; agreed upon if None.

    Raises:
        SamplerError: If a group is empty, or an epoch has fewer images than groups.
    """

    def __init__(
        self,
        dataset: FaceRecords,
        groups: Mapping[str, np.ndarray],
        shares: Sequence[float] | None = None,
        length: int | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(dataset, seed, length=length)
        empty = [name for name, images in groups.items() if not len(images)]
        if empty:
            raise SamplerError(
                f'{type(self).__name__}: no image of {dataset.data_root} '
                f'({dataset.metainfo["split"]}) shows {", ".join(empty)}: there is '
                'nothing to draw'
            )
        if self.length < len(groups):
            raise SamplerError(
                f'{type(self).__name__}: an epoch of {self.length} images is too short '
                f'for {len(groups)} groups; set length to at least {len(groups)}'
            )
        self.groups = {
            name: np.asarray(images, np.int32) for name, images in groups.items()
        }
        shares = np.ones(len(groups)) if shares is None else np.asarray(shares)
        self.shares = shares / shares.sum()

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return ``length`` indices, the groups evenly mixed."""
        counts = _apportion(self.length * self.shares, rng)
        images = [
            _deal(deck, count, rng)
            for deck, count in zip(self.groups.values(), counts, strict=True)
        ]
        # The k-th of c images comes at a random time of the k-th of c equal intervals.
        times = [(np.arange(count) + rng.random(count)) / count for count in counts]
        return np.concatenate(images)[np.concatenate(times).argsort()]


def _apportion(quotas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Round quotas up or down at random: the sum is kept, each is right on average."""
    order = rng.permutation(len(quotas))
    edges = np.floor(np.cumsum(quotas[order]) + rng.random())
    edges[-1] = round(quotas.sum())  # a rounding error may not cost an image
    counts = np.empty(len(quotas), np.intp)
    counts[order] = np.diff(edges, prepend=0)
    return counts


def _deal(deck: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Deal ``count`` cards; a deck that is used up is shuffled anew."""
    rounds = -(-count // len(deck))
    decks = np.broadcast_to(deck, (rounds, len(deck)))
    return rng.permuted(decks, axis=1).reshape(-1)[:count]
