"""write_bp4d: the tree on disk against BP4D's official layout."""

import csv
import json
from collections import Counter

import cv2
import numpy as np
import pytest

from clef_mm.datasets.bp4d import BP4D
from clef_mm.datasets.synthetic import bp4d
from clef_mm.datasets.synthetic.action_units import AU_NUMBERS
from clef_mm.datasets.synthetic.bp4d import write_bp4d
from clef_mm.datasets.synthetic.bp4d_layout import (
    BP4D_AUS,
    BP4D_LOST_LANDMARKS,
    BP4D_SUBJECTS,
    BP4D_TASK_EMOTIONS,
    frame_digits,
)
from clef_mm.datasets.synthetic.landmarks import five_points
from clef_mm.datasets.synthetic.setting_checks import SyntheticSettingError
from clef_mm.datasets.synthetic.tree import SyntheticTreeError
from clef_mm.datasets.synthetic.world import simulate_sequence

SUBJECTS = ('F001', 'M005', 'M010')
TASKS = tuple(f'T{number}' for number in range(1, 9))
SMALL = {'subjects': SUBJECTS, 'frames_per_sequence': 5, 'size': 32, 'workers': 1}


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp('bp4d') / 'tree'
    write_bp4d(root, **SMALL)
    return root


@pytest.fixture(scope='module')
def videos(tmp_path_factory):
    root = tmp_path_factory.mktemp('bp4d') / 'videos'
    write_bp4d(root, **SMALL, packaging='avi', au_coding='flat')
    return root


def read_codes(path):
    with path.open(newline='') as stream:
        rows = [[int(cell) for cell in row] for row in csv.reader(stream)]
    return rows[0], np.array(rows[1:])


def images(root, subject, task):
    return sorted((root / 'Sequences(2D+3D)' / subject / task).iterdir())


def test_the_official_widths_of_frame_names():
    widths = Counter(
        frame_digits(subject, task) for subject in BP4D_SUBJECTS for task in TASKS
    )
    assert widths == {4: 203, 3: 124, 2: 1}
    assert {task for task in TASKS if frame_digits('M005', task) == 2} == {'T8'}


def test_41_subjects_and_8_tasks():
    assert len(BP4D_SUBJECTS) == len(set(BP4D_SUBJECTS)) == 41
    assert tuple(BP4D_TASK_EMOTIONS) == TASKS


@pytest.mark.parametrize('subject', SUBJECTS)
@pytest.mark.parametrize('task', TASKS)
def test_images_are_numbered_as_in_the_real_data(tree, subject, task):
    stems = [path.stem for path in images(tree, subject, task)]
    assert {len(stem) for stem in stems} == {frame_digits(subject, task)}
    numbers = [int(stem) for stem in stems]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert numbers[0] >= 1


@pytest.mark.parametrize('subject', SUBJECTS)
@pytest.mark.parametrize('task', TASKS)
def test_codes_cover_a_segment_without_gaps(tree, subject, task):
    path = tree / 'AUCoding' / 'AU_OCC' / f'{subject}_{task}.csv'
    header, table = read_codes(path)
    assert header == list(range(100))
    frames = table[:, 0]
    np.testing.assert_array_equal(np.diff(frames), 1)
    numbers = [int(image.stem) for image in images(tree, subject, task)]
    assert numbers[0] < frames[0] <= frames[-1] < numbers[-1]
    assert set(np.unique(table[:, 1:])) <= {0, 1, 9}
    others = [number for number in range(1, 100) if number not in AU_NUMBERS]
    assert (table[:, others] == 9).all()


def test_codes_are_what_the_world_simulated(tree):
    for subject in SUBJECTS:
        for task, emotion in BP4D_TASK_EMOTIONS.items():
            path = tree / 'AUCoding' / 'AU_OCC' / f'{subject}_{task}.csv'
            _, table = read_codes(path)
            paths = images(tree, subject, task)
            sequence = simulate_sequence(0, subject, task, emotion, len(paths))
            first = int(table[0, 0]) - int(paths[0].stem)
            truth = sequence.occurrence[first : first + len(table)]
            known = table[:, AU_NUMBERS] != 9
            np.testing.assert_array_equal(table[:, AU_NUMBERS][known], truth[known])


def test_images_are_what_the_world_rendered(tree):
    paths = images(tree, 'M010', 'T7')
    sequence = simulate_sequence(0, 'M010', 'T7', 'anger', len(paths))
    for path, frame in zip(paths, sequence.frames(32), strict=True):
        stored = cv2.imread(str(path))[..., ::-1].astype(float)
        assert stored.shape == (32, 32, 3)
        assert np.abs(stored - frame).mean() < 8


