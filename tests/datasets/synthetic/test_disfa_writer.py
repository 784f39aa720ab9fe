"""write_disfa: the tree on disk against DISFA's official layout."""

import json

import cv2
import numpy as np
import pytest

from clef_mm.datasets.disfa import DISFA
from clef_mm.datasets.synthetic.action_units import AU_NUMBERS
from clef_mm.datasets.synthetic.disfa import simulate_subject, write_disfa
from clef_mm.datasets.synthetic.disfa_layout import (
    DISFA_AUS,
    DISFA_SUBJECTS,
    landmark_name,
)
from clef_mm.datasets.synthetic.landmarks import face_landmarks, five_points
from clef_mm.datasets.synthetic.setting_checks import SyntheticSettingError
from clef_mm.datasets.synthetic.tree import SyntheticTreeError

SUBJECTS = ('SN001', 'SN002', 'SN003', 'SN010')
N_FRAMES = 18
SMALL = {'subjects': SUBJECTS, 'frames_per_video': N_FRAMES, 'size': 32, 'workers': 1}
VIDEOS = {
    'left': 'Videos_LeftCamera/LeftVideo{}_comp.avi',
    'right': 'Video_RightCamera/RightVideo{}_Comp.avi',
}


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp('disfa') / 'tree'
    write_disfa(root, **SMALL)
    return root


def read_labels(root, subject, number):
    path = root / 'ActionUnit_Labels' / subject / f'{subject}_au{number}.txt'
    return np.loadtxt(path, int, delimiter=',', ndmin=2)


def decode(path):
    capture, frames = cv2.VideoCapture(str(path)), []
    while (frame := capture.read()[1]) is not None:
        frames.append(frame[..., ::-1])
    return np.stack(frames).astype(float)


def test_27_subjects():
    assert len(DISFA_SUBJECTS) == 27
    numbers = {int(name.removeprefix('SN')) for name in DISFA_SUBJECTS}
    assert set(range(1, 33)) - numbers == {14, 15, 19, 20, 22}


def test_files_of_a_tree(tree):
    expected = {pattern.format(s) for pattern in VIDEOS.values() for s in SUBJECTS}
    assert {str(path.relative_to(tree)) for path in tree.rglob('*.avi')} == expected
    for subject in SUBJECTS:
        names = {path.name for path in (tree / 'ActionUnit_Labels' / subject).iterdir()}
        units = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
        assert names == {f'{subject}_au{number}.txt' for number in units}


@pytest.mark.parametrize('camera', VIDEOS)
def test_every_video_has_a_frame_per_label_row_but_that_of_sn010(tree, camera):
    for subject in SUBJECTS:
        n_frames = len(decode(tree / VIDEOS[camera].format(subject)))
        assert n_frames == N_FRAMES
        for number in DISFA_AUS:
            labels = read_labels(tree, subject, number)
            n_rows = N_FRAMES - 1 if subject == 'SN010' else N_FRAMES
            np.testing.assert_array_equal(labels[:, 0], np.arange(1, n_rows + 1))


@pytest.mark.parametrize('subject', SUBJECTS)
def test_labels_are_the_levels_that_the_world_simulated(tree, subject):
    sequence = simulate_subject(0, subject, N_FRAMES)
    for number in DISFA_AUS:
        levels = read_labels(tree, subject, number)[:, 1]
        column = AU_NUMBERS.index(number)
        truth = sequence.levels[: len(levels), column]
        np.testing.assert_array_equal(levels, truth)
        present = sequence.occurrence[: len(levels), column]
        np.testing.assert_array_equal(levels >= 2, present)


def test_every_au_is_seen_at_every_level():
    recordings = [simulate_subject(0, subject, 240) for subject in DISFA_SUBJECTS]
    levels = np.concatenate([recording.levels for recording in recordings])
    for number in DISFA_AUS:
        column = levels[:, AU_NUMBERS.index(number)]
        assert set(column) == {0, 1, 2, 3, 4, 5}
        assert 0.02 < (column >= 2).mean() < 0.6


@pytest.mark.parametrize('camera', VIDEOS)
def test_videos_are_what_the_world_rendered(tree, camera):
    stored = decode(tree / VIDEOS[camera].format('SN003'))
    sequence = simulate_subject(0, 'SN003', N_FRAMES, camera)
    rendered = np.stack(list(sequence.frames(32))).astype(float)
    assert np.abs(stored - rendered).mean(axis=(1, 2, 3)).max() < 8


