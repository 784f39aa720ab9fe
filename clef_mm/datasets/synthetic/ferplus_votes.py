"""How ten people vote on a face: mostly alike, sometimes not at all.

Most faces are clear. The others show two expressions, and the votes go to both, to
'unknown' or anywhere, so that each way of making one label out of ten votes keeps and
labels other images.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clef_mm.datasets.synthetic.ferplus_layout import FERPLUS_COLUMNS

N_VOTES = 10
NOT_A_FACE = (0,) * (len(FERPLUS_COLUMNS) - 1) + (N_VOTES,)
"""The votes on an image that shows no face."""

# What is taken for what, where faces are doubtful.
_CONFUSED = {
    'neutral': ('sadness', 'anger', 'happiness'),
    'happiness': ('neutral', 'surprise'),
    'surprise': ('fear', 'happiness'),
    'sadness': ('neutral', 'anger', 'fear'),
    'anger': ('neutral', 'disgust', 'sadness'),
    'disgust': ('anger', 'sadness'),
    'fear': ('surprise', 'sadness'),
    'contempt': ('neutral', 'anger'),
}
_DOUBTFUL_SHARE = 0.3  # of all faces show two expressions
_SECOND_WEIGHT = (0.22, 0.52)  # of the lesser expression, mostly
_CLEAR = (0.88, 0.98)  # probability that a vote goes to what a clear face shows
_SEEN = (0.55, 0.95)  # probability that a vote goes to either of two expressions
_ELSEWHERE = {'unknown': 0.35, 'NF': 0.05}  # the rest goes to the expressions


def draw_doubt(
    rng: np.random.Generator, expression: str, *, clear: bool
) -> dict[str, float]:
    """Draw the mixture that a face shows, see `draw_photo`.

    Args:
        rng: Source of all choices.
        expression: What it shows most.
        clear: Whether it must show nothing else.

    Returns:
        Weights that add up to 1.
    """
    if clear or rng.random() >= _DOUBTFUL_SHARE:
        return {expression: 1.0}
    weight = float(rng.uniform(*_SECOND_WEIGHT))
    return {expression: 1 - weight, str(rng.choice(_CONFUSED[expression])): weight}


def draw_votes(
    rng: np.random.Generator, mixture: Mapping[str, float]
) -> tuple[int, ...]:
    """Let ten people vote on a face that shows a mixture.

    Returns:
        Votes for each of `FERPLUS_COLUMNS`, ten in all.
    """
    seen = float(rng.uniform(*(_CLEAR if len(mixture) == 1 else _SEEN)))
    chances = np.full(
        len(FERPLUS_COLUMNS),
        (1 - sum(_ELSEWHERE.values())) / (len(FERPLUS_COLUMNS) - 2),
    )
    for name, share in _ELSEWHERE.items():
        chances[FERPLUS_COLUMNS.index(name)] = share
    chances *= 1 - seen
    for name, weight in mixture.items():
        chances[FERPLUS_COLUMNS.index(name)] += seen * weight
    return tuple(rng.multinomial(N_VOTES, chances / chances.sum()).tolist())


def vote_again(rng: np.random.Generator, votes: tuple[int, ...]) -> tuple[int, ...]:
    """Move two votes to 'unknown' and another column, as a second poll might."""
    changed = list(votes)
    for target in (FERPLUS_COLUMNS.index('unknown'), int(rng.integers(8))):
        changed[int(np.argmax(changed))] -= 1
        changed[target] += 1
    return tuple(changed)
