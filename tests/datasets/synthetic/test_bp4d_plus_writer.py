"""write_bp4d_plus: the tree on disk against BP4D+'s official layout."""

import json
from zipfile import ZipFile

import cv2
import numpy as np
import pytest

from clef_mm.datasets.bp4d_plus import BP4DPlus
from clef_mm.datasets.synthetic import bp4d_plus, landmark_files
from clef_mm.datasets.synthetic.action_units import AU_NUMBERS
from clef_mm.datasets.synthetic.behaviour import EMOTIONS
from clef_mm.datasets.synthetic.bp4d_plus import write_bp4d_plus
from clef_mm.datasets.synthetic.bp4d_plus_layout import (
    BP4D_PLUS_AUS,
    BP4D_PLUS_CODE_COLUMNS,
    BP4D_PLUS_SUBJECTS,
    BP4D_PLUS_TASK_EMOTIONS,
    person_of,
)
from clef_mm.datasets.synthetic.landmark_files import MissingPackageError
from clef_mm.datasets.synthetic.landmarks import five_points
from clef_mm.datasets.synthetic.setting_checks import SyntheticSettingError
from clef_mm.datasets.synthetic.tree import SyntheticTreeError
from clef_mm.datasets.synthetic.world import draw_subject, simulate_sequence

SUBJECTS = ('F003', 'F041', 'F042')
TASKS = tuple(f'T{number}' for number in range(1, 11))
CODED = ('T1', 'T6', 'T7', 'T8')
INTENSITY_AUS = (6, 10, 12, 14, 17)
SMALL = {'subjects': SUBJECTS, 'frames_per_sequence': 5, 'size': 32, 'workers': 1}


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp('bp4d_plus') / 'tree'
    write_bp4d_plus(root, **SMALL)
    return root


@pytest.fixture(scope='module')
def zipped(tmp_path_factory):
    root = tmp_path_factory.mktemp('bp4d_plus') / 'zip'
    write_bp4d_plus(root, **SMALL, packaging='zip')
    return root


@pytest.fixture(scope='module')
def codes(tmp_path_factory):
    """A tree of all subjects at the default length, without pixels or landmarks."""
    root = tmp_path_factory.mktemp('bp4d_plus') / 'codes'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bp4d_plus, '_write_folders', lambda *_: None)
        subjects = BP4D_PLUS_SUBJECTS[::5]
        write_bp4d_plus(root, subjects=subjects, landmarks=False, workers=1)
    return root


def read_occurrence(root, name):
    path = root / 'AUCoding' / 'AU_OCC' / f'{name}.csv'
    header = path.read_text().splitlines()[0]
    table = np.loadtxt(path, int, delimiter=',', skiprows=1, ndmin=2)
    return [int(cell) for cell in header.split(',')], table


def read_intensity(root, name, unit):
    path = root / 'AUCoding' / 'AU_INT' / unit / f'{name}_{unit}.csv'
    return np.loadtxt(path, int, delimiter=',', ndmin=2)


def images(root, subject, task):
    return sorted((root / '2D+3D' / subject / task).iterdir())


def landmarks(root, name):
    from scipy.io import loadmat

    return loadmat(root / '2DFeatures' / f'{name}.mat')['fit'][0]


def simulated(subject, task, n_frames):
    emotion = BP4D_PLUS_TASK_EMOTIONS[task]
    return simulate_sequence(0, person_of(subject), task, emotion, n_frames)


def test_140_subjects_and_10_tasks():
    women = [name for name in BP4D_PLUS_SUBJECTS if name[0] == 'F']
    assert (women[0], women[-1], len(women)) == ('F001', 'F082', 82)
    men = [name for name in BP4D_PLUS_SUBJECTS if name[0] == 'M']
    assert (men[0], men[-1], len(men)) == ('M001', 'M058', 58)
    assert tuple(BP4D_PLUS_TASK_EMOTIONS) == TASKS
    assert set(BP4D_PLUS_TASK_EMOTIONS.values()) == set(EMOTIONS)


def test_subjects_are_other_people_than_those_of_bp4d_with_the_same_id():
    assert draw_subject(0, person_of('M001')) != draw_subject(0, 'M001')
    women = [draw_subject(0, person_of(f'F{k:03d}'))[0] for k in range(1, 83)]
    assert {face.hair.facial_hair for face in women} == {'none'}


