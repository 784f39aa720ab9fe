"""What differs from frame to frame besides the action units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Standard deviations of the slow movements of a sitting person.
_SWAY = {
    'yaw': 0.10,  # radians
    'pitch': 0.06,  # radians
    'roll': 0.045,  # radians
    'shift_x': 1.0,  # design units
    'shift_y': 0.8,  # design units
    'zoom': 0.015,
    'gaze_x': 0.7,  # design units
    'gaze_y': 0.25,  # design units
}
_SWAY_FRAMES = 4.0  # width of the window that makes movements slow
_FLICKER = 0.02
_BLINK_RATE = 0.02  # of all frames


@dataclass(frozen=True, slots=True)
class Conditions:
    """Pose, light, gaze and noise of one frame.

    Attributes:
        yaw: Turn of the head, radians, positive towards the right image edge.
        pitch: Nod, radians, positive downwards.
        roll: Tilt in the image plane, radians.
        shift_x: Move to the right, design units.
        shift_y: Move downwards, design units.
        zoom: Magnification.
        gaze_x: Offset of the irises, design units.
        gaze_y: Offset of the irises, design units.
        openness: 1 eyes open .. 0 closed in a blink.
        gain: Brightness relative to the subject's exposure.
        noise_seed: Chooses the camera noise; the same seed gives the same noise.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    zoom: float = 1.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    openness: float = 1.0
    gain: float = 1.0
    noise_seed: int = 0


STILL = Conditions()


def draw_conditions(rng: np.random.Generator, n_frames: int) -> list[Conditions]:
    """Draw the conditions of consecutive frames; movements are smooth in time."""
    sway = {name: _slow(rng, n_frames) * size for name, size in _SWAY.items()}
    gain = 1 + rng.normal(0, _FLICKER, n_frames)
    blink = rng.random(n_frames) < _BLINK_RATE
    seeds = rng.integers(2**31, size=n_frames)
    return [
        Conditions(
            yaw=float(sway['yaw'][i]),
            pitch=float(sway['pitch'][i]),
            roll=float(sway['roll'][i]),
            shift_x=float(sway['shift_x'][i]),
            shift_y=float(sway['shift_y'][i]),
            zoom=1 + float(sway['zoom'][i]),
            gaze_x=float(sway['gaze_x'][i]),
            gaze_y=float(sway['gaze_y'][i]),
            openness=0.0 if blink[i] else 1.0,
            gain=float(gain[i]),
            noise_seed=int(seeds[i]),
        )
        for i in range(n_frames)
    ]


def _slow(rng: np.random.Generator, n_frames: int) -> np.ndarray:
    """Smooth noise of unit variance, shape (n_frames,), clipped to +-2.5."""
    reach = int(3 * _SWAY_FRAMES)
    window = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _SWAY_FRAMES) ** 2)
    window /= np.sqrt((window**2).sum())
    noise = rng.normal(size=n_frames + 2 * reach)
    return np.clip(np.convolve(noise, window, mode='valid'), -2.5, 2.5)
