"""Landmarks that datasets ship: both kinds of MATLAB file, gaps, numbering, damage."""

import pickle
import re
import sys

import h5py
import numpy as np
import pytest
from recording_trees import Bp4dTree, grey_jpeg
from scipy.io import savemat

from clef_mm.datasets import BP4D, DISFA, BP4DPlus, disfa
from clef_mm.datasets.reading.landmark_files import (
    LandmarkFileError,
    read_points,
    read_tracked_points,
)
from clef_mm.errors import UserError


def face(number, count=49):
    """Return landmarks (count, 2), counted from 1, that tell which frame they are of.

    The point of number k among the 68 lies at x = number + 1, y = k + 1.
    """
    left_out = {68: (), 66: (60, 64), 49: (*range(17), 60, 64)}[count]
    y = np.delete(np.arange(68.0), left_out) + 1
    return np.stack([np.full(count, number + 1.0), y], axis=-1)


def expected(number):
    """Return the five points of ``face(number)``, counted from 0."""
    return [[number, y] for y in (38.5, 44.5, 30, 48, 54)]


def write_hdf5(path, faces, numbers=None):
    """Write a structure array ``fit`` as MATLAB 7.3 does; a face of None is empty."""
    with h5py.File(path, 'w', userblock_size=512) as file:
        group = file.create_group('#refs#')

        def store(name, values):
            references = np.empty((len(values), 1), h5py.ref_dtype)
            for row, value in enumerate(values):
                data = np.zeros(2, np.uint64) if value is None else np.asarray(value).T
                item = group.create_dataset(f'{name}{row}', data=data)
                if value is None:
                    item.attrs['MATLAB_empty'] = np.uint8(1)
                references[row, 0] = item.ref
            file['fit'].create_dataset(name, data=references)

        file.create_group('fit')
        store('pred', faces)
        store('pose', [np.zeros((1, 3))] * len(faces))
        if numbers is not None:
            store('frame', [[[float(number)]] for number in numbers])


def write_old(path, faces, numbers=None):
    """Write a structure array ``fit`` as MATLAB did before 7.3."""
    faces = [np.empty((0, 0)) if points is None else points for points in faces]
    names = ['pred', 'pose'] + (['frame'] if numbers is not None else [])
    fit = np.empty((1, len(faces)), [(name, object) for name in names])
    for row, points in enumerate(faces):
        fit[0, row]['pred'] = points
        fit[0, row]['pose'] = np.zeros((1, 3))
        if numbers is not None:
            fit[0, row]['frame'] = float(numbers[row])
    savemat(path, {'fit': fit})


@pytest.fixture(params=[write_hdf5, write_old], ids=['7.3', 'old'])
def write(request):
    return request.param


def assert_points(found, frames):
    """Compare points (n, 5, 2) with those of the frames, None for frames without."""
    assert found.shape == (len(frames), 5, 2)
    assert found.dtype == np.float32
    for points, frame in zip(found, frames, strict=True):
        if frame is None:
            assert np.isnan(points).all()
        else:
            np.testing.assert_allclose(points, expected(frame), rtol=1e-6)


@pytest.mark.parametrize('count', [1, 2, 7])
def test_entries_count_from_the_first_frame(tmp_path, write, count):
    path = tmp_path / 'ä 1.mat'
    write(path, [face(number) for number in range(1, count + 1)])
    frames = np.array([*range(count, 0, -1), 0, count + 1, -1])
    assert_points(
        read_tracked_points(path, frames), [*range(count, 0, -1), None, None, None]
    )


def test_entries_may_say_which_frame_they_are(tmp_path, write):
    path = tmp_path / '1.mat'
    numbers = [3, 4, 9, 5]
    write(path, [face(number) for number in numbers], numbers)
    found = read_tracked_points(path, np.array([1, 3, 4, 5, 8, 9]))
    assert_points(found, [None, 3, 4, 5, None, 9])


def test_faces_that_were_lost(tmp_path, write):
    path = tmp_path / '1.mat'
    write(path, [None, face(2), np.zeros((49, 2)), np.full((49, 2), np.nan), face(5)])
    found = read_tracked_points(path, np.arange(1, 6))
    assert_points(found, [None, 2, None, None, 5])


