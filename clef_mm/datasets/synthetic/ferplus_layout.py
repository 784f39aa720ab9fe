"""Names and numbers on disk in FER2013 and FERPlus, as data."""

from __future__ import annotations

FER_SIDE = 48
"""Pixels across an image."""

FER_EMOTIONS = (
    'anger',
    'disgust',
    'fear',
    'happiness',
    'sadness',
    'surprise',
    'neutral',
)
"""Name of each label 0 .. 6 in `fer2013.csv`; it knows no contempt."""

FERPLUS_COLUMNS = (
    'neutral',
    'happiness',
    'surprise',
    'sadness',
    'anger',
    'disgust',
    'fear',
    'contempt',
    'unknown',
    'NF',
)
"""What could be voted for; NF is 'not a face'."""

FERPLUS_COUNTS = {
    'Training': (8740, 7287, 3149, 3014, 2100, 119, 532, 119),
    'PublicTest': (1182, 865, 415, 351, 287, 24, 62, 13),
    'PrivateTest': (1090, 893, 396, 384, 273, 18, 83, 16),
}
"""Images of each of the first eight columns by the official majority."""

FERPLUS_FOLDERS = {
    'Training': 'FER2013Train',
    'PublicTest': 'FER2013Valid',
    'PrivateTest': 'FER2013Test',
}
"""Folder of each part as the official tool writes it."""
