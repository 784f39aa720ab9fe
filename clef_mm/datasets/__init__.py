"""Datasets as they lie on disk, their splits, and the way of an image to the model.

Names load on first use: rendering synthetic images needs no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clef_mm.datasets.bp4d import BP4D
    from clef_mm.datasets.face_dataset import FaceDataset
    from clef_mm.datasets.frame_table import Categories, FrameTable, Paths

_HOMES = {
    'BP4D': 'bp4d',
    'Categories': 'frame_table',
    'FaceDataset': 'face_dataset',
    'FrameTable': 'frame_table',
    'Paths': 'frame_table',
}
__all__ = ['BP4D', 'Categories', 'FaceDataset', 'FrameTable', 'Paths']


def __getattr__(name: str) -> Any:
    """Import the module that ``name`` lives in."""
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_HOMES[name]}'), name)
