"""DISFA on disk: irregular names, two numberings, options; by a slow reader."""

import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
from disfa_tree import (
    FILE_UNITS,
    FRAMES,
    UNITS,
    DisfaTree,
    read_slowly,
    records_of,
    subjects,
)
from recording_trees import oddities_of, shade

from clef_mm.datasets import DISFA, disfa
from clef_mm.datasets.disfa_layout import find_sources
from clef_mm.datasets.face_dataset import DataRootError, DatasetOptionError
from clef_mm.datasets.folds import subject_parts
from clef_mm.datasets.load_report import LoadReport
from clef_mm.datasets.prepared_index import write_index
from clef_mm.datasets.reading import recordings
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.registry import DATASETS


@pytest.fixture(scope='module')
def released(tmp_path_factory):
    """Return a tree of three subjects and both cameras; only to be read."""
    tree = DisfaTree(tmp_path_factory.mktemp('DISFA')).fill()
    for subject, count in FRAMES.items():
        tree.add_video(subject, count, side='Right')
    return tree


PACKAGINGS = {
    'released': {},
    'lower case': {'rename': str.lower, 'labels': 'actionunit_labels'},
    'upper case': {'rename': str.upper, 'labels': 'ACTIONUNIT_LABELS'},
    'CRLF': {'newline': '\r\n'},
    'byte order mark': {'encoding': 'utf-8-sig'},
}


@pytest.mark.parametrize('packaging', PACKAGINGS.values(), ids=PACKAGINGS)
def test_records_equal_those_of_a_slow_reader(make_disfa, packaging):
    tree = make_disfa(**packaging).fill()
    dataset = DISFA(tree.root)
    assert records_of(dataset) == read_slowly(tree.root)
    assert len(dataset) == sum(FRAMES.values())
    assert oddities_of(dataset) == {}
    assert {value for *_, labels in records_of(dataset) for value in labels} == {0, 1}


@pytest.mark.parametrize('side', ['left', 'right'])
def test_records_know_their_frame_of_the_video(released, side):
    dataset = DISFA(released.root, side, pipeline=[LoadFace(size=8), PackFace()])
    assert records_of(dataset) == read_slowly(released.root)
    for index in range(len(dataset)):
        record = dataset.get_data_info(index)
        assert record['video_frame'] == record['frame'] - 1
        assert record['sequence'] == side
        name = {'left': 'LeftVideo{}_comp', 'right': 'RightVideo{}_Comp'}[side]
        assert Path(record['img_path']).stem == name.format(record['subject'])
        assert record['intensities'].dtype == record['gt_aus'].dtype == np.int8
        item = dataset[index]
        level = (
            shade(record['frame']) if side == 'left' else 255 - shade(record['frame'])
        )
        assert abs(item['inputs'].mean() - level) < 3
        assert item['data_samples'].activity == -1


def test_subject_10_has_one_frame_less(released):
    counts = dict.fromkeys(FRAMES, 0)
    for subject, *_ in records_of(DISFA(released.root)):
        counts[subject] += 1
    assert counts == FRAMES


VIDEO_NAMES = [
    ('Video_LeftCamera', 'LeftVideoSN001_Comp.avi'),
    ('Videos_LeftCamera', 'LeftVideosSN001_comp.AVI'),
    ('videos', 'leftvideosn001.mp4'),
    ('.', 'LeftVideoSN001_comp.avi'),
    ('a/b', 'Left_Video_SN001_comp.avi'),
]


@pytest.mark.parametrize(('folder', 'name'), VIDEO_NAMES)
def test_video_names_of_any_copy(make_disfa, folder, name):
    tree = make_disfa()
    tree.add_labels('SN001', 5)
    path = tree.add_video('SN001', 5, 'x', 'x.avi')
    target = tree.root / folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)
    assert records_of(DISFA(tree.root)) == read_slowly(tree.root)


def test_two_videos_of_a_subject_are_refused(make_disfa):
    tree = make_disfa().fill()
    path = tree.add_video('SN001', 5, 'copy')
    with pytest.raises(DataRootError, match=re.escape(str(path))):
        DISFA(tree.root)


def test_the_registry_builds_it(released):
    dataset = DATASETS.build({'type': 'DISFA', 'data_root': str(released.root)})
    assert type(dataset) is DISFA
    assert dataset.metainfo['dataset'] == 'DISFA'
    assert 'activities' not in dataset.metainfo


@pytest.mark.parametrize('fold', [1, 2, 3])
def test_folds(released, fold):
    expected = set(subject_parts('disfa')[fold - 1]) & set(FRAMES)
    dataset = DISFA(released.root, split='test', fold=fold)
    assert subjects(dataset) == expected != set()


