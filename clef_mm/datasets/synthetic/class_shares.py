"""How many images of each class a small stand-in has: the official shares, rounded."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clef_mm.datasets.synthetic.setting_checks import SyntheticSettingError

LEAST = 2
"""Images of even the rarest class."""


def allot(setting: str, total: int, official: Mapping[str, int]) -> dict[str, int]:
    """Divide images among classes in proportion to the official counts.

    Every class gets `LEAST` images; what is left goes to the classes whose share is
    larger, in proportion to what they lack of it.

    Args:
        setting: Name of the argument that `total` is, for the message.
        total: Number of images.
        official: Official number of images of each class.

    Returns:
        Number of images of each class; they add up to `total`.

    Raises:
        SyntheticSettingError: There are fewer than `LEAST` images a class.
    """
    if total < LEAST * len(official):
        raise SyntheticSettingError(
            f'{setting}: {total} images are too few for {len(official)} classes with '
            f'{LEAST} each; ask for {LEAST * len(official)} or more'
        )
    wanted = np.array(list(official.values())) * total / sum(official.values())
    free = total - LEAST * len(official)
    surplus = np.maximum(wanted - LEAST, 0)
    exact = free * surplus / max(surplus.sum(), 1e-9)
    counts = np.floor(exact).astype(int)
    # The rest goes to the largest remainders; a stable sort settles ties.
    order = np.argsort(counts - exact, kind='stable')
    counts[order[: free - counts.sum()]] += 1
    return dict(zip(official, (counts + LEAST).tolist(), strict=True))


def deal(rng: np.random.Generator, counts: Mapping[str, int]) -> list[str]:
    """Return as many of each class as `counts` says, in random order."""
    names = [name for name, count in counts.items() for _ in range(count)]
    return [names[index] for index in rng.permutation(len(names)).tolist()]
