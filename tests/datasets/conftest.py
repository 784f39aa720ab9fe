"""Small hand-made trees in the layouts of BP4D and DISFA."""

import pytest
from disfa_tree import DisfaTree
from recording_trees import Bp4dTree


@pytest.fixture
def make_tree(tmp_path):
    """Return a maker of trees, by default the release's layout in an empty folder."""
    numbers = iter(range(100))

    def make(**packaging):
        return Bp4dTree(tmp_path / f'bp4d {next(numbers)}', **packaging)

    return make


@pytest.fixture(scope='session')
def released(tmp_path_factory):
    """Return a tree with all eight tasks; only to be read."""
    return Bp4dTree(tmp_path_factory.mktemp('BP4D')).fill()


@pytest.fixture
def make_disfa(tmp_path):
    """Return a maker of trees of DISFA, by default as released."""
    numbers = iter(range(100))

    def make(**packaging):
        return DisfaTree(tmp_path / f'disfa ä {next(numbers)}', **packaging)

    return make