def test_a_subset_holds_the_same_files(tree, contents, tmp_path):
    write_bp4d(tmp_path / 'one', **{**SMALL, 'subjects': ('M010',)})
    whole = contents(tree)
    for path, content in contents(tmp_path / 'one').items():
        assert whole[path] == content


@pytest.mark.slow
def test_worker_processes_write_the_same_files(tree, contents, tmp_path):
    write_bp4d(tmp_path / 'parallel', **{**SMALL, 'workers': 2})
    assert contents(tmp_path / 'parallel') == contents(tree)


def test_another_seed_gives_other_pixels(tree, tmp_path):
    write_bp4d(tmp_path / 'other', **{**SMALL, 'subjects': ('F001',)}, seed=1)
    first = images(tmp_path / 'other', 'F001', 'T1')[0].read_bytes()
    assert all(first != path.read_bytes() for path in images(tree, 'F001', 'T1'))


def test_a_few_codes_are_unknown(monkeypatch, tmp_path):
    monkeypatch.setattr(bp4d, '_write_frames', lambda *_: None)
    write_bp4d(tmp_path / 'codes', frames_per_sequence=48, workers=1)
    tables = [
        read_codes(path)[1] for path in (tmp_path / 'codes').rglob('AU_OCC/*.csv')
    ]
    assert len(tables) == 328
    unknown = (np.concatenate(tables)[:, BP4D_AUS] == 9).mean()
    assert 0.0005 < unknown < 0.01
    starts = np.array([table[0, 0] for table in tables])
    assert (starts > 1000).sum() > 100
    assert 15000 < sum(map(len, tables)) < 20000


def test_long_sequences_fit_the_width_of_their_names(monkeypatch, tmp_path):
    monkeypatch.setattr(bp4d, '_write_frames', lambda *_: None)
    write_bp4d(
        tmp_path / 'long', subjects=('M005',), frames_per_sequence=800, workers=1
    )
    for task in TASKS:
        _, table = read_codes(tmp_path / 'long/AUCoding/AU_OCC' / f'M005_{task}.csv')
        assert table[-1, 0] < 10 ** frame_digits('M005', task)
        assert table[0, 0] > 1
    assert len(read_codes(tmp_path / 'long/AUCoding/AU_OCC/M005_T8.csv')[1]) > 80


def test_videos_have_activity_codes_in_their_names(videos):
    names = {path.name for path in videos.rglob('*.avi')}
    codes = ('01', '03', '07', '08', '09', '10', '11', '13')
    assert names == {f'2{s[0]}{s[2:]}_{code}.avi' for s in SUBJECTS for code in codes}


def test_row_f_describes_the_fth_frame_of_a_video_counted_from_1(videos):
    _, table = read_codes(videos / 'AUCoding' / 'F001_T3.csv')
    (path,) = videos.rglob('2F01_07.avi')
    capture, decoded = cv2.VideoCapture(str(path)), []
    while (frame := capture.read()[1]) is not None:
        decoded.append(frame)
    assert 1 < table[0, 0] <= table[-1, 0] < len(decoded)
    sequence = simulate_sequence(0, 'F001', 'T3', 'surprise', len(decoded))
    for stored, frame in zip(decoded, sequence.frames(32), strict=True):
        assert np.abs(stored[..., ::-1].astype(float) - frame).mean() < 8
    known = table[:, AU_NUMBERS] != 9
    truth = sequence.occurrence[table[:, 0] - 1]
    np.testing.assert_array_equal(table[:, AU_NUMBERS][known], truth[known])


def read_fit(path):
    """Return pred and pose of a v7.3 file: a matrix or None per frame."""
    h5py = pytest.importorskip('h5py')
    with h5py.File(path) as file:
        return {
            name: [
                None if 'MATLAB_empty' in file[cell].attrs else file[cell][()].T
                for cell in file['fit'][name][()].ravel()
            ]
            for name in ('pred', 'pose')
        }


@pytest.fixture(scope='module')
def tracked(tmp_path_factory):
    pytest.importorskip('h5py')
    root = tmp_path_factory.mktemp('bp4d') / 'tracked'
    write_bp4d(root, **{**SMALL, 'subjects': ('M010',)}, landmarks=True)
    return root


def test_landmarks_come_on_top_of_an_unchanged_tree(tree, tracked, contents):
    whole, more = contents(tree), contents(tracked)
    landmarks = {path for path in more if path.parts[0] == '2DFeatures'}
    assert {path.name for path in landmarks} == {f'M010_{task}.mat' for task in TASKS}
    assert all(more[path] == whole[path] for path in more.keys() - landmarks)


