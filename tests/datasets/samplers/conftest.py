"""Datasets of labels only, and processes that are played by one."""

import numpy as np
import pytest

from clef_mm import distributed
from clef_mm.datasets.face_dataset import FaceDataset
from clef_mm.datasets.frame_table import Categories, FrameTable


class Labelled(FaceDataset):
    """Frames of which only some columns matter."""

    def __init__(self, names, columns):
        self.given = columns
        super().__init__('labelled')
        self._metainfo.update(names)

    def load_frames(self):
        return FrameTable(self.given)


@pytest.fixture
def labelled():
    """Return a maker of datasets from columns; ``metainfo`` is given with them."""

    def make(metainfo=(), subject=None, **columns):
        size = len(subject if subject is not None else next(iter(columns.values())))
        subject = subject if subject is not None else ['S0', 'S1'] * size
        columns = {name: np.asarray(column) for name, column in columns.items()}
        columns['subject'] = Categories.of(list(subject)[:size])
        columns['sequence'] = Categories.of(['T1'] * size)
        return Labelled(dict(metainfo), columns)

    return make


@pytest.fixture
def as_rank(monkeypatch):
    """Return a function that makes this process a rank of a world."""

    def become(rank, world_size):
        monkeypatch.setattr(distributed, 'rank', lambda: rank)
        monkeypatch.setattr(distributed, 'world_size', lambda: world_size)

    return become