@pytest.mark.parametrize('count', [49, 66, 68])
def test_any_set_of_points(tmp_path, write, count):
    path = tmp_path / '1.mat'
    write(path, [face(1, count), face(2, count)])
    assert_points(read_tracked_points(path, np.array([2, 1])), [2, 1])
    savemat(path, {'pts': face(7, count)})
    assert_points(read_points(path)[None], [7])


def test_other_numbers_of_points_are_refused(tmp_path, write):
    path = tmp_path / '1.mat'
    write(path, [np.ones((83, 2))] * 2)
    with pytest.raises(LandmarkFileError, match=r'shape \(83, 2\); expected 49 or 66'):
        read_tracked_points(path, np.array([1]))


def test_numbers_that_do_not_fit_the_entries(tmp_path):
    path = tmp_path / '1.mat'
    savemat(path, {'fit': {'pred': face(1), 'frame': [1.0, 2.0]}})
    with pytest.raises(LandmarkFileError, match="1 entries in 'pred' and 2 in 'frame'"):
        read_tracked_points(path, np.array([1]))


@pytest.mark.parametrize('content', [{'x': 1.0}, {'fit': {'x': 1.0}}, {'fit': 3.0}])
def test_files_of_other_things(tmp_path, content):
    path = tmp_path / '1.mat'
    savemat(path, content)
    with pytest.raises(LandmarkFileError, match='pred'):
        read_tracked_points(path, np.array([1]))
    with pytest.raises(LandmarkFileError, match='pts'):
        read_points(path)
    with h5py.File(path, 'w') as file:
        file['fit/x'] = 1
    with pytest.raises(LandmarkFileError, match='fit/pred'):
        read_tracked_points(path, np.array([1]))
    with h5py.File(path, 'w') as file:
        file['fit/pred'] = np.zeros((3, 2, 49))
    with pytest.raises(LandmarkFileError, match='not one array for each frame'):
        read_tracked_points(path, np.array([1]))


@pytest.mark.parametrize('share', [0, 0.3, 0.9])
def test_damaged_files_are_named(tmp_path, write, share):
    path = tmp_path / '1.mat'
    write(path, [face(number) for number in range(1, 30)])
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(UserError, match=re.escape(str(path))):
        read_tracked_points(path, np.arange(1, 30))


@pytest.mark.parametrize(
    ('writer', 'module'), [(write_hdf5, 'h5py'), (write_old, 'scipy.io')]
)
def test_what_is_not_installed(tmp_path, monkeypatch, writer, module):
    path = tmp_path / '1.mat'
    writer(path, [face(1), face(2)])
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UserError, match=re.escape("pip install 'clef-mm[prepare]'")):
        read_tracked_points(path, np.array([1]))


# --- as the datasets lie on disk ------------------------------------------------------


@pytest.mark.parametrize(('dataset', 'offset'), [(BP4D, 0), (BP4DPlus, -1)])
@pytest.mark.parametrize('rename', [str, str.lower])
def test_tracked_points_of_recordings(tmp_path, write, dataset, offset, rename):
    tree = Bp4dTree(tmp_path)
    for subject, task in (('F001', 'T1'), ('F001', 'T6'), ('M002', 'T1')):
        tree.add_images(subject, task, range(1 + offset, 8 + offset))
        tree.add_labels(subject, task, range(3, 7))
    folder = tmp_path / rename('2DFeatures')
    folder.mkdir()
    write(folder / rename('F001_T1.mat'), [face(number) for number in range(1, 6)])
    write(folder / rename('M002_T1.mat'), [face(10 * k) for k in range(1, 8)])

    faces = dataset(tmp_path)
    found = faces.own_points(faces.source_frames())
    lost = [None] * 7
    assert_points(
        found, [1, 2, 3, 4, 5, None, None, *lost, *(10 * k for k in range(1, 8))]
    )
    assert faces.report.oddities['recordings without landmarks'] == 1
    assert faces.report.oddities['images without landmarks'] == 2
    assert_points(
        faces.own_points(faces.data_list.take(np.array([9, 1, 8]))), [40, 4, 30]
    )


@pytest.mark.parametrize('dataset', [BP4D, BP4DPlus])
def test_recordings_without_a_folder_of_landmarks(tmp_path, dataset):
    tree = Bp4dTree(tmp_path)
    tree.add_images('F001', 'T1', range(3))
    faces = dataset(tmp_path, frames='all')
    assert faces.own_points(faces.data_list) is None


