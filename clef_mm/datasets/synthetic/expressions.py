"""The eight expressions as data: which action units show them, and how strongly.

An expression has a core that is always there and variants of which a face shows one,
for people frown with closed and with open mouths. How strongly all of it shows differs
from face to face, and now and then an action unit joins in that means nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from clef_mm.datasets.synthetic.action_units import AU_NUMBERS

Intensities = dict[int, float]


@dataclass(frozen=True, slots=True)
class Expression:
    """What a face does to show an expression.

    Attributes:
        core: AU number to intensity in [0, 1] at full strength.
        variants: Each adds AUs to the core; a face shows one of them.
        valence: Unpleasant (-1) to pleasant (1) at full strength.
        arousal: Calm (-1) to excited (1) at full strength.
        one_sided: AUs that only one half of the face shows, or shows more of.
    """

    core: Mapping[int, float]
    variants: tuple[Mapping[int, float], ...]
    valence: float
    arousal: float
    one_sided: Mapping[int, float] = field(default_factory=dict)


EXPRESSIONS: Mapping[str, Expression] = {
    'neutral': Expression({}, ({},), valence=0.0, arousal=0.0),
    'happiness': Expression(
        {6: 0.75, 12: 0.95},
        ({}, {25: 0.7}, {25: 0.95}, {25: 0.8, 26: 0.4}, {7: 0.35, 25: 0.7}),
        valence=0.75,
        arousal=0.25,
    ),
    'sadness': Expression(
        {1: 0.95, 4: 0.55, 15: 0.95},
        ({}, {17: 0.7}, {17: 0.4, 24: 0.35}, {7: 0.3}, {25: 0.3}),
        valence=-0.65,
        arousal=-0.25,
    ),
    'surprise': Expression(
        {1: 0.95, 2: 0.95, 5: 0.8, 25: 0.6, 26: 0.95},
        ({}, {12: 0.2}),
        valence=0.15,
        arousal=0.75,
    ),
    'fear': Expression(
        {1: 0.9, 2: 0.5, 4: 0.7, 5: 0.95, 20: 0.95, 25: 0.6},
        ({}, {26: 0.3}, {25: 0.3}),
        valence=-0.45,
        arousal=0.8,
    ),
    'disgust': Expression(
        {9: 0.95, 10: 0.85},
        ({17: 0.5}, {4: 0.3, 7: 0.45}, {25: 0.5}, {15: 0.4, 17: 0.6}, {6: 0.4, 7: 0.3}),
        valence=-0.7,
        arousal=0.4,
    ),
    'anger': Expression(
        {4: 1.0, 7: 0.75},
        (
            {23: 0.7, 24: 0.8},
            {17: 0.6, 24: 0.95},
            {17: 0.4, 23: 0.95},
            {10: 0.5, 20: 0.3, 25: 0.9},
        ),
        valence=-0.65,
        arousal=0.65,
    ),
    'contempt': Expression(
        {14: 0.15},
        ({}, {4: 0.15}, {7: 0.3}, {24: 0.25}),
        valence=-0.55,
        arousal=0.35,
        one_sided={12: 0.8, 14: 1.0},
    ),
}
"""Every expression, in the order of the prompt bank."""

_STRENGTH = (0.7, 1.05)
_SPREAD = (0.85, 1.15)  # of one AU about the strength of the whole
_STRAY_SHARE = 0.15  # of all faces show an AU that means nothing
_STRAY_INTENSITY = (0.1, 0.3)
_MOOD_SPREAD = 0.12  # standard deviation of valence and arousal


@dataclass(frozen=True, slots=True)
class Showing:
    """What one face shows.

    Attributes:
        right: AU intensities of the right half of the image.
        left: Those of the left half; None if the face is symmetric.
        valence: Unpleasant (-1) to pleasant (1).
        arousal: Calm (-1) to excited (1).
    """

    right: Intensities
    left: Intensities | None
    valence: float
    arousal: float


def draw_showing(rng: np.random.Generator, mixture: Mapping[str, float]) -> Showing:
    """Draw how one face shows an expression, or a mixture of several.

    Args:
        rng: Source of all choices.
        mixture: Name of each expression and its weight in [0, 1]; {'fear': 1.0} is
            plain fear, {} is a face at rest.

    Raises:
        ValueError: An expression is unknown.
    """
    both, one_sided = dict.fromkeys(AU_NUMBERS, 0.0), dict.fromkeys(AU_NUMBERS, 0.0)
    mood = rng.normal(0, _MOOD_SPREAD, 2)
    for name, weight in mixture.items():
        if name not in EXPRESSIONS:
            raise ValueError(
                f'unknown expression {name!r}; choose from {", ".join(EXPRESSIONS)}'
            )
        shown = EXPRESSIONS[name]
        strength = weight * rng.uniform(*_STRENGTH)
        variant = shown.variants[rng.integers(len(shown.variants))]
        for intensities in (shown.core, variant):
            _add(both, intensities, strength, rng)
        _add(one_sided, shown.one_sided, strength, rng)
        mood += strength * np.array([shown.valence, shown.arousal])
    if rng.random() < _STRAY_SHARE:
        stray = int(rng.choice(AU_NUMBERS))
        both[stray] = max(both[stray], float(rng.uniform(*_STRAY_INTENSITY)))
    valence, arousal = np.clip(mood, -1, 1).tolist()
    if not any(one_sided.values()):
        return Showing(_capped(both), None, valence, arousal)
    halves = [both, {number: both[number] + one_sided[number] for number in both}]
    if rng.random() < 0.5:
        halves.reverse()
    return Showing(_capped(halves[0]), _capped(halves[1]), valence, arousal)


def _add(
    total: Intensities,
    intensities: Mapping[int, float],
    strength: float,
    rng: np.random.Generator,
) -> None:
    for number, intensity in intensities.items():
        total[number] += intensity * strength * float(rng.uniform(*_SPREAD))


def _capped(intensities: Intensities) -> Intensities:
    """Cap at 1 and leave out AUs at rest."""
    return {n: min(1.0, value) for n, value in intensities.items() if value > 0}
