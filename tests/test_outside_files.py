"""Any failure of a parser is told with the file; bombs and paths that lead out."""

import zipfile

import numpy as np
import pytest

from clef_mm import array_archive
from clef_mm.array_archive import read_arrays
from clef_mm.errors import UserError
from clef_mm.outside_files import check_unpacked_size, lies_below, parsing


class MineError(UserError):
    """Of these tests."""


class OtherError(UserError):
    """Of these tests."""


@pytest.mark.parametrize(
    'cause', [ValueError('bad\n  byte'), RecursionError('bad byte'), MemoryError()]
)
def test_whatever_a_parser_raises(cause):
    reason = 'bad byte' if str(cause) else 'MemoryError'
    with pytest.raises(MineError) as caught, parsing('a.x', 'index', MineError, 'Go'):
        raise cause
    assert str(caught.value) == f'a.x is damaged or no index ({reason}). Go'
    assert caught.value.__cause__ is cause


def test_a_long_reason_is_cut():
    with pytest.raises(MineError) as caught, parsing('a.x', 'index', MineError):
        raise ValueError('x' * 10**6)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize('error', [OtherError('as it is'), KeyboardInterrupt()])
def test_what_passes_as_it_is(error):
    with pytest.raises(type(error)) as caught, parsing('a.x', 'index', MineError):
        raise error
    assert caught.value is error


def test_what_an_archive_claims_to_hold(tmp_path, monkeypatch):
    path = tmp_path / 'a.npz'
    np.savez_compressed(path, zeros=np.zeros(10**5))
    assert path.stat().st_size < 10**4
    assert read_arrays(path, only='zeros')['zeros'].sum() == 0
    with pytest.raises(ValueError, match=r'unpack to 800,\d+ bytes'):
        check_unpacked_size(path, 10**5)
    monkeypatch.setattr(array_archive, '_MOST', 10**5)
    with pytest.raises(ValueError, match='unpack to'):
        read_arrays(path)
    path.write_bytes(b'x')
    with pytest.raises(zipfile.BadZipFile):
        check_unpacked_size(path, 10**5)


@pytest.mark.parametrize(
    ('name', 'below'),
    [('a.jpg', True), ('a/b..jpg', True), ('/a', False), ('a/../../b', False)],
)
def test_paths_that_lead_out(name, below):
    assert lies_below(name) is below