def test_element_k_of_the_landmarks_belongs_to_frame_k_plus_1(tracked):
    paths = images(tracked, 'M010', 'T7')
    first = int(paths[0].stem)
    fit = read_fit(tracked / '2DFeatures' / 'M010_T7.mat')
    assert len(fit['pred']) == len(fit['pose']) == int(paths[-1].stem)
    assert fit['pred'][: first - 1] == fit['pose'][: first - 1] == [None] * (first - 1)
    sequence = simulate_sequence(0, 'M010', 'T7', 'anger', len(paths))
    from_1 = sequence.landmarks(32, 49) + 1
    np.testing.assert_array_equal(np.stack(fit['pred'][first - 1 :]), from_1)
    poses = np.concatenate(fit['pose'][first - 1 :])
    np.testing.assert_array_equal(poses, sequence.head_poses())


def test_the_loader_finds_the_landmarks_of_every_coded_image_but_one(tracked):
    dataset = BP4D(tracked)
    points = dataset.own_points(dataset.data_list)
    lost = np.flatnonzero(np.isnan(points).any(axis=(1, 2)))
    assert [dataset.get_data_info(index)['sequence'] for index in lost] == ['T6']
    record = dataset.get_data_info(0)
    paths = images(tracked, 'M010', 'T1')
    sequence = simulate_sequence(0, 'M010', 'T1', 'happiness', len(paths))
    truth = sequence.landmarks(32)[record['frame'] - int(paths[0].stem)]
    np.testing.assert_allclose(points[0], five_points(truth), atol=1e-3)


@pytest.mark.parametrize('task', TASKS)
def test_known_sequences_have_coded_frames_without_landmarks(tracked, task):
    path = tracked / 'AUCoding' / 'AU_OCC' / f'M010_{task}.csv'
    coded = read_codes(path)[1][:, 0]
    pred = read_fit(tracked / '2DFeatures' / f'M010_{task}.mat')['pred']
    lost = sum(pred[frame - 1] is None for frame in coded)
    assert lost == (1 if f'M010_{task}' in BP4D_LOST_LANDMARKS else 0)


def test_the_marker_says_what_the_tree_is(tree):
    marker = json.loads((tree / 'SYNTHETIC.json').read_text())
    assert 'NOT BP4D' in marker['what']
    assert marker['images'] == len(list(tree.rglob('*.jpg')))
    assert marker['settings']['seed'] == 0
    assert marker['settings']['size'] == 32
    assert set(marker['made_with']) == {'numpy', 'opencv'}
    assert [path.name for path in tree.glob('*.json')] == ['SYNTHETIC.json']


def test_a_complete_tree_is_left_alone(tree, capsys):
    before = {path: path.stat().st_mtime_ns for path in tree.rglob('*')}
    assert write_bp4d(tree, **SMALL) == 0
    assert 'complete already' in capsys.readouterr().err
    assert before == {path: path.stat().st_mtime_ns for path in tree.rglob('*')}


def test_a_tree_of_other_settings_is_refused(tree):
    with pytest.raises(SyntheticTreeError, match='seed: there 0, wanted 5'):
        write_bp4d(tree, **SMALL, seed=5)


def test_an_interrupted_run_is_unfinished_and_can_be_repeated(
    tree, contents, tmp_path, monkeypatch
):
    root, write = tmp_path / 'tree', bp4d._write_sequence

    def fail_late(job):
        if (job.subject, job.task) == ('M005', 'T2'):
            raise KeyboardInterrupt
        return write(job)

    monkeypatch.setattr(bp4d, '_write_sequence', fail_late)
    with pytest.raises(KeyboardInterrupt):
        write_bp4d(root, **SMALL)
    assert not (root / 'SYNTHETIC.json').exists()
    with pytest.raises(SyntheticTreeError, match='size'):
        write_bp4d(root, **{**SMALL, 'size': 48})
    monkeypatch.setattr(bp4d, '_write_sequence', write)
    assert write_bp4d(root, **SMALL) > 0
    assert contents(root) == contents(tree)
    assert (root / 'SYNTHETIC.json').is_file()


def test_a_folder_with_other_data_is_not_touched(tmp_path):
    (tmp_path / 'thesis.txt').write_text('mine')
    with pytest.raises(SyntheticTreeError, match='not a synthetic tree'):
        write_bp4d(tmp_path, **SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ['thesis.txt']


@pytest.mark.parametrize(
    ('setting', 'value'),
    [
        ('subjects', ('F024',)),
        ('subjects', ()),
        ('subjects', ('F001', 'F001')),
        ('frames_per_sequence', 0),
        ('size', 4),
        ('packaging', 'mp4'),
        ('au_coding', 'AU_INT'),
    ],
)
def test_impossible_settings_are_refused_before_anything_is_written(
    tmp_path, setting, value
):
    with pytest.raises(SyntheticSettingError, match=setting):
        write_bp4d(tmp_path / 'new', **{**SMALL, setting: value})
    assert not (tmp_path / 'new').exists()
