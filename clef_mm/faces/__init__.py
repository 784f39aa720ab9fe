"""Face detectors: where the faces of an image are, with five points in each.

Names load on first use: none of it is needed to train or to test.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clef_mm.faces.centerface import CenterFace
    from clef_mm.faces.detection import DetectorError, Face, FaceDetector
    from clef_mm.faces.mtcnn import MTCNN

_HOMES = {
    'CenterFace': 'centerface',
    'DetectorError': 'detection',
    'Face': 'detection',
    'FaceDetector': 'detection',
    'MTCNN': 'mtcnn',
}
__all__ = ['MTCNN', 'CenterFace', 'DetectorError', 'Face', 'FaceDetector']


def __getattr__(name: str) -> Any:
    """Import the module that ``name`` lives in."""
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_HOMES[name]}'), name)