# --- extracted frames -----------------------------------------------------------------


@pytest.mark.parametrize('digits', [1, 5])
@pytest.mark.parametrize('offset', [-1, 0])
@pytest.mark.parametrize('folder', ['.', 'img', 'DISFA/Left images'])
def test_frames_in_folders(make_disfa, offset, digits, folder):
    tree = make_disfa().fill(offset=offset, digits=digits, folder=folder)
    dataset = DISFA(
        tree.root, frame_offset=offset, pipeline=[LoadFace(size=8), PackFace()]
    )
    assert records_of(dataset) == read_slowly(tree.root)
    assert oddities_of(dataset) == {}
    for index in range(len(dataset)):
        record = dataset.get_data_info(index)
        assert int(Path(record['img_path']).stem) == record['frame'] + offset
        assert abs(dataset[index]['inputs'].mean() - shade(record['frame'])) < 2
        assert 'video_frame' not in record


@pytest.mark.parametrize(('real', 'taken'), [(-1, 0), (0, -1)])
def test_the_other_numbering_is_refused(make_disfa, real, taken):
    tree = make_disfa().fill(offset=real)
    message = rf'SN001 holds images .*Set frame_offset={real}, not {taken}'
    with pytest.raises(DataRootError, match=message):
        DISFA(tree.root, frame_offset=taken)
    assert oddities_of(DISFA(tree.root, frame_offset=real)) == {}


@pytest.mark.parametrize(
    ('numbers', 'taken', 'likely'),
    [
        (range(9), 0, 'refused'),  # nine labels
        (range(1, 10), -1, 'refused'),
        (range(2, 10), -1, '(is it 0?)'),  # the last is of label 9
        (range(2, 9), 0, '(is it -1?)'),
        (range(1, 5), -1, '(is it 0?)'),
        (range(5), 0, '(is it -1?)'),
        (range(10), -1, '(is it 0?)'),  # one image more than labels
        (range(1, 9), 0, '(is it -1?)'),  # one image less
        (range(2, 7), 0, None),
        (range(2, 7), -1, None),
        (range(3, 14), 0, None),
        (range(9), 4, 'refused'),
    ],
)
def test_either_end_tells_the_numbering(make_disfa, numbers, taken, likely):
    tree = make_disfa()
    tree.add_labels('SN001', 9)
    tree.add_frames('SN001', numbers)
    if likely == 'refused':
        with pytest.raises(DataRootError, match=f'Set frame_offset=.*not {taken}'):
            DISFA(tree.root, frame_offset=taken)
        return
    lines = DISFA(tree.root, frame_offset=taken).report.lines()
    lines = [line for line in lines if 'does not fit frame_offset' in line]
    assert len(lines) == (likely is not None)
    assert all(likely in line for line in lines)


def test_each_camera_has_its_folder(make_disfa):
    tree = make_disfa()
    tree.add_labels('SN001', 4)
    left = tree.add_frames('SN001', range(4), 'Left')
    right = tree.add_frames('SN001', range(4), 'RightCamera/x')
    for camera, folder in (('left', left), ('right', right)):
        paths = DISFA(tree.root, camera).column('img_path')
        assert {str(Path(path).parent) for path in paths} == {str(folder)}


def test_folders_named_like_videos(make_disfa):
    tree = make_disfa()
    tree.add_labels('SN001', 4)
    for side in ('Left', 'Right'):
        tree.add_frames(f'{side}VideoSN001_comp', range(4))
    (folder,) = DISFA(tree.root, 'right').column('img_path').folders.names
    assert Path(folder).name == 'RightVideoSN001_comp'


def test_frames_of_the_camera_come_before_its_videos(make_disfa):
    tree = make_disfa().fill()
    folder = tree.add_frames('SN001', range(9), 'left_frames')
    dataset = DISFA(tree.root, pipeline=[LoadFace(size=8), PackFace()])
    assert records_of(dataset) == read_slowly(tree.root)
    folders = {Path(path).parent for path in dataset.column('img_path')}
    assert folders == {folder, tree.root / 'Videos_LeftCamera'}
    for index in range(len(dataset)):
        record = dataset.get_data_info(index)
        assert (record['video_frame'] == -1) == (record['subject'] == 'SN001')
        assert abs(dataset[index]['inputs'].mean() - shade(record['frame'])) < 3
    (line,) = dataset.report.lines()[1:]
    assert 'passed over for extracted frames' in line
    assert 'LeftVideoSN001_comp.avi' in line


