"""Names on disk in BP4D+, as data."""

from __future__ import annotations

BP4D_PLUS_SUBJECTS = (
    *(f'F{number:03d}' for number in range(1, 83)),
    *(f'M{number:03d}' for number in range(1, 59)),
)

BP4D_PLUS_TASK_EMOTIONS = {
    'T1': 'happiness',
    'T2': 'surprise',
    'T3': 'sadness',
    'T4': 'surprise',
    'T5': 'skepticism',
    'T6': 'embarrassment',
    'T7': 'fear',
    'T8': 'pain',
    'T9': 'anger',
    'T10': 'disgust',
}
"""Emotion that a task aims at. The numbers mean other tasks than those of BP4D."""

BP4D_PLUS_CODED_TASKS = ('T1', 'T6', 'T7', 'T8')

BP4D_PLUS_AUS = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)

BP4D_PLUS_CODE_COLUMNS = (
    *(1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20),
    *(22, 23, 24, 27, *range(28, 40)),
)
"""AUs that have a column in an AU_OCC file: 3, 8, 21, 25 and 26 have none."""

BP4D_PLUS_INTENSITY_AUS = (6, 10, 12, 14, 17)

ENDS_WITHIN_CODES = 'F041_T7'
"""The sequence whose images end before its AU codes do."""

ENDS_WITHIN_LANDMARKS = 'F003_T8'
"""The sequence whose images end with its AU codes, while its landmarks go on."""

EMPTY_RECORDING = ('F042', 'T11')
"""Subject and task of a folder of physiological data that holds nothing."""


def person_of(subject: str) -> str:
    """Name of a subject in the synthetic world.

    F001 of BP4D+ is somebody else than F001 of BP4D, so they need two names there.
    """
    return f'{subject} of BP4D+'
