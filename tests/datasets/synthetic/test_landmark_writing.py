"""landmark_files: MATLAB files of both formats."""

import numpy as np
import pytest

from clef_mm.datasets.synthetic import landmark_files
from clef_mm.datasets.synthetic.landmark_files import (
    NO_FACE,
    MissingPackageError,
    require_package,
    write_fit_v5,
    write_fit_v73,
    write_points,
)

POINTS = np.arange(2 * 49 * 2).reshape(2, 49, 2) / 7
POSES = np.array([[0.1, -0.2, 0.3], [0.0, 0.5, -0.1]])


def write_v5(path):
    pytest.importorskip('scipy')
    write_fit_v5(path, POINTS, POSES)


def write_v73(path):
    pytest.importorskip('h5py')
    write_fit_v73(path, [NO_FACE, *POINTS], [NO_FACE, *POSES])


def test_points_of_one_frame_count_from_1(tmp_path):
    loadmat = pytest.importorskip('scipy.io').loadmat
    write_points(tmp_path / 'new' / 'l00000_lm.mat', POINTS[0])
    stored = loadmat(tmp_path / 'new' / 'l00000_lm.mat')['pts']
    np.testing.assert_array_equal(stored, POINTS[0] + 1)


def test_v5_holds_an_array_of_structures(tmp_path):
    loadmat = pytest.importorskip('scipy.io').loadmat
    write_v5(tmp_path / 'new' / 'F001_T1.mat')
    fit = loadmat(tmp_path / 'new' / 'F001_T1.mat')['fit']
    assert fit.shape == (1, 2)
    for index, element in enumerate(fit[0]):
        assert element['frame'].item() == index + 1
        np.testing.assert_array_equal(element['pred'], POINTS[index] + 1)
        np.testing.assert_array_equal(element['pose'], POSES[index][None])


def test_v73_holds_references_to_transposed_matrices(tmp_path):
    h5py = pytest.importorskip('h5py')
    write_v73(tmp_path / 'new' / 'F001_T1.mat')
    with h5py.File(tmp_path / 'new' / 'F001_T1.mat') as file:
        pred, pose = file['fit/pred'][()], file['fit/pose'][()]
        assert pred.shape == pose.shape == (3, 1)
        for lost in (file[pred[0, 0]], file[pose[0, 0]]):
            assert lost.attrs['MATLAB_empty'] == 1
            assert lost[()].tolist() == [0, 0]
        for index in range(2):
            stored = file[pred[index + 1, 0]][()]
            np.testing.assert_array_equal(stored, (POINTS[index] + 1).T)
            stored = file[pose[index + 1, 0]][()]
            np.testing.assert_array_equal(stored, POSES[index][:, None])


@pytest.mark.parametrize(('write', 'version'), [(write_v5, 1), (write_v73, 2)])
def test_the_header_is_matlabs(tmp_path, write, version):
    path = tmp_path / 'F001_T1.mat'
    write(path)
    header = path.read_bytes()[:128]
    assert header.startswith(b'MATLAB ')
    assert header[116:124] in (bytes(8), b' ' * 8)
    assert header[124:] == bytes([0, version]) + b'IM'
    miobase = pytest.importorskip('scipy.io.matlab')
    assert miobase.matfile_version(str(path)) == (version, 0)


@pytest.mark.parametrize('write', [write_v5, write_v73])
def test_equal_landmarks_give_equal_files(tmp_path, monkeypatch, write):
    write(tmp_path / 'one.mat')
    monkeypatch.setattr('time.asctime', lambda *_: 'another day')
    write(tmp_path / 'other.mat')
    assert (tmp_path / 'one.mat').read_bytes() == (tmp_path / 'other.mat').read_bytes()


@pytest.mark.parametrize('package', ['scipy.io', 'h5py'])
def test_a_missing_package_is_named_with_the_cure(monkeypatch, package):
    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr(landmark_files, 'import_module', refuse)
    message = rf"{package.partition('.')[0]}.*pip install 'clef-mm\[prepare\]'"
    with pytest.raises(MissingPackageError, match=message):
        require_package(package)