def test_videos_come_before_frames_of_any_camera(make_disfa):
    tree = make_disfa()
    tree.add_labels('SN001', 4)
    tree.add_labels('SN002', 4)
    folder = tree.add_frames('SN001', range(4), 'images')
    tree.add_frames('SN002', range(4), 'images')
    video = tree.add_video('SN001', 4, side='Right')
    for camera, used in (('right', video), ('left', folder / '0.jpg')):
        dataset = DISFA(tree.root, camera)
        assert len(dataset) == 8
        assert dataset.get_data_info(0)['img_path'] == str(used)
        lines = [line for line in dataset.report.lines() if 'no camera' in line]
        assert [str(folder) in line for line in lines] == [True] * (camera == 'right')


@pytest.mark.parametrize(
    ('folder', 'cameras'),
    [
        ('LEFT_frames', {'left'}),
        ('RightCamera', {'right'}),
        ('img right', {'right'}),
        ('leftcamera', {'left'}),
        ('FramesLeft', {'left'}),
        ('left and right/Right', {'right'}),
        ('bright_frames', {'left', 'right'}),
        ('leftovers', {'left', 'right'}),
        ('Copyright', {'left', 'right'}),
    ],
)
def test_names_of_cameras_are_whole_words(make_disfa, folder, cameras):
    tree = make_disfa()
    tree.add_frames('SN001', range(4), folder)
    found = {
        camera
        for camera in ('left', 'right')
        if find_sources(tree.root, camera, LoadReport())
    }
    assert found == cameras


def test_folders_without_a_numbered_image_are_named(make_disfa):
    tree = make_disfa()
    tree.add_labels('SN001', 4)
    folder = tree.root / 'img' / 'SN001'
    folder.mkdir(parents=True)
    (folder / 'frame_0001.jpg').write_bytes(b'x')
    with pytest.raises(DataRootError, match='without a numbered image') as caught:
        DISFA(tree.root)
    assert str(folder) in str(caught.value)


def test_a_folder_of_labels_in_a_folder_of_its_name(make_disfa):
    tree = make_disfa(labels='ActionUnit_Labels/ActionUnit_Labels')
    tree.add_labels('SN001', 4)
    tree.add_frames('SN001', range(4))
    assert records_of(DISFA(tree.root)) == read_slowly(tree.root)
    assert len(DISFA(tree.root)) == 4


def test_stray_files_and_empty_folders(make_disfa):
    tree = make_disfa()
    tree.add_labels('SN001', 4)
    folder = tree.add_frames('SN001', range(4))
    (folder / 'Thumbs.db').write_bytes(b'x')
    (folder / '._0.jpg').write_bytes(b'x')
    (tree.root / 'other' / 'SN001').mkdir(parents=True)
    (tree.root / 'Videos').mkdir()
    (tree.root / 'Videos' / '._LeftVideoSN001_comp.avi').write_bytes(b'x')
    (tree.labels / 'SN001' / '._SN001_au1.txt').write_bytes(b'\0')
    (tree.labels / 'SN001' / 'SN001_au1.txt.bak').write_text('x')
    (tree.labels / 'readme.txt').write_text('x')
    dataset = DISFA(tree.root)
    assert records_of(dataset) == read_slowly(tree.root)
    assert oddities_of(dataset) == {'files that are no frames': 2}


def test_links_are_followed(make_disfa, tmp_path):
    tree = make_disfa().fill(offset=-1)
    linked = tmp_path / 'linked'
    linked.mkdir()
    (linked / 'frames').symlink_to(tree.root / 'img', target_is_directory=True)
    (linked / 'ActionUnit_Labels').symlink_to(tree.labels, target_is_directory=True)
    assert records_of(DISFA(linked)) == records_of(DISFA(tree.root))


# --- options --------------------------------------------------------------------------


@pytest.mark.parametrize('threshold', [1, 2, 3, 5])
@pytest.mark.parametrize('units', [UNITS, (26, 5, 1), FILE_UNITS, (12,)])
def test_threshold_and_action_units(released, threshold, units):
    names = tuple(f'AU{unit}' for unit in units)
    dataset = DISFA(released.root, threshold=threshold, au_names=names)
    assert records_of(dataset) == read_slowly(released.root, units, threshold)
    assert dataset.metainfo['au_names'] == names
    assert DISFA.METAINFO['au_names'] == tuple(f'AU{unit}' for unit in UNITS)


