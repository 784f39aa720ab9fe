"""The expressions of posed and wild photographs: which AUs make a face show one.

A sequence of `behaviour` comes and goes and mixes emotions; a photograph of a dataset
of expressions was chosen because it shows one clearly. So every expression has AUs that
all its faces show, and others that some show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Recipe:
    """How faces show an expression.

    Attributes:
        always: AU number to its intensity (0, 1] in a strong expression.
        sometimes: The same for AUs that join in with probability `JOIN_CHANCE`.
        valence: Mean displeasure (-1) .. pleasure (1).
        arousal: Mean calm (-1) .. excitement (1).
        one_sided: Whether one half of the face shows most of it.
    """

    always: Mapping[int, float]
    sometimes: Mapping[int, float]
    valence: float
    arousal: float
    one_sided: bool = False


RECIPES: Mapping[str, Recipe] = {
    'neutral': Recipe({}, {}, 0.0, 0.0),
    'happiness': Recipe({6: 0.9, 12: 1.0}, {25: 0.9, 26: 0.5}, 0.7, 0.25),
    'sadness': Recipe({1: 1.0, 4: 0.6, 15: 1.0}, {17: 0.7}, -0.65, -0.2),
    'surprise': Recipe(
        {1: 1.0, 2: 1.0, 5: 0.9, 25: 0.5, 26: 0.95}, {25: 0.9}, 0.15, 0.7
    ),
    'fear': Recipe(
        {1: 0.95, 2: 0.5, 4: 0.75, 5: 1.0, 20: 1.0, 25: 0.7},
        {26: 0.4},
        *(-0.6, 0.75),
    ),
    'disgust': Recipe({9: 1.0, 10: 1.0, 4: 0.35}, {17: 0.6, 7: 0.5}, -0.65, 0.4),
    'anger': Recipe({4: 1.0, 7: 0.8, 23: 0.8}, {24: 0.9, 17: 0.5}, -0.5, 0.6),
    'contempt': Recipe({12: 0.55, 14: 1.0}, {}, -0.5, 0.35, one_sided=True),
}
"""Name of an expression to how it looks, in the order of the prompt bank."""

JOIN_CHANCE = 0.6
"""Probability of an AU that only some faces of an expression show."""

_STRENGTH = (0.75, 1.0)  # of a whole face, relative to the recipe
_JITTER = (0.85, 1.0)  # of each AU in it
_TRACE = 0.12  # greatest intensity of an AU that has nothing to do with it
_N_TRACES = 3
_WEAK_SIDE = 0.15  # of the intensity, where an expression is one-sided
_MOOD_SPREAD = 0.1  # standard deviation of valence and arousal


@dataclass(frozen=True, slots=True)
class FacialAction:
    """What a face does at one moment.

    Attributes:
        intensities: AU number to intensity in [0, 1], of the right half of the image.
        left: The same of the left half; None if the face is symmetric.
        valence: Displeasure (-1) .. pleasure (1).
        arousal: Calm (-1) .. excitement (1).
    """

    intensities: Mapping[int, float]
    left: Mapping[int, float] | None
    valence: float
    arousal: float


def draw_action(rng: np.random.Generator, expression: str) -> FacialAction:
    """Draw a face that shows an expression, stronger or weaker, with other traces.

    Args:
        rng: Source of every choice.
        expression: A name of `RECIPES`.
    """
    recipe = RECIPES[expression]
    strength = rng.uniform(*_STRENGTH)
    intensities = _draw_traces(rng)
    for number, intensity in _draw_units(rng, recipe).items():
        intensities[number] = intensity * strength * rng.uniform(*_JITTER)
    left, right = None, intensities
    if recipe.one_sided:
        weak = {number: _WEAK_SIDE * value for number, value in intensities.items()}
        left, right = (intensities, weak) if rng.random() < 0.5 else (weak, intensities)
    mood = rng.normal((recipe.valence, recipe.arousal), _MOOD_SPREAD)
    valence, arousal = np.clip(mood, -1, 1).tolist()
    return FacialAction(right, left, valence, arousal)


def draw_unclear_action(rng: np.random.Generator) -> FacialAction:
    """Draw a face between two expressions, both weak, that people would not agree on."""
    names = rng.choice([name for name in RECIPES if name != 'neutral'], 2, False)
    actions = [draw_action(rng, name) for name in names.tolist()]
    intensities: dict[int, float] = {}
    for action in actions:
        for number, intensity in action.intensities.items():
            intensities[number] = max(intensities.get(number, 0.0), 0.45 * intensity)
    return FacialAction(
        intensities,
        None,
        valence=sum(action.valence for action in actions) / 4,
        arousal=sum(action.arousal for action in actions) / 4,
    )


def _draw_traces(rng: np.random.Generator) -> dict[int, float]:
    """Faint AUs, as no face is ever quite at rest."""
    numbers = rng.choice((1, 2, 4, 7, 12, 15, 17), _N_TRACES, replace=False)
    return {int(number): float(rng.uniform(0, _TRACE)) for number in numbers}


def _draw_units(rng: np.random.Generator, recipe: Recipe) -> dict[int, float]:
    """AUs of this face and their intensities in a strong expression."""
    units = dict(recipe.always)
    for number, intensity in recipe.sometimes.items():
        if rng.random() < JOIN_CHANCE:
            units[number] = intensity
    return units
