"""Shared by the tests of the writers."""

import pytest


@pytest.fixture(scope='session')
def contents():
    """Return what reads a tree: {path in it: bytes}, without its marker."""

    def read(root):
        return {
            path.relative_to(root): path.read_bytes()
            for path in root.rglob('*')
            if path.is_file() and path.name != 'SYNTHETIC.json'
        }

    return read