def test_the_right_camera_sees_the_same_behaviour_from_further_round():
    left, right = (simulate_subject(0, 'SN001', 9, camera) for camera in VIDEOS)
    np.testing.assert_array_equal(left.intensities, right.intensities)
    np.testing.assert_allclose(
        right.head_poses() - left.head_poses(), [[0, 0.2, 0]] * 9, atol=1e-12
    )
    moved = right.landmarks(96)[:, 30, 0] - left.landmarks(96)[:, 30, 0]
    assert (moved > 1).all()  # the tip of the nose, to the right


def test_landmark_files_have_two_kinds_of_names_and_first_numbers(tree):
    folder = tree / 'Landmark_Points'
    first = {
        subject: min(
            path.name for path in (folder / subject / 'tmp_frame_lm').iterdir()
        )
        for subject in SUBJECTS
    }
    assert first == {
        'SN001': 'SN001_0000_lm.mat',
        'SN002': 'l00000_lm.mat',
        'SN003': 'SN003_0001_lm.mat',
        'SN010': 'l00001_lm.mat',
    }


@pytest.mark.parametrize(
    ('subject', 'first', 'extra'),
    [('SN001', 0, 0), ('SN002', 0, 1), ('SN003', 1, 0), ('SN010', 1, 1)],
)
def test_landmarks_are_the_rendered_ones_counted_from_1(tree, subject, first, extra):
    loadmat = pytest.importorskip('scipy.io').loadmat
    folder = tree / 'Landmark_Points' / subject / 'tmp_frame_lm'
    assert len(list(folder.iterdir())) == N_FRAMES + extra
    sequence = simulate_subject(0, subject, N_FRAMES)
    for index, row in enumerate(sequence.intensities):
        path = folder / landmark_name(subject, first + extra + index)
        expected = face_landmarks(
            sequence.identity,
            dict(zip(AU_NUMBERS, row, strict=True)),
            sequence.conditions[index],
            32,
            count=66,
        )
        np.testing.assert_array_equal(loadmat(path)['pts'], expected + 1)


def test_the_loader_reads_every_row_and_landmark(tree):
    pytest.importorskip('scipy')
    dataset = DISFA(tree)
    assert len(dataset) == N_FRAMES * len(SUBJECTS) - 1
    points = dataset.own_points(dataset.data_list)
    subjects = dataset.column('subject')
    for subject in SUBJECTS:
        truth = simulate_subject(0, subject, N_FRAMES).landmarks(32, 68)
        found = points[subjects.isin([subject])]
        expected = np.stack([five_points(face) for face in truth[: len(found)]])
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_parts_can_be_left_out(tree, contents, tmp_path):
    write_disfa(
        tmp_path / 'part',
        **{**SMALL, 'subjects': ('SN002', 'SN001')},
        cameras=['right'],
        landmarks=False,
        missing_au_file=True,
    )
    whole, part = contents(tree), contents(tmp_path / 'part')
    assert all(whole[path] == content for path, content in part.items())
    names = {str(path) for path in part}
    labels = {f'ActionUnit_Labels/SN002/SN002_au{number}.txt' for number in DISFA_AUS}
    assert labels - names == {'ActionUnit_Labels/SN002/SN002_au20.txt'}
    assert 'ActionUnit_Labels/SN001/SN001_au20.txt' in names
    videos = {VIDEOS['right'].format(subject) for subject in ('SN001', 'SN002')}
    assert {name for name in names if name.endswith('.avi')} == videos
    assert len(names) == 11 + 12 + 2


@pytest.mark.slow
def test_worker_processes_write_the_same_files(tree, contents, tmp_path):
    write_disfa(tmp_path / 'parallel', **{**SMALL, 'workers': 2})
    assert contents(tmp_path / 'parallel') == contents(tree)


def test_the_marker_says_what_the_tree_is(tree):
    marker = json.loads((tree / 'SYNTHETIC.json').read_text())
    assert 'NOT DISFA' in marker['what']
    assert marker['images'] == 2 * N_FRAMES * len(SUBJECTS)


def test_a_complete_tree_is_left_alone_and_others_are_refused(tree, capsys):
    assert write_disfa(tree, **SMALL) == 0
    assert 'complete already' in capsys.readouterr().err
    with pytest.raises(SyntheticTreeError, match='missing_au_file: there False'):
        write_disfa(tree, **SMALL, missing_au_file=True)


@pytest.mark.parametrize(
    ('setting', 'value'),
    [
        ('subjects', ('SN014',)),
        ('subjects', ('SN001', 'SN001')),
        ('frames_per_video', 1),
        ('size', 4),
        ('cameras', ()),
        ('cameras', ('front',)),
    ],
)
def test_impossible_settings_are_refused_before_anything_is_written(
    tmp_path, setting, value
):
    with pytest.raises(SyntheticSettingError, match=setting):
        write_disfa(tmp_path / 'new', **{**SMALL, setting: value})
    assert not (tmp_path / 'new').exists()
