"""Names and numbers on disk in AffectNet, as data."""

from __future__ import annotations

AFFECTNET_LABELS = (
    'neutral',
    'happiness',
    'sadness',
    'surprise',
    'fear',
    'disgust',
    'anger',
    'contempt',
    'none',
    'uncertain',
    'no-face',
)
"""Name of each label 0 .. 10; the release of 2021 has 0 .. 7."""

AFFECTNET_TRAIN_COUNTS = {
    'neutral': 74_874,
    'happiness': 134_415,
    'sadness': 25_459,
    'surprise': 14_090,
    'fear': 6_378,
    'disgust': 3_803,
    'anger': 24_882,
    'contempt': 3_750,
    'none': 33_088,
    'uncertain': 11_645,
    'no-face': 82_415,
}
"""Training images of each label. Validation images are equally many."""

AFFECTNET_COLUMNS = (
    'subDirectory_filePath',
    'face_x',
    'face_y',
    'face_width',
    'face_height',
    'facial_landmarks',
    'expression',
    'valence',
    'arousal',
)
"""Columns of `training.csv` and `validation.csv` in the first release."""

AFFECTNET_ID_DENSITY = {'train': 0.69, 'val': 0.73}
"""Share of the numbers below the highest that name an image, release of 2021."""
