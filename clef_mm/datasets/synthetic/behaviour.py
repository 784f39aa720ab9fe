"""How faces behave: which action units occur under which emotion, and when.

A sequence is a chain of episodes with neutral pauses between them. Most episodes
show the emotion that the task aims at, the others any of eight emotions, so no
frame's task can be read from a single AU. In an episode each AU takes part with the
probability of `EMOTIONS`; besides, every AU occurs now and then on its own. Each
subject has an expressiveness and habits of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from clef_mm.datasets.synthetic.action_units import AU_NUMBERS

OCCURRENCE_THRESHOLD = 0.25
"""Intensity from which an AU counts as present (about level B of FACS)."""

_LEVEL_BOUNDS = (0.05, OCCURRENCE_THRESHOLD, 0.45, 0.65, 0.85)  # of levels 1 .. 5

EMOTIONS: Mapping[str, Mapping[int, float]] = {
    'happiness': {
        **{6: 0.80, 12: 0.92, 25: 0.55, 7: 0.35, 10: 0.40, 26: 0.20, 14: 0.30},
        **{1: 0.12, 2: 0.12, 17: 0.12, 23: 0.08, 24: 0.08, 5: 0.05},
    },
    'sadness': {
        **{1: 0.75, 4: 0.60, 15: 0.75, 17: 0.60, 24: 0.35, 14: 0.22, 7: 0.25},
        **{23: 0.15, 6: 0.15, 10: 0.12, 20: 0.10, 25: 0.10},
    },
    'surprise': {
        **{1: 0.85, 2: 0.88, 5: 0.60, 26: 0.55, 25: 0.55, 12: 0.35, 6: 0.25},
        **{4: 0.10, 7: 0.10, 10: 0.15, 14: 0.12, 20: 0.15},
    },
    'embarrassment': {
        **{12: 0.65, 14: 0.60, 24: 0.55, 23: 0.40, 17: 0.35, 6: 0.45, 10: 0.25},
        **{15: 0.30, 1: 0.22, 2: 0.22, 7: 0.25, 25: 0.15},
    },
    'fear': {
        **{1: 0.70, 2: 0.60, 4: 0.60, 5: 0.55, 20: 0.60, 25: 0.45, 7: 0.30},
        **{24: 0.25, 15: 0.18, 10: 0.20, 12: 0.20, 26: 0.25, 23: 0.15},
    },
    'pain': {
        **{4: 0.80, 6: 0.65, 7: 0.85, 10: 0.65, 9: 0.40, 25: 0.40, 17: 0.25},
        **{12: 0.25, 23: 0.28, 20: 0.20, 24: 0.32, 14: 0.20, 15: 0.10},
    },
    'anger': {
        **{4: 0.80, 7: 0.65, 23: 0.72, 24: 0.70, 17: 0.50, 10: 0.35, 5: 0.25},
        **{14: 0.35, 15: 0.25, 2: 0.15, 9: 0.15, 25: 0.12, 6: 0.10},
    },
    'disgust': {
        **{10: 0.85, 9: 0.60, 4: 0.45, 7: 0.55, 17: 0.55, 15: 0.45, 6: 0.40},
        **{25: 0.30, 12: 0.25, 14: 0.22, 23: 0.15, 24: 0.20, 1: 0.08},
    },
    'skepticism': {
        **{2: 0.65, 14: 0.60, 4: 0.45, 17: 0.50, 24: 0.40, 7: 0.35, 1: 0.35},
        **{15: 0.30, 12: 0.25, 23: 0.22, 10: 0.15, 25: 0.12, 6: 0.12},
    },
}
"""Probability that an AU takes part in an episode of an emotion."""

_EXCLUSIVE = ({24, 25}, {24, 26}, {23, 26}, {5, 7})
"""Pairs that a face cannot show at the same time."""

# What a task may bring up without aiming at it. An emotion that one dataset alone
# aims at is left out, or it would change what is drawn for all the others.
_STRAY_EMOTIONS = (
    'happiness',
    'sadness',
    'surprise',
    'embarrassment',
    'fear',
    'pain',
    'anger',
    'disgust',
)
_TARGET_SHARE = 0.9  # of all episodes
_EPISODE_SECONDS = (2.2, 5.0)
_PAUSE_SECONDS = (0.2, 0.8)
_ONSET_SECONDS, _OFFSET_SECONDS = (0.2, 0.5), (0.3, 0.7)
_LONE_EVENTS_PER_SECOND = 0.012
_LONE_SECONDS = (1.2, 3.0)
_JITTER_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Habits:
    """How a subject tends to behave.

    Attributes:
        expressiveness: Around 1; scales how often and how strongly AUs occur.
        preference: Factor on the probability of each AU, `AU_NUMBERS` order.
    """

    expressiveness: float
    preference: tuple[float, ...]

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Habits:
        """Draw the habits of a subject."""
        preference = rng.uniform(0.7, 1.3, size=len(AU_NUMBERS))
        return cls(float(rng.uniform(0.8, 1.2)), tuple(preference.tolist()))


@dataclass(frozen=True, slots=True)
class Event:
    """One occurrence of one AU; times in seconds, `apex` is the intensity reached."""

    number: int
    start: float
    stop: float
    onset: float
    offset: float
    apex: float

    def intensity(self, seconds: np.ndarray) -> np.ndarray:
        """Intensity at the given times: rise, plateau, fall; 0 outside the event."""
        rise = np.clip((seconds - self.start) / self.onset, 0, 1)
        fall = np.clip((self.stop - seconds) / self.offset, 0, 1)
        return self.apex * _smooth_step(rise) * _smooth_step(fall)


def simulate_intensities(
    rng: np.random.Generator,
    habits: Habits,
    emotion: str,
    n_frames: int,
    seconds_per_frame: float,
) -> np.ndarray:
    """Simulate the AU intensities of a sequence.

    Args:
        rng: Source of all choices.
        habits: Of the subject.
        emotion: Target emotion, a key of `EMOTIONS`.
        n_frames: Number of frames.
        seconds_per_frame: Time from one frame to the next.

    Returns:
        Intensities in [0, 1], shape (n_frames, number of AUs), `AU_NUMBERS` order.

    Raises:
        ValueError: The emotion is unknown.
    """
    if emotion not in EMOTIONS:
        raise ValueError(
            f'unknown emotion {emotion!r}; choose from {", ".join(EMOTIONS)}'
        )
    seconds = np.arange(n_frames) * seconds_per_frame
    length = n_frames * seconds_per_frame
    events = _compatible(
        _episodes(rng, habits, emotion, length) + _lone_events(rng, habits, length)
    )
    intensities = np.zeros((n_frames, len(AU_NUMBERS)))
    for event in events:
        column = intensities[:, AU_NUMBERS.index(event.number)]
        np.maximum(column, event.intensity(seconds), out=column)
    return intensities


def intensity_levels(intensities: np.ndarray) -> np.ndarray:
    """Turn intensities into the ordinal scale of FACS, as human coders give it.

    0 (absent) lies below 0.05, 1 (A, a trace) from there to `OCCURRENCE_THRESHOLD`,
    then 2 (B), 3 (C) from 0.45, 4 (D) from 0.65 and 5 (E) from 0.85. So a level of 2 or
    more is the same as presence.

    Args:
        intensities: Values in [0, 1], any shape.

    Returns:
        Levels 0 .. 5, same shape, int.
    """
    return np.searchsorted(_LEVEL_BOUNDS, intensities, side='right')


def _episodes(
    rng: np.random.Generator, habits: Habits, emotion: str, length: float
) -> list[Event]:
    """Events of the episodes that fill `length` seconds."""
    events = []
    # The recording starts anywhere in an episode or pause.
    start = -rng.uniform(0, _EPISODE_SECONDS[1])
    while start < length:
        shown = emotion
        if rng.random() > _TARGET_SHARE:
            shown = str(rng.choice(_STRAY_EMOTIONS))
        stop = start + rng.uniform(*_EPISODE_SECONDS)
        for number, probability in EMOTIONS[shown].items():
            preference = habits.preference[AU_NUMBERS.index(number)]
            if rng.random() < probability * preference * habits.expressiveness:
                delay, lag = rng.uniform(0, _JITTER_SECONDS, size=2)
                events.append(_event(rng, habits, number, start + delay, stop - lag))
        start = stop + rng.uniform(*_PAUSE_SECONDS) / habits.expressiveness
    return events


def _lone_events(
    rng: np.random.Generator, habits: Habits, length: float
) -> list[Event]:
    """Events outside any episode, the same for every emotion."""
    events = []
    for number, preference in zip(AU_NUMBERS, habits.preference, strict=True):
        rate = _LONE_EVENTS_PER_SECOND * preference * habits.expressiveness
        for start in rng.uniform(0, length, size=rng.poisson(rate * length)):
            stop = start + rng.uniform(*_LONE_SECONDS)
            events.append(_event(rng, habits, number, float(start), stop))
    return events


def _event(
    rng: np.random.Generator, habits: Habits, number: int, start: float, stop: float
) -> Event:
    apex = (0.55 + 0.45 * rng.beta(2.0, 1.2)) * habits.expressiveness
    return Event(
        number=number,
        start=start,
        stop=stop,
        onset=rng.uniform(*_ONSET_SECONDS),
        offset=rng.uniform(*_OFFSET_SECONDS),
        apex=min(1.0, apex),
    )


def _compatible(events: list[Event]) -> list[Event]:
    """Drop each event that overlaps an earlier one of an exclusive AU."""
    kept: list[Event] = []
    for event in sorted(events, key=lambda event: event.start):
        overlapping = (other for other in kept if other.stop > event.start)
        if not any({event.number, other.number} in _EXCLUSIVE for other in overlapping):
            kept.append(event)
    return kept


def _smooth_step(values: np.ndarray) -> np.ndarray:
    """Ease in and out between 0 and 1."""
    return values * values * (3 - 2 * values)
