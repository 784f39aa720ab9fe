"""The two stages of CLEF and what they are made of."""

from clef_mm.models.caption_pretrainer import CaptionPretrainer
from clef_mm.models.preprocessor import FacePreprocessor
from clef_mm.models.pretrainer import ActivityPretrainer
from clef_mm.models.recognizer import ActionUnitRecognizer, ExpressionRecognizer

__all__ = [
    'ActionUnitRecognizer',
    'ActivityPretrainer',
    'CaptionPretrainer',
    'ExpressionRecognizer',
    'FacePreprocessor',
]