def test_action_units_are_known_before_the_disk_is_read(tmp_path):
    dataset = DISFA(tmp_path, au_names=['AU12', 'AU4'], lazy_init=True)
    assert dataset.metainfo['au_names'] == ('AU12', 'AU4')


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'camera': 'top'}, "'left' or 'right', got 'top'"),
        ({'threshold': 0}, 'threshold must be 1 to 5, got 0'),
        ({'threshold': 6}, 'got 6'),
        ({'threshold': 1.5}, 'got 1.5'),
        ({'au_names': ()}, r'au_names of DISFA must be different names, got \[\]'),
        ({'au_names': ('AU1', 'AU7')}, 'not coded are AU7; there are AU1, AU2, AU4'),
    ],
)
def test_impossible_options(released, arguments, message):
    with pytest.raises(ValueError, match=message):
        DISFA(released.root, **arguments)


def test_the_list_of_bad_landmarks_is_complete():
    with disfa._BAD_LANDMARKS.open() as file:
        ranges = json.load(file)
    spans = [span for found in ranges.values() for span in found]
    assert sum(last - first + 1 for first, last in spans) == 4670
    assert len(ranges) == 13
    assert set(ranges) <= {name for part in subject_parts('disfa') for name in part}
    for found in ranges.values():
        edges = [edge for span in found for edge in span]
        assert edges == sorted(edges)
        assert 1 <= edges[0] <= edges[-1] <= 4845
    in_subject_21 = sum(last - first + 1 for first, last in ranges['SN021'])
    assert in_subject_21 == 3052


def test_frames_with_bad_landmarks_leave_when_asked_to(make_disfa):
    tree = make_disfa()
    for subject, first in (('SN002', 796), ('SN003', 796)):
        tree.add_frames(subject, range(first, first + 36))
        tree.add_labels(subject, 840)
    kept = DISFA(tree.root)
    assert len(kept) == 72
    cleaned = DISFA(tree.root, drop_bad_landmarks=True)
    frames = {'SN002': [], 'SN003': []}
    for subject, frame, *_ in records_of(cleaned):
        frames[subject].append(frame)
    assert frames['SN002'] == [797, 798, 799, *range(827, 833)]  # without 800 to 826
    assert frames['SN003'] == list(range(797, 833))
    assert cleaned.report.found['images dropped for bad landmarks'] == 27


def prepare(root, target):
    """Write an index of the original images, as preparation does of crops below it."""
    link = target / 'released'
    link.symlink_to(root)
    source = DISFA(link, lazy_init=True)
    told = {'source_options': source.source_options(), 'lost': {}}
    write_index(target, source.source_frames(), {'dataset': 'DISFA', **told})
    return link


OPTIONS = [
    {},
    {'threshold': 1, 'au_names': ('AU5', 'AU1')},
    {'drop_bad_landmarks': True},
    {'subjects': ['SN010']},
    {'every': 3},
]


@pytest.mark.parametrize('options', OPTIONS, ids=str)
def test_a_prepared_tree_gives_the_same_records(released, tmp_path, options):
    source = prepare(released.root, tmp_path)
    prepared = DISFA(tmp_path, **options)
    assert records_of(prepared) == records_of(DISFA(source, **options))
    assert oddities_of(prepared) == {}


def test_a_tree_prepared_from_the_other_camera(released, tmp_path):
    prepare(released.root, tmp_path)
    with pytest.raises(DatasetOptionError, match="prepared with camera='left'"):
        DISFA(tmp_path, camera='right')


# --- as large as the real one ---------------------------------------------------------


@pytest.mark.slow
def test_full_size_loads_fast(tmp_path, capsys, monkeypatch):
    """27 subjects, 12 files of 4845 lines each; videos that are not opened."""
    tree = DisfaTree(tmp_path)
    counts = {name: 4845 for part in subject_parts('disfa') for name in part}
    counts['SN010'] = 4844
    folder = tree.root / 'Videos_LeftCamera'
    folder.mkdir()
    for subject, count in counts.items():
        lines = [f'{number},{number % 6}' for number in range(1, count + 1)]
        for unit in FILE_UNITS:
            tree.write_labels(subject, unit, lines)
        (folder / f'LeftVideo{subject}_comp.avi').write_bytes(b'x')
    monkeypatch.setattr(
        recordings, 'count_video_frames', lambda path: counts[path.name[9:14]]
    )
    start = time.perf_counter()
    dataset = DISFA(tmp_path)
    seconds = time.perf_counter() - start
    with capsys.disabled():
        print(f'\n{len(dataset):,} frames in {seconds:.2f} s')
    assert len(dataset) == 130_814
    assert oddities_of(dataset) == {}
    assert len(DISFA(tmp_path, drop_bad_landmarks=True)) == 126_144
    assert seconds < 5  # 0.7 on an idle machine
