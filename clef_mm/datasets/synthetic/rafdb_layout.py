"""Names and numbers on disk in RAF-DB, as data."""

from __future__ import annotations

RAFDB_LABELS = {
    'surprise': 1,
    'fear': 2,
    'disgust': 3,
    'happiness': 4,
    'sadness': 5,
    'anger': 6,
    'neutral': 7,
}
"""Label of each expression in `list_patition_label.txt`."""

RAFDB_COUNTS = {
    'train': {
        'surprise': 1290,
        'fear': 281,
        'disgust': 717,
        'happiness': 4772,
        'sadness': 1982,
        'anger': 705,
        'neutral': 2524,
    },
    'test': {
        'surprise': 329,
        'fear': 74,
        'disgust': 160,
        'happiness': 1185,
        'sadness': 478,
        'anger': 162,
        'neutral': 680,
    },
}
"""Images of each expression, by part."""

RAFDB_DIGITS = {'train': 5, 'test': 4}
"""Digits to which the image numbers of a part are padded."""

RAFDB_ALIGNED_SIZE = 100
