"""Label sets with exactly the published counts, and trees made of them."""

import numpy as np
import pytest
from published_rows import bp4d_label_rows, disfa_label_rows

from clef_mm.datasets.frame_table import Categories, FrameTable, Paths
from clef_mm.datasets.names import find_dataset
from clef_mm.datasets.prepared_index import write_index


@pytest.fixture(scope='session')
def bp4d_rows():
    """Return the label rows of BP4D; not to be changed."""
    return bp4d_label_rows()


@pytest.fixture(scope='session')
def disfa_rows():
    """Return the label rows of DISFA; not to be changed."""
    return disfa_label_rows()


@pytest.fixture
def prepare_rows(tmp_path):
    """Return a function that writes rows as a prepared tree, all of one crop."""

    def prepare(dataset, rows, lost=None, options=None):
        (tmp_path / 'faces').mkdir(exist_ok=True)
        (tmp_path / 'faces' / 'one.jpg').write_bytes(b'')
        one = Categories(np.zeros(len(rows), np.int32), [str(tmp_path / 'faces')])
        paths = Paths(one, np.full(len(rows), b'one.jpg'))
        frames = FrameTable({'img_path': paths, **rows.columns})
        told = {'crop': {'name': 'none'}, 'frames': len(rows), 'lost': lost or {}}
        kind = find_dataset(dataset.replace('-', ''))
        made_with = kind(tmp_path, lazy_init=True, **(options or {})).source_options()
        header = {'dataset': dataset, 'source_options': made_with, **told}
        write_index(tmp_path, frames, header)
        return tmp_path

    return prepare