@pytest.mark.parametrize('subject', SUBJECTS)
@pytest.mark.parametrize('task', TASKS)
def test_images_count_from_0_with_four_digits(tree, subject, task):
    names = [path.name for path in images(tree, subject, task)]
    assert names == [f'{index:04d}.jpg' for index in range(len(names))]
    assert len(names) > 4


def test_four_tasks_have_codes(tree):
    expected = {f'{subject}_{task}' for subject in SUBJECTS for task in CODED}
    coding = tree / 'AUCoding'
    assert {path.stem for path in (coding / 'AU_OCC').iterdir()} == expected
    units = {f'AU{number:02d}' for number in INTENSITY_AUS}
    assert {path.name for path in (coding / 'AU_INT').iterdir()} == units
    for unit in units:
        names = {path.name for path in (coding / 'AU_INT' / unit).iterdir()}
        assert names == {f'{name}_{unit}.csv' for name in expected}


def test_the_header_has_gaps(tree):
    header, _ = read_occurrence(tree, 'F042_T1')
    assert header == [0, *BP4D_PLUS_CODE_COLUMNS]
    assert set(range(1, 40)) - set(header) == {3, 8, 21, 25, 26}


@pytest.mark.parametrize('subject', SUBJECTS)
@pytest.mark.parametrize('task', CODED)
def test_codes_are_what_the_world_simulated(tree, subject, task):
    name = f'{subject}_{task}'
    header, table = read_occurrence(tree, name)
    frames = table[:, 0]
    np.testing.assert_array_equal(np.diff(frames), 1)
    assert frames[0] > 1
    sequence = simulated(subject, task, len(landmarks(tree, name)))
    for column, number in enumerate(header[1:], 1):
        if number in AU_NUMBERS:
            known = table[:, column] != 9
            truth = sequence.occurrence[frames - 1, AU_NUMBERS.index(number)]
            np.testing.assert_array_equal(table[known, column], truth[known])
        else:
            assert (table[:, column] == 9).all()
    for number in INTENSITY_AUS:
        levels = read_intensity(tree, name, f'AU{number:02d}')
        np.testing.assert_array_equal(levels[:, 0], frames)
        known = levels[:, 1] != 9
        truth = sequence.levels[frames - 1, AU_NUMBERS.index(number)]
        np.testing.assert_array_equal(levels[known, 1], truth[known])
        occurrence = table[:, header.index(number)]
        np.testing.assert_array_equal(known, occurrence != 9)
        np.testing.assert_array_equal(levels[known, 1] >= 2, occurrence[known])


def test_image_f_minus_1_shows_frame_f(tree):
    paths = images(tree, 'F042', 'T5')
    frames = simulated('F042', 'T5', len(paths)).frames(32)
    for path, frame in zip(paths, frames, strict=True):
        stored = cv2.imread(str(path))[..., ::-1].astype(float)
        assert stored.shape == (32, 32, 3)
        assert np.abs(stored - frame).mean() < 8


def test_codes_are_unknown_in_places(codes):
    tables = [read_occurrence(codes, path.stem) for path in codes.rglob('AU_OCC/*')]
    assert len(tables) == 28 * 4
    columns = [tables[0][0].index(number) for number in BP4D_PLUS_AUS]
    cells = np.concatenate([table for _, table in tables])[:, columns]
    assert 0.0005 < (cells == 9).mean() < 0.015
    assert 0.1 < (cells == 1).mean() < 0.5
    lengths = [len(table) for _, table in tables]
    assert 23 < np.mean(lengths) < 25
    assert len(set(lengths)) > 4


def test_one_sequence_has_codes_beyond_its_images(tree):
    for subject in SUBJECTS:
        for task in CODED:
            last = read_occurrence(tree, f'{subject}_{task}')[1][-1, 0]
            n_images = len(images(tree, subject, task))
            assert (last > n_images) == ((subject, task) == ('F041', 'T7'))


def test_one_sequence_has_landmarks_beyond_its_images(tree):
    for subject in SUBJECTS:
        for task in TASKS:
            n_more = len(landmarks(tree, f'{subject}_{task}')) - len(
                images(tree, subject, task)
            )
            short = (subject, task) in [('F003', 'T8'), ('F041', 'T7')]
            assert (n_more > 0) == short


def test_one_folder_of_physiology_is_empty(tree, zipped):
    for root in (tree, zipped):
        found = [path.relative_to(root) for path in root.glob('Physiology/*/*')]
        assert [path.parts[1:] for path in found] == [('F042', 'T11')]
        assert not list((root / found[0]).iterdir())


