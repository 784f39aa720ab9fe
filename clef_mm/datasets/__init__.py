"""Datasets as they lie on disk, their splits, and the way of an image to the model.

Names load on first use: rendering synthetic images needs no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clef_mm.datasets.action_unit_dataset import ActionUnitDataset
    from clef_mm.datasets.affectnet import AffectNet
    from clef_mm.datasets.bp4d import BP4D
    from clef_mm.datasets.bp4d_plus import BP4DPlus
    from clef_mm.datasets.captioned_faces import CaptionedFaces
    from clef_mm.datasets.disfa import DISFA
    from clef_mm.datasets.expression_dataset import ExpressionDataset
    from clef_mm.datasets.face_dataset import FaceDataset
    from clef_mm.datasets.face_records import FaceRecords
    from clef_mm.datasets.ferplus import FERPlus
    from clef_mm.datasets.frame_table import Categories, FrameTable, Paths
    from clef_mm.datasets.joined_dataset import JoinedDataset
    from clef_mm.datasets.rafdb import RAFDB

_HOMES = {
    'ActionUnitDataset': 'action_unit_dataset',
    'AffectNet': 'affectnet',
    'BP4D': 'bp4d',
    'BP4DPlus': 'bp4d_plus',
    'DISFA': 'disfa',
    'CaptionedFaces': 'captioned_faces',
    'Categories': 'frame_table',
    'ExpressionDataset': 'expression_dataset',
    'FERPlus': 'ferplus',
    'FaceDataset': 'face_dataset',
    'FaceRecords': 'face_records',
    'FrameTable': 'frame_table',
    'JoinedDataset': 'joined_dataset',
    'Paths': 'frame_table',
    'RAFDB': 'rafdb',
}
__all__ = [
    'BP4D',
    'DISFA',
    'RAFDB',
    'ActionUnitDataset',
    'AffectNet',
    'BP4DPlus',
    'CaptionedFaces',
    'Categories',
    'ExpressionDataset',
    'FERPlus',
    'FaceDataset',
    'FaceRecords',
    'FrameTable',
    'JoinedDataset',
    'Paths',
]


def __getattr__(name: str) -> Any:
    """Import the module that ``name`` lives in."""
    if name not in _HOMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(f'{__name__}.{_HOMES[name]}'), name)
