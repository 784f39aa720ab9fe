"""Names on disk in DISFA, as data."""

from __future__ import annotations

DISFA_SUBJECTS = tuple(
    f'SN{number:03d}' for number in (*range(1, 14), *range(16, 19), 21, *range(23, 33))
)

DISFA_AUS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
"""AUs that have a file per subject."""

DISFA_CLIP_EMOTIONS = (
    'happiness',
    'happiness',
    'surprise',
    'fear',
    'disgust',
    'disgust',
    'sadness',
    'sadness',
    'surprise',
)
"""Emotions that the clips of the one recording aim at; the order is this world's."""

DISFA_VIDEOS = {
    'left': 'Videos_LeftCamera/LeftVideo{subject}_comp.avi',
    'right': 'Video_RightCamera/RightVideo{subject}_Comp.avi',
}
"""Path of a video by camera. The two really are spelt differently."""

WITHOUT_LAST_ROW = 'SN010'
"""The subject whose label files end one frame before its video."""

_SHORT_LANDMARK_NAMES = frozenset({'SN002', 'SN010', 'SN021', 'SN029'})
_LANDMARKS_FROM_1 = frozenset({'SN003', 'SN010', 'SN016', 'SN030'})
_EXTRA_LANDMARKS = frozenset({'SN002', 'SN010', 'SN023', 'SN032'})


def landmark_name(subject: str, number: int) -> str:
    """Name of a landmark file; some subjects' names lack the subject."""
    if subject in _SHORT_LANDMARK_NAMES:
        return f'l{number:05d}_lm.mat'
    return f'{subject}_{number:04d}_lm.mat'


def first_landmark_number(subject: str) -> int:
    """Number of the first landmark file: 0 or 1."""
    return int(subject in _LANDMARKS_FROM_1)


def has_extra_landmarks(subject: str) -> bool:
    """Whether there is one landmark file more than frames: the first, of no frame."""
    return subject in _EXTRA_LANDMARKS
