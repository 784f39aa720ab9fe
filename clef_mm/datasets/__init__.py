"""Datasets as they lie on disk, their splits, and the way of an image to the model."""

from clef_mm.datasets.bp4d import BP4D
from clef_mm.datasets.face_dataset import FaceDataset
from clef_mm.datasets.frame_table import Categories, FrameTable, Paths

__all__ = ['BP4D', 'Categories', 'FaceDataset', 'FrameTable', 'Paths']
