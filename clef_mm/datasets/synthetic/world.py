"""The synthetic world: subjects, sequences and the loop that renders them.

Nothing here knows any dataset. A writer of an official layout (see `bp4d`) asks for
sequences and puts their frames and labels where that layout wants them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from clef_mm.datasets.synthetic.action_units import AU_NUMBERS
from clef_mm.datasets.synthetic.behaviour import (
    OCCURRENCE_THRESHOLD,
    Habits,
    intensity_levels,
    simulate_intensities,
)
from clef_mm.datasets.synthetic.conditions import Conditions, draw_conditions
from clef_mm.datasets.synthetic.face_renderer import render
from clef_mm.datasets.synthetic.identity import Identity
from clef_mm.datasets.synthetic.landmarks import face_landmarks

WORLD_VERSION = 1
"""Counts up whenever the same seed gives other pixels or labels than before."""

SECONDS_PER_FRAME = 0.3
"""World time between frames: few frames show several episodes of behaviour."""


@dataclass(frozen=True, slots=True)
class SyntheticSequence:
    """A recording that can be rendered frame by frame.

    Attributes:
        identity: The subject.
        intensities: AU intensities in [0, 1], (n_frames, number of AUs), columns
            in `AU_NUMBERS` order.
        conditions: Pose, light and noise of every frame.
    """

    identity: Identity
    intensities: np.ndarray
    conditions: list[Conditions]

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.conditions)

    @property
    def occurrence(self) -> np.ndarray:
        """Presence (1) or absence (0) of every AU, shape as `intensities`, int."""
        return (self.intensities >= OCCURRENCE_THRESHOLD).astype(int)

    @property
    def levels(self) -> np.ndarray:
        """Level 0 .. 5 of every AU, shape as `intensities`; 2 or more is presence."""
        return intensity_levels(self.intensities)

    def frames(self, size: int = 96) -> Iterator[np.ndarray]:
        """Render all frames in order: RGB images (size, size, 3), uint8."""
        for intensities, conditions in self._moments():
            yield render(self.identity, intensities, conditions, size)

    def landmarks(self, size: int = 96, count: int = 68) -> np.ndarray:
        """Landmarks of all frames as `face_landmarks` numbers them, (N, count, 2)."""
        return np.stack(
            [
                face_landmarks(
                    self.identity, intensities, conditions, size, count=count
                )
                for intensities, conditions in self._moments()
            ]
        )

    def head_poses(self) -> np.ndarray:
        """Pitch, yaw and roll of all frames in radians, (N, 3)."""
        roll = self.identity.scene.roll
        return np.array(
            [[c.pitch, c.yaw, c.roll + roll] for c in self.conditions]
        ).reshape(-1, 3)

    def _moments(self) -> Iterator[tuple[dict[int, float], Conditions]]:
        """What the face does and how it is seen, frame by frame."""
        for row, conditions in zip(self.intensities, self.conditions, strict=True):
            yield dict(zip(AU_NUMBERS, row.tolist(), strict=True)), conditions


def generator(seed: int, *names: str) -> np.random.Generator:
    """Random numbers that depend on the seed and the names alone.

    Every part of the world draws from a generator of its own name, so what is
    written does not depend on the order or number of things written before it.
    """
    return np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])


def draw_subject(seed: int, subject: str) -> tuple[Identity, Habits]:
    """Look and habits of a subject.

    Args:
        seed: Seed of the world.
        subject: Official id. Subjects whose id starts with F (female in the datasets
            that name sexes) have no beard.
    """
    has_beard = not subject.startswith('F')
    identity = Identity.draw(generator(seed, subject, 'face'), facial_hair=has_beard)
    return identity, Habits.draw(generator(seed, subject, 'habits'))


def simulate_sequence(
    seed: int,
    subject: str,
    sequence: str,
    emotion: str,
    n_frames: int,
    seconds_per_frame: float = SECONDS_PER_FRAME,
) -> SyntheticSequence:
    """Simulate one recording; a function of its arguments alone.

    Args:
        seed: Seed of the world.
        subject: Official id of the subject.
        sequence: Name of the recording, unique within the subject.
        emotion: Emotion that the recording aims at, a key of `behaviour.EMOTIONS`.
        n_frames: Number of frames.
        seconds_per_frame: World time between two frames.
    """
    identity, habits = draw_subject(seed, subject)
    behaviour = generator(seed, subject, sequence, 'behaviour')
    return SyntheticSequence(
        identity=identity,
        intensities=simulate_intensities(
            behaviour, habits, emotion, n_frames, seconds_per_frame
        ),
        conditions=draw_conditions(
            generator(seed, subject, sequence, 'conditions'), n_frames
        ),
    )


def simulate_viewing(
    seed: int,
    subject: str,
    sequence: str,
    emotions: Sequence[str],
    n_frames: int,
    seconds_per_frame: float = SECONDS_PER_FRAME,
) -> SyntheticSequence:
    """Simulate one recording of a person who watches clips one after the other.

    The clips share the recording evenly. Behaviour starts anew with each, while the
    head moves on smoothly.

    Args:
        seed: Seed of the world.
        subject: Official id of the subject.
        sequence: Name of the recording, unique within the subject.
        emotions: Emotion that each clip aims at, keys of `behaviour.EMOTIONS`.
        n_frames: Number of frames in all.
        seconds_per_frame: World time between two frames.
    """
    shares = np.array_split(np.arange(n_frames), len(emotions))
    clips = [
        simulate_sequence(
            *(seed, subject, f'{sequence} clip {index}', emotion),
            *(len(share), seconds_per_frame),
        )
        for index, (emotion, share) in enumerate(zip(emotions, shares, strict=True), 1)
    ]
    return SyntheticSequence(
        identity=clips[0].identity,
        intensities=np.concatenate([clip.intensities for clip in clips]),
        conditions=draw_conditions(
            generator(seed, subject, sequence, 'conditions'), n_frames
        ),
    )