def disfa_tree(root, landmarks, images=6):
    """Write subjects, each with landmark files of a name pattern and of numbers."""
    for subject, (pattern, numbers) in landmarks.items():
        labels = root / 'ActionUnit_Labels' / subject
        labels.mkdir(parents=True)
        rows = ''.join(f'{frame},0\n' for frame in range(1, images + 1))
        for unit in (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26):
            (labels / f'{subject}_au{unit}.txt').write_text(rows)
        folder = root / 'img' / subject
        folder.mkdir(parents=True)
        for number in range(images):
            (folder / f'{number}.jpg').write_bytes(grey_jpeg(9))
        points = root / 'Landmark_Points' / subject / 'tmp_frame_lm'
        points.mkdir(parents=True)
        for number in numbers:
            savemat(points / pattern.format(number), {'pts': face(number, 66)})
    return root


OFFICIAL, OTHER = 'SN001_{:04d}_lm.mat', 'l{:05d}_lm.mat'


@pytest.mark.parametrize(
    ('pattern', 'numbers', 'of_frames', 'note'),
    [
        (OFFICIAL, range(6), [0, 1, 2, 3, 4, 5], 'count from 0'),
        (OTHER, range(1, 7), [1, 2, 3, 4, 5, 6], 'count from 1'),
        (OTHER, range(7), [1, 2, 3, 4, 5, 6], 'one landmark file more'),
        (OFFICIAL, range(1, 8), [2, 3, 4, 5, 6, 7], 'one landmark file more'),
        (OTHER, [1, 2, 4, 6], [1, 2, None, 4, None, 6], 'SN001: 4 and 6'),
        (OFFICIAL, range(9), [0, 1, 2, 3, 4, 5], 'SN001: 9 and 6'),
        (OTHER, [], [None] * 6, 'recordings without landmarks'),
    ],
)
def test_points_of_disfa(tmp_path, pattern, numbers, of_frames, note):
    spare = ('SN002', ('l{:05d}_lm.mat', range(1, 7)))
    dataset = DISFA(
        disfa_tree(tmp_path, {'SN001': (pattern, numbers), **dict([spare])})
    )
    found = dataset.own_points(dataset.data_list)
    assert_points(found, [*of_frames, 1, 2, 3, 4, 5, 6])
    assert any(note in line for line in dataset.report.lines())
    some = dataset.data_list.take(np.array([8, 3, 0]))
    assert_points(dataset.own_points(some), [3, of_frames[3], of_frames[0]])


def test_landmarks_are_listed_once_for_a_piece_after_another(tmp_path, monkeypatch):
    numbers = {f'SN00{n}': (OTHER, range(1, 7)) for n in (1, 2, 3)}
    numbers['SN003'] = (OTHER, [])
    dataset = pickle.loads(pickle.dumps(DISFA(disfa_tree(tmp_path, numbers))))
    listed = []
    real = disfa.list_landmark_files
    monkeypatch.setattr(
        disfa,
        'list_landmark_files',
        lambda folder: listed.append(folder.parent.name) or real(folder),
    )
    rows = np.arange(len(dataset))
    found = [
        dataset.own_points(dataset.data_list.take(piece))
        for piece in rows.reshape(9, 2)
    ]
    assert_points(np.concatenate(found), [*range(1, 7), *range(1, 7), *[None] * 6])
    assert listed == ['SN001', 'SN002']
    assert dataset.report.oddities['subjects whose landmark files count from 1'] == 2


def test_disfa_without_landmarks(tmp_path):
    dataset = DISFA(disfa_tree(tmp_path, {'SN001': (OTHER, [])}))
    assert dataset.own_points(dataset.data_list) is None


def test_landmarks_are_of_the_left_camera(tmp_path):
    root = disfa_tree(tmp_path, {'SN001': (OTHER, range(6))})
    dataset = DISFA(root, camera='right')  # of frames that name no camera
    assert len(dataset) == 6
    assert dataset.own_points(dataset.data_list) is None


def test_a_damaged_landmark_file_of_disfa(tmp_path):
    root = disfa_tree(tmp_path, {'SN001': (OTHER, range(6))})
    path = root / 'Landmark_Points' / 'SN001' / 'tmp_frame_lm' / 'l00003_lm.mat'
    path.write_bytes(path.read_bytes()[:100])
    dataset = DISFA(root)
    with pytest.raises(UserError, match=re.escape(str(path))):
        dataset.own_points(dataset.data_list)