def test_landmarks_are_the_rendered_ones_counted_from_1(tree):
    fit = landmarks(tree, 'F042_T10')
    assert [element['frame'].item() for element in fit] == [
        float(frame) for frame in range(1, len(fit) + 1)
    ]
    sequence = simulated('F042', 'T10', len(fit))
    points = np.stack([element['pred'] for element in fit])
    np.testing.assert_array_equal(points, sequence.landmarks(32, 49) + 1)
    poses = np.concatenate([element['pose'] for element in fit])
    np.testing.assert_array_equal(poses, sequence.head_poses())


def test_the_loader_reads_every_coded_image_and_its_landmarks(tree, zipped):
    for root in (tree, zipped):
        dataset = BP4DPlus(root)
        n_rows = sum(
            len(read_occurrence(root, f'{subject}_{task}')[1])
            for subject in SUBJECTS
            for task in CODED
        )
        assert len(dataset) == n_rows - 1  # of F041_T7, which ends early
        points = dataset.own_points(dataset.data_list)
        for index in (0, len(dataset) // 2, len(dataset) - 1):
            record = dataset.get_data_info(index)
            subject, task, frame = (
                record[key] for key in ('subject', 'sequence', 'frame')
            )
            assert record['img_path'].endswith(f'{subject}/{task}/{frame - 1:04d}.jpg')
            n_frames = len(landmarks(root, f'{subject}_{task}'))
            truth = simulated(subject, task, n_frames).landmarks(32)[frame - 1]
            np.testing.assert_allclose(points[index], five_points(truth), atol=1e-3)


def test_a_zip_holds_the_same_images_in_no_order(tree, zipped):
    for subject in SUBJECTS:
        with ZipFile(zipped / '2D+3D' / f'{subject}.zip') as archive:
            names = archive.namelist()
            stored = {name: archive.read(name) for name in names}
        folder = tree / '2D+3D'
        assert stored == {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for task in TASKS
            for path in images(tree, subject, task)
        }
        assert names != sorted(names)


def test_a_subset_holds_the_same_files(zipped, contents, tmp_path):
    one = {**SMALL, 'subjects': ('F042',), 'packaging': 'zip'}
    write_bp4d_plus(tmp_path / 'one', **one)
    whole, part = contents(zipped), contents(tmp_path / 'one')
    assert part
    assert all(whole[path] == content for path, content in part.items())


@pytest.mark.slow
def test_worker_processes_write_the_same_files(zipped, contents, tmp_path):
    write_bp4d_plus(tmp_path / 'parallel', **{**SMALL, 'workers': 2}, packaging='zip')
    assert contents(tmp_path / 'parallel') == contents(zipped)


def test_the_marker_says_what_the_tree_is(tree):
    marker = json.loads((tree / 'SYNTHETIC.json').read_text())
    assert 'NOT BP4D+' in marker['what']
    assert marker['images'] == len(list(tree.rglob('*.jpg')))


def test_a_complete_tree_is_left_alone_and_others_are_refused(tree, capsys):
    assert write_bp4d_plus(tree, **SMALL) == 0
    assert 'complete already' in capsys.readouterr().err
    with pytest.raises(SyntheticTreeError, match=r"packaging: there 'frames'"):
        write_bp4d_plus(tree, **SMALL, packaging='zip')


def test_landmarks_can_be_left_out_and_need_scipy(monkeypatch, tmp_path):
    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr(landmark_files, 'import_module', refuse)
    with pytest.raises(MissingPackageError, match='scipy'):
        write_bp4d_plus(tmp_path / 'with', **SMALL)
    assert not (tmp_path / 'with').exists()
    one = {**SMALL, 'subjects': ('M001',)}
    assert write_bp4d_plus(tmp_path / 'without', **one, landmarks=False) > 0
    assert not (tmp_path / 'without' / '2DFeatures').exists()


@pytest.mark.parametrize(
    ('setting', 'value'),
    [
        ('subjects', ('M059',)),
        ('subjects', ()),
        ('frames_per_sequence', 0),
        ('size', 4),
        ('packaging', 'avi'),
    ],
)
def test_impossible_settings_are_refused_before_anything_is_written(
    tmp_path, setting, value
):
    with pytest.raises(SyntheticSettingError, match=setting):
        write_bp4d_plus(tmp_path / 'new', **{**SMALL, setting: value})
    assert not (tmp_path / 'new').exists()
