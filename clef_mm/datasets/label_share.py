"""Pretend that fewer frames were coded, for studies with few labels."""

from __future__ import annotations

import math

import numpy as np

from clef_mm.datasets.frame_table import FrameTable


def draw_share(
    frames: FrameTable, share: float, seed: int, of_people: bool = True
) -> np.ndarray:
    """Draw a share of the frames as coders would work: stretches of some recordings.

    The square root of the share of the recordings is drawn, and of each a stretch of
    the same share. Single frames drawn at random would be a far easier set: recordings
    are continuous, so every frame would have a coded one like it. Photographs of people
    unknown make no recordings: of these single ones are drawn.

    Args:
        frames: With the columns ``subject`` and ``sequence``; of each recording in
            order.
        share: In (0, 1].
        seed: Of the draw.
        of_people: Whether people are known, and with them recordings.

    Returns:
        Mask (N,) of the frames drawn; at least one recording, of each one frame.
    """
    if share == 1:
        return np.ones(len(frames), bool)
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(frames), bool)
    if not of_people:
        count = max(1, round(share * len(frames)))
        chosen[rng.choice(len(frames), count, replace=False)] = True
        return chosen
    sequence = frames.columns['sequence']
    keys = frames.columns['subject'].codes.astype(np.int64) * len(sequence.names)
    recordings, members = np.unique(keys + sequence.codes, return_inverse=True)
    part = math.sqrt(share)
    count = max(1, round(part * len(recordings)))
    for recording in rng.choice(len(recordings), count, replace=False):
        rows = np.flatnonzero(members == recording)
        length = max(1, round(part * len(rows)))
        start = rng.integers(len(rows) - length + 1)
        chosen[rows[start : start + length]] = True
    return chosen
