"""BP4D on disk: every packaging, every oddity, against a reader of rows and files."""

import csv
import os
import re
import time
from pathlib import Path

import numpy as np
import pytest

from clef_mm.datasets.bp4d import BP4D
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.folds import SplitError, subject_parts
from clef_mm.datasets.occurrence_csv import LabelFileError
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.errors import UserError
from clef_mm.registry import DATASETS

UNITS = ('1', '2', '4', '6', '7', '10', '12', '14', '15', '17', '23', '24')
MEANING = {'0': 0, '1': 1, '9': -1}


def read_slowly(root, frames='coded', offset=0):
    """Return all records, by walking the tree and reading each csv row by row."""
    labels, images = {}, {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            stem = name.split('.')[0].upper()
            if re.fullmatch(r'[FM]\d{3}_T\d\.csv', name, re.IGNORECASE):
                subject, task = stem.split('_')
                with open(path, newline='', encoding='utf-8-sig') as lines:
                    for row in csv.DictReader(lines):
                        place = subject, task, int(row['0'])
                        labels[place] = [MEANING[row[unit]] for unit in UNITS]
            elif re.fullmatch(r'\d{1,5}\.(jpe?g|png)', name, re.IGNORECASE):
                subject, task = folder.upper().split(os.sep)[-2:]
                images[subject, task, int(stem) - offset] = path
    return [
        {
            'img_path': images[place],
            'subject': place[0],
            'sequence': place[1],
            'frame': place[2],
            'activity': int(place[1][1]) - 1,
            'gt_aus': labels.get(place, [-1] * 12),
        }
        for place in sorted(images)
        if frames == 'all' or place in labels
    ]


def records_of(dataset):
    records = [dataset.get_data_info(index) for index in range(len(dataset))]
    return [{**record, 'gt_aus': record['gt_aus'].tolist()} for record in records]


def frames_of(dataset):
    return [record['frame'] for record in records_of(dataset)]


def oddities_of(dataset):
    return dict(dataset.report.oddities)


PACKAGINGS = {
    'released': {},
    'FERA 2015': {'labels': 'AUCoding'},
    'subjects at the root': {'images': '.'},
    'lower case': {'rename': str.lower, 'labels': 'aucoding/au_occ'},
    'upper case': {'suffix': '.JPG', 'labels': 'AUCODING/AU_OCC'},
    'jpeg': {'suffix': '.Jpeg', 'images': '2D+3D'},
    'png': {'suffix': '.png'},
    'CRLF': {'newline': '\r\n'},
    'byte order mark': {'encoding': 'utf-8-sig', 'newline': '\r\n'},
    'BP4D+ columns': {
        'header': [0, 1, 2, 4, 5, 6, 7, *range(9, 21), 22, 23, 24, *range(27, 40)]
    },
    'columns in another order': {'header': [0, *range(39, 0, -1)]},
}


@pytest.mark.parametrize('frames', ['coded', 'all'])
@pytest.mark.parametrize('packaging', PACKAGINGS.values(), ids=PACKAGINGS)
def test_records_equal_those_of_a_slow_reader(make_tree, packaging, frames):
    tree = make_tree(**packaging).fill()
    dataset = BP4D(tree.root, frames=frames)
    expected = read_slowly(tree.root, frames)

    assert records_of(dataset) == expected
    assert len(expected) == {'coded': 54, 'all': 88}[frames]
    values = {value for record in expected for value in record['gt_aus']}
    assert values == {0, 1, -1}  # or the comparison above would say little


def test_records_know_where_they_come_from(released):
    dataset = BP4D(released.root)
    seen = {}
    for index in range(len(dataset)):
        record = dataset.get_data_info(index)
        path = Path(record['img_path'])
        assert path.is_file()
        assert int(path.stem) == record['frame']
        assert path.parent.name == record['sequence']
        assert path.parent.parent.name == record['subject']
        assert record['gt_aus'].dtype == np.int8
        assert record['gt_aus'].shape == (len(dataset.metainfo['au_names']),)
        seen[record['sequence']] = record['activity']
    assert seen == {f'T{number}': number - 1 for number in range(1, 9)}


def test_metainfo_names_units_and_activities(released):
    metainfo = BP4D(released.root).metainfo
    assert metainfo['au_names'] == tuple(f'AU{unit}' for unit in UNITS)
    assert metainfo['activities'] == tuple(f'T{number}' for number in range(1, 9))
    assert metainfo['dataset'] == 'BP4D'
    assert (metainfo['split'], metainfo['fold']) == ('all', None)
    assert metainfo['synthetic'] is False


def test_metainfo_tells_a_rendered_tree(make_tree):
    tree = make_tree().fill()
    (tree.root / 'SYNTHETIC.json').write_text('{}')
    assert BP4D(tree.root).metainfo['synthetic'] is True


def test_names_are_found_whatever_their_zero_padding(released):
    dataset = BP4D(released.root)
    widths = {}
    for record in records_of(dataset):
        place = record['subject'], record['sequence']
        widths.setdefault(place, set()).add(len(Path(record['img_path']).stem))
    assert widths['F001', 'T1'] == {4}
    assert widths['F001', 'T3'] == {3}
    assert widths['M005', 'T8'] == {2}
    assert all(len(found) == 1 for found in widths.values())


def test_unpadded_names_come_in_the_order_of_their_numbers(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', range(8, 103), digits=1)
    tree.add_labels('F001', 'T1', range(8, 103))
    assert frames_of(BP4D(tree.root)) == list(range(8, 103))


def test_the_registry_builds_it(released):
    dataset = DATASETS.build({'type': 'BP4D', 'data_root': str(released.root)})
    assert type(dataset) is BP4D
    assert len(dataset) == 54


# --- which images and labels belong together ------------------------------------------


def test_images_and_labels_without_the_other(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', [4, 5, 6, 9])
    tree.add_labels('F001', 'T1', [5, 6, 7, 8])
    coded, everything = BP4D(tree.root), BP4D(tree.root, frames='all')

    assert frames_of(coded) == [5, 6]
    assert frames_of(everything) == [4, 5, 6, 9]
    labels = everything.column('gt_aus')
    assert (labels[[0, 3]] == -1).all()
    np.testing.assert_array_equal(labels[[1, 2]], coded.column('gt_aus'))
    for dataset in (coded, everything):
        assert oddities_of(dataset) == {'label rows without an image': 2}
        assert any('F001_T1/7, F001_T1/8' in line for line in dataset.report.lines())


def test_a_sequence_without_labels(make_tree):
    tree = make_tree()
    for task in ('T1', 'T2'):
        tree.add_images('F001', task, [1, 2])
    tree.add_labels('F001', 'T1', [1, 2])

    coded = BP4D(tree.root)
    assert {record['sequence'] for record in records_of(coded)} == {'T1'}
    assert oddities_of(coded) == {'sequences without a label file': 1}
    assert any('F001_T2' in line for line in coded.report.lines())

    everything = BP4D(tree.root, frames='all')
    assert records_of(everything) == read_slowly(tree.root, 'all')
    assert oddities_of(everything) == {}


def test_all_frames_need_no_label_at_all(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', [1, 2])
    dataset = BP4D(tree.root, frames='all')
    assert records_of(dataset) == read_slowly(tree.root, 'all')
    assert dataset.report.found['frames without AU codes'] == 2


def test_labels_without_a_sequence(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', [1, 2])
    tree.add_labels('F001', 'T1', [1, 2])
    tree.add_labels('M009', 'T2', range(1, 12))
    dataset = BP4D(tree.root)
    assert frames_of(dataset) == [1, 2]
    assert oddities_of(dataset) == {'label rows without an image': 11}
    assert any('M009_T2' in line for line in dataset.report.lines())


def test_labels_of_a_ninth_task_are_not_taken_for_another(make_tree):
    tree = make_tree().fill()
    tree.add_images('F001', 'T10', [1, 2])
    tree.add_labels('F001', 'T10', [1, 2])
    assert len(BP4D(tree.root)) == 54


def test_stray_files_are_left_out_and_reported(make_tree):
    tree = make_tree()
    folder = tree.add_images('F001', 'T1', [1, 2])
    tree.add_labels('F001', 'T1', [1, 2])
    strays = ['Thumbs.db', '._0001.jpg', '0001 (1).jpg', 'a.jpg', '99999999999.jpg']
    for name in strays:
        (folder / name).write_bytes(b'x')
    (tree.labels / 'readme.txt').write_text('x')
    (tree.labels / '._F001_T1.csv').write_bytes(b'\0\5')
    (tree.images / 'F01').mkdir()
    (tree.root / 'notes').mkdir()

    dataset = BP4D(tree.root)
    assert records_of(dataset) == read_slowly(tree.root)
    assert frames_of(dataset) == [1, 2]
    assert oddities_of(dataset) == {'files that are no frames': len(strays)}


def test_a_frame_under_two_names_is_refused(make_tree):
    tree = make_tree().fill()
    folder = tree.add_images('F001', 'T1', [2441], digits=5)
    with pytest.raises(DataRootError, match=r'frame 2441 under two names') as caught:
        BP4D(tree.root)
    for part in (str(folder), '2441.jpg', '02441.jpg'):
        assert part in str(caught.value)


def test_two_trees_of_the_same_recordings_are_refused(make_tree):
    tree = make_tree().fill()
    tree.images = tree.root / 'crops'
    folder = tree.add_images('F003', 'T2', [999])
    with pytest.raises(DataRootError, match='both hold the frames') as caught:
        BP4D(tree.root)
    assert str(folder) in str(caught.value)
    assert 'Sequences(2D+3D)' in str(caught.value)


@pytest.mark.parametrize('place', ['__MACOSX', '3DFeatures'])
def test_folders_of_other_things_do_not_hide_the_images(make_tree, place):
    tree = make_tree().fill()
    expected = records_of(BP4D(tree.root))
    other = tree.root / place / 'F001' / 'T1'
    other.mkdir(parents=True)
    (other / '._2440.jpg').write_bytes(b'x')
    assert records_of(BP4D(tree.root)) == expected


def test_a_folder_that_may_not_be_read_is_passed_over(make_tree, monkeypatch):
    tree = make_tree().fill()
    (tree.root / 'lost+found').mkdir()
    listing = Path.iterdir

    def refuse(folder):
        if folder.name == 'lost+found':
            raise PermissionError(folder)
        return listing(folder)

    monkeypatch.setattr(Path, 'iterdir', refuse)
    monkeypatch.setattr(
        os, 'access', lambda folder, mode: Path(folder).name != 'lost+found'
    )
    assert len(BP4D(tree.root)) == 54


def test_frames_that_no_coder_could_score_stay_and_are_counted(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', [1, 2, 3])
    tree.add_labels('F001', 'T1', [1, 2], dict.fromkeys(range(1, 40), 9))
    dataset = BP4D(tree.root)
    assert frames_of(dataset) == [1, 2]
    assert (dataset.column('gt_aus') == -1).all()
    assert dataset.report.found['frames without AU codes'] == 2


def test_the_report_counts_what_there_is(released):
    found = BP4D(released.root).report.found
    records = read_slowly(released.root)
    assert found['subjects'] == len({record['subject'] for record in records}) == 6
    places = {(record['subject'], record['sequence']) for record in records}
    assert found['sequences'] == len(places) == 9
    assert found['frames'] == len(records)
    assert found['images on disk'] == len(read_slowly(released.root, 'all'))
    assert found['frames without AU codes'] == 0
    assert found['unknown AU codes in coded frames'] == sum(
        record['gt_aus'].count(-1) for record in records
    )


# --- numbering ------------------------------------------------------------------------

STARTS_AT_ZERO = 'sequences that start with image 0'


def test_images_that_count_from_zero(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', range(10))
    tree.add_labels('F001', 'T1', range(3, 11))

    shifted = BP4D(tree.root, frame_offset=-1)
    names = [Path(record['img_path']).stem for record in records_of(shifted)]
    assert names == [f'{frame - 1:04d}' for frame in range(3, 11)]
    assert frames_of(shifted) == list(range(3, 11))
    assert oddities_of(shifted) == {}

    alike = BP4D(tree.root)
    assert frames_of(alike) == list(range(3, 10))
    (warning,) = (line for line in alike.report.lines() if STARTS_AT_ZERO in line)
    assert 'frame_offset' in warning
    assert oddities_of(alike)['label rows without an image'] == 1


def test_the_offset_moves_images_not_labels(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', range(101, 106))
    tree.add_labels('F001', 'T1', range(1, 6))
    dataset = BP4D(tree.root, frame_offset=100)
    assert records_of(dataset) == read_slowly(tree.root, offset=100)
    assert frames_of(dataset) == list(range(1, 6))


# --- videos ---------------------------------------------------------------------------

CODES = ['01', '03', '07', '08', '09', '10', '11', '13']


@pytest.fixture(scope='module')
def videos(tmp_path_factory, released):
    """Return a tree of two videos: 12 frames of F001_T1, 9 of M018_T8."""
    tree = type(released)(tmp_path_factory.mktemp('AVI'), images='.')
    tree.add_video('F001', '01', 12)
    tree.add_video('M018', '13', 9)
    tree.add_labels('F001', 'T1', range(5, 10))
    tree.add_labels('M018', 'T8', range(1, 10))
    return tree


def test_frame_f_is_the_fth_of_the_video(videos, released):
    dataset = BP4D(videos.root, pipeline=[LoadFace(size=16), PackFace()])
    assert frames_of(dataset) == [*range(5, 10), *range(1, 10)]
    order = np.random.default_rng(0).permutation(len(dataset)).tolist()
    for index in [*range(len(dataset)), *order]:
        record = dataset.get_data_info(index)
        item = dataset[index]
        level = 17 * record['frame'] % 240 + 8
        assert abs(item['inputs'].mean() - level) < 3
        assert item['data_samples'].frame == record['frame']


def test_records_of_videos(videos):
    for frames, counts in (('coded', [5, 9]), ('all', [12, 9])):
        dataset = BP4D(videos.root, frames=frames)
        records = records_of(dataset)
        assert [
            sum(record['subject'] == name for record in records)
            for name in ('F001', 'M018')
        ] == counts
        for record in records:
            assert record['video_frame'] == record['frame'] - 1
            assert Path(record['img_path']).is_file()
            assert record['activity'] == {'T1': 0, 'T8': 7}[record['sequence']]
    assert {Path(record['img_path']).name for record in records} == {
        '2F01_01.avi',
        '2M18_13.avi',
    }


@pytest.mark.parametrize('rename', [str.lower, str.upper])
@pytest.mark.parametrize('images', ['.', 'Videos'])
def test_activity_codes_of_videos(make_tree, rename, images):
    tree = make_tree(images=images, rename=rename)
    for number, code in enumerate(CODES, start=1):
        tree.add_video('F023', code, 2)
        tree.add_labels('F023', f'T{number}', [2])
    tree.add_video('F023', '02', 2)  # an activity that was not coded
    records = records_of(BP4D(tree.root))
    assert [(record['sequence'], record['activity']) for record in records] == [
        (f'T{number}', number - 1) for number in range(1, 9)
    ]
    for record in records:
        code = CODES[record['activity']]
        assert Path(record['img_path']).name.lower() == f'2f23_{code}.avi'
        assert record['subject'] == 'F023'


def test_a_video_shorter_than_its_labels(make_tree):
    tree = make_tree(images='.')
    tree.add_video('F001', '01', 4)
    tree.add_labels('F001', 'T1', range(3, 9))
    dataset = BP4D(tree.root)
    assert frames_of(dataset) == [3, 4]
    assert oddities_of(dataset) == {'label rows without an image': 4}


def test_a_video_that_does_not_open_is_named(make_tree):
    tree = make_tree(images='.')
    path = tree.add_video('F001', '01', 2)
    path.write_bytes(b'no video')
    tree.add_labels('F001', 'T1', [1])
    with pytest.raises(UserError, match=re.escape(str(path))):
        BP4D(tree.root)


# --- splits and selections ------------------------------------------------------------


def subjects_of(dataset):
    return {record['subject'] for record in records_of(dataset)}


@pytest.mark.parametrize(
    ('split', 'fold', 'expected'),
    [
        ('test', 1, {'F001', 'M007'}),
        ('test', 2, {'F003', 'M005'}),
        ('test', 3, {'F007', 'M006'}),
        ('train', 1, {'F003', 'M005', 'F007', 'M006'}),
        ('train', 3, {'F001', 'M007', 'F003', 'M005'}),
    ],
)
def test_splits_hold_their_subjects(released, split, fold, expected):
    dataset = BP4D(released.root, split=split, fold=fold)
    assert subjects_of(dataset) == expected
    assert (dataset.metainfo['split'], dataset.metainfo['fold']) == (split, fold)
    assert records_of(dataset) == [
        record for record in read_slowly(released.root) if record['subject'] in expected
    ]
    # only two subjects of each part lie on this disk, and that is said
    absent = len(dataset.subjects) - len(expected)
    assert oddities_of(dataset) == {'subjects asked for but without a frame': absent}


def test_held_out_subjects_leave_the_training_set(released):
    whole = BP4D(released.root, split='train', fold=1)
    for count in (6, 14):
        parts = [
            BP4D(released.root, split=split, fold=1, hold_out=count, lazy_init=True)
            for split in ('train', 'val', 'test')
        ]
        train, val, test = (set(part.subjects) for part in parts)
        assert len(val) == count
        assert train | val == set(whole.subjects)
        assert not train & val
        assert test == set(BP4D(released.root, split='test', fold=1).subjects)


def test_subjects_can_be_chosen(released):
    dataset = BP4D(released.root, subjects=['M006', 'F001', 'F999'])
    assert subjects_of(dataset) == {'M006', 'F001'}
    assert oddities_of(dataset) == {'subjects asked for but without a frame': 1}
    assert any('F999' in line for line in dataset.report.lines())


def test_subjects_of_whom_nothing_is_there_are_named(released):
    with pytest.raises(DataRootError, match='of F999, m006'):
        BP4D(released.root, subjects=['F999', 'm006'])


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'split': 'train'}, 'go together'),
        ({'fold': 1}, 'go together'),
        ({'split': 'test', 'fold': 1, 'subjects': ['F001']}, 'not both'),
        ({'split': 'dev', 'fold': 1}, "'train', 'val' or 'test', got 'dev'"),
        ({'split': 'test', 'fold': 4}, 'no fold 4'),
        ({'split': 'test', 'fold': 0}, 'no fold 0'),
        ({'split': 'val', 'fold': 1}, "no 'val' subjects: set hold_out"),
        ({'hold_out': 3}, 'hold_out=3'),
        ({'every': 0}, 'every must be at least 1, got 0'),
        ({'frames': 'some'}, "'coded' or 'all', got 'some'"),
    ],
)
def test_contradicting_arguments(released, arguments, message):
    with pytest.raises(ValueError, match=message):
        BP4D(released.root, **arguments)


def test_split_errors_are_told_to_the_user(released):
    with pytest.raises(SplitError):
        BP4D(released.root, split='val', fold=1)
    assert issubclass(SplitError, UserError)


@pytest.mark.parametrize('frames', ['coded', 'all'])
@pytest.mark.parametrize('every', [2, 3, 50])
def test_every_nth_frame_of_each_sequence(released, every, frames):
    kept, place = [], {}
    for record in read_slowly(released.root, frames):
        key = record['subject'], record['sequence']
        place[key] = place.get(key, -1) + 1
        if place[key] % every == 0:
            kept.append(record)
    assert records_of(BP4D(released.root, frames=frames, every=every)) == kept


# --- what is not there ----------------------------------------------------------------


@pytest.mark.parametrize('frames', ['coded', 'all'])
@pytest.mark.parametrize('state', ['absent', 'empty', 'a file'])
def test_a_root_without_data_shows_what_is_expected(tmp_path, state, frames):
    root = tmp_path / 'data' / 'bp4d'
    if state == 'empty':
        root.mkdir(parents=True)
    elif state == 'a file':
        root.parent.mkdir()
        root.write_text('x')
    with pytest.raises(DataRootError) as caught:
        BP4D(root, frames=frames)
    message = str(caught.value)
    for part in (
        'found 0 label files and 0 sequences',
        'Sequences(2D+3D)/F001/T1/2440.jpg',
        'AUCoding/AU_OCC/F001_T1.csv',
        f'make_synthetic.py bp4d {root}',
    ):
        assert part in message
    assert isinstance(caught.value, UserError)
    assert isinstance(caught.value, FileNotFoundError)


def test_images_without_labels_and_labels_without_images(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', [1, 2])
    with pytest.raises(DataRootError, match='0 label files and 1 sequences'):
        BP4D(tree.root)

    tree = make_tree()
    tree.add_labels('F001', 'T1', [1, 2])
    with pytest.raises(DataRootError, match='1 label files and 0 sequences'):
        BP4D(tree.root)


def test_labels_that_fit_no_image(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', [1, 2])
    tree.add_labels('F001', 'T1', [11, 12, 13])
    with pytest.raises(DataRootError, match=r'no usable image.*3 label rows without'):
        BP4D(tree.root)


@pytest.mark.parametrize('frames', ['coded', 'all'])
def test_a_wrong_label_file_is_named(make_tree, frames):
    tree = make_tree().fill()
    path = tree.add_labels('M006', 'T5', [2, 3], {12: 5})
    with pytest.raises(LabelFileError, match=re.escape(f'{path} line 2, AU12: 5 is')):
        BP4D(tree.root, frames=frames)


def test_label_files_of_other_subjects_are_not_read(make_tree):
    tree = make_tree().fill()
    tree.write_labels('M006', 'T5', ['0,1', '1,1'])
    assert subjects_of(BP4D(tree.root, subjects=['F001'])) == {'F001'}


def test_lazy_init_leaves_the_disk_alone(tmp_path):
    dataset = BP4D(tmp_path / 'nowhere', lazy_init=True, split='test', fold=1)
    assert len(dataset.subjects) == 14
    assert dataset.metainfo['split'] == 'test'
    with pytest.raises(DataRootError):
        len(dataset)


# --- images through the pipeline ------------------------------------------------------


def test_items_hold_the_image_of_their_record(released):
    dataset = BP4D(released.root, pipeline=[LoadFace(size=12), PackFace()])
    for index in (0, 7, 20, 53):
        item = dataset[index]
        record = dataset.get_data_info(index)
        assert item['inputs'].shape == (12, 12, 3)
        assert abs(item['inputs'].mean() - (17 * record['frame'] % 240 + 8)) < 2
        sample = item['data_samples']
        assert sample.name == (
            f'{record["subject"]}/{record["sequence"]}/{record["frame"]}'
        )
        np.testing.assert_array_equal(sample.gt_aus, record['gt_aus'])


def test_the_pipeline_may_be_configs_or_callables(released):
    configs = [{'type': LoadFace, 'size': 8}, {'type': PackFace}]
    calls = [LoadFace(size=8), PackFace()]
    first = BP4D(released.root, pipeline=configs)[3]
    second = BP4D(released.root, pipeline=calls)[3]
    np.testing.assert_array_equal(first['inputs'], second['inputs'])


# --- as large as the real one ---------------------------------------------------------

FRAMES = 146_847


@pytest.fixture(scope='module')
def full_size(tmp_path_factory):
    """Return a tree of 328 sequences and 146,847 coded frames, its images empty."""
    root = tmp_path_factory.mktemp('full')
    labels = root / 'AUCoding' / 'AU_OCC'
    labels.mkdir(parents=True)
    header = ','.join(map(str, range(100)))
    rows = [','.join(str((row * unit) % 2) for unit in range(99)) for row in range(64)]
    subjects = [name for part in subject_parts('bp4d') for name in part]
    places = [(name, task) for name in subjects for task in range(1, 9)]
    sizes = [FRAMES // 328 + (index < FRAMES % 328) for index in range(328)]
    for (subject, task), size in zip(sorted(places), sizes, strict=True):
        images = root / 'Sequences(2D+3D)' / subject / f'T{task}'
        images.mkdir(parents=True)
        first = 100 * task
        lines = [f'{first + row},{rows[row % 64]}' for row in range(size)]
        text = '\n'.join([header, *lines, ''])
        (labels / f'{subject}_T{task}.csv').write_text(text)
        for row in range(size):
            os.close(os.open(images / f'{first + row:04d}.jpg', os.O_CREAT))
    return root


@pytest.mark.slow
def test_full_size_loads_fast_and_small(full_size, capsys):
    start = time.perf_counter()
    dataset = BP4D(full_size)
    seconds = time.perf_counter() - start
    size = sum(bytes_of(column) for column in dataset.data_list.columns.values())
    with capsys.disabled():
        print(f'\n{FRAMES:,} frames in {seconds:.2f} s, {size / FRAMES:.0f} bytes each')

    assert len(dataset) == FRAMES
    assert dataset.report.found['sequences'] == 328
    assert dataset.report.found['subjects'] == 41
    assert oddities_of(dataset) == {}
    last = dataset.get_data_info(FRAMES - 1)
    assert (last['subject'], last['sequence']) == ('M018', 'T8')
    assert seconds < 8  # 3 on an idle machine
    assert size < 200 * FRAMES


def bytes_of(column):
    if isinstance(column, np.ndarray):
        return column.nbytes
    if hasattr(column, 'files'):
        return column.files.nbytes + bytes_of(column.folders)
    return column.codes.nbytes + sum(map(len, column.names))
