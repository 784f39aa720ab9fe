"""BP4D+ on disk: its own tasks, columns and numbering; archives; frames of stage 1."""

import os
import random
import re
import shutil
import time
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from recording_trees import (
    UNITS,
    Bp4dTree,
    frames_of,
    oddities_of,
    read_slowly,
    records_of,
    subjects_of,
)

from clef_mm.datasets import BP4DPlus
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.folds import get_fold
from clef_mm.datasets.prepared_index import write_index
from clef_mm.datasets.reading import image_archives
from clef_mm.datasets.reading.image_archives import ArchiveError
from clef_mm.datasets.reading.occurrence_csv import LabelFileError
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.registry import DATASETS

# AU 3, 8, 21, 25 and 26 have no column.
HEADER = [0, 1, 2, 4, 5, 6, 7, *range(9, 21), 22, 23, 24, *range(27, 40)]
CODED = ('T1', 'T6', 'T7', 'T8')


class Bp4dPlusTree(Bp4dTree):
    """A tree whose images start at 0000 and whose labels start at 1."""

    def __init__(self, root, images='2D+3D', header=HEADER, **packaging):
        super().__init__(root, images=images, header=header, **packaging)

    def fill(self, subjects=('F001', 'M058'), images=8):
        for subject in subjects:
            for number in range(1, 11):
                task = f'T{number}'
                self.add_images(subject, task, range(images + number))
                if task in CODED:
                    self.add_labels(subject, task, range(3, 7 + number % 3))
        return self

    def pack(self, subject, top=None, beside=()):
        """Turn a subject's folder into an archive, its entries in no order."""
        folder = self.images / self.rename(subject)
        path = self.images / f'{self.rename(subject)}.zip'
        files = sorted(file for file in folder.rglob('*') if file.is_file())
        random.Random(subject).shuffle(files)
        with zipfile.ZipFile(path, 'w') as archive:
            for file in files:
                inside = Path(top or folder.name, file.relative_to(folder))
                archive.write(file, inside)
            for name in beside:
                archive.writestr(name, b'x')
        shutil.rmtree(folder)
        return path


@pytest.fixture
def make_plus(tmp_path):
    numbers = iter(range(100))

    def make(**packaging):
        return Bp4dPlusTree(tmp_path / f'bp4d+ ä {next(numbers)}', **packaging)

    return make


@pytest.fixture(scope='module')
def plus(tmp_path_factory):
    """Return a tree of two subjects and ten tasks; only to be read."""
    return Bp4dPlusTree(tmp_path_factory.mktemp('BP4D+')).fill()


PACKAGINGS = {
    'released': {},
    'subjects at the root': {'images': '.'},
    'codes beside each other': {'labels': 'AUCoding'},
    'lower case': {'rename': str.lower, 'labels': 'aucoding/au_occ'},
    'upper case': {'suffix': '.JPG', 'labels': 'AUCODING/AU_OCC'},
    'CRLF and byte order mark': {'newline': '\r\n', 'encoding': 'utf-8-sig'},
    'columns of BP4D': {'header': range(100)},
}


@pytest.mark.parametrize('frames', ['coded', 'all'])
@pytest.mark.parametrize('packaging', PACKAGINGS.values(), ids=PACKAGINGS)
def test_records_equal_those_of_a_slow_reader(make_plus, packaging, frames):
    tree = make_plus(**packaging).fill()
    dataset = BP4DPlus(tree.root, frames=frames)
    expected = read_slowly(tree.root, frames, offset=-1)
    assert records_of(dataset) == expected
    assert len(expected) == {'coded': 40, 'all': 270}[frames]
    assert oddities_of(dataset) == {}


def test_image_0_is_frame_1(plus):
    for record in records_of(BP4DPlus(plus.root, frames='all')):
        assert int(Path(record['img_path']).stem) == record['frame'] - 1


def test_only_four_tasks_are_coded(plus):
    dataset = BP4DPlus(plus.root)
    assert {record['sequence'] for record in records_of(dataset)} == set(CODED)
    activities = {r['sequence']: r['activity'] for r in records_of(dataset)}
    assert activities == {'T1': 0, 'T6': 5, 'T7': 6, 'T8': 7}
    assert 'sequences without a label file' not in oddities_of(dataset)


def test_a_coded_task_without_labels_is_reported(make_plus):
    tree = make_plus().fill()
    (tree.labels / 'F001_T6.csv').unlink()
    dataset = BP4DPlus(tree.root)
    assert oddities_of(dataset) == {'sequences without a label file': 1}
    assert any('F001_T6' in line for line in dataset.report.lines())


def test_metainfo_names_tasks_of_its_own(plus):
    metainfo = BP4DPlus(plus.root).metainfo
    assert metainfo['dataset'] == 'BP4DPlus'
    assert metainfo['au_names'] == tuple(f'AU{unit}' for unit in UNITS)
    assert metainfo['activities'] == tuple(f'T{number}' for number in range(1, 11))


def test_the_registry_builds_it(plus):
    dataset = DATASETS.build({'type': 'BP4DPlus', 'data_root': str(plus.root)})
    assert type(dataset) is BP4DPlus
    assert len(dataset) == 40


@pytest.mark.parametrize(('preset', 'folds'), [(None, 4), ('bigsmall', 3)])
def test_folds_are_published_ones(plus, preset, folds):
    tested = [
        get_fold('BP4DPlus', fold, preset=preset).test for fold in range(1, folds + 1)
    ]
    assert len({name for part in tested for name in part}) == sum(map(len, tested))
    assert sum(map(len, tested)) == 140
    (fold,) = (number for number, part in enumerate(tested, 1) if 'F001' in part)
    dataset = BP4DPlus(plus.root, split='test', fold=fold, preset=preset)
    assert 'F001' in subjects_of(dataset)
    assert subjects_of(dataset) <= set(tested[fold - 1])


def test_an_offset_of_zero_is_warned_of(plus):
    dataset = BP4DPlus(plus.root, frame_offset=0)
    (line,) = (li for li in dataset.report.lines() if 'start with image 0' in li)
    assert 'is it -1?' in line
    assert frames_of(dataset) == frames_of(BP4DPlus(plus.root))  # other images, though


# --- archives -------------------------------------------------------------------------


@pytest.mark.parametrize('packed', [('F001', 'M058'), ('M058',)])
@pytest.mark.parametrize('rename', [str, str.lower])
@pytest.mark.parametrize('top', [None, 'top', 'a b/ü'])
def test_archives_equal_folders(make_plus, packed, rename, top):
    tree = make_plus(rename=rename).fill()
    pipeline = [LoadFace(size=8), PackFace()]
    unpacked = BP4DPlus(tree.root, frames='all', pipeline=pipeline)
    images = [item['inputs'].mean() for item in unpacked]
    for subject in packed:
        tree.pack(subject, top=top, beside=('__MACOSX/T1/._0000.jpg', 'T1/0000.obj'))
    archived = BP4DPlus(tree.root, frames='all', pipeline=pipeline)

    for first, second in zip(records_of(unpacked), records_of(archived), strict=True):
        assert {**first, 'img_path': ''} == {**second, 'img_path': ''}
        assert Path(first['img_path']).name == Path(second['img_path']).name
        assert ('.zip/' in second['img_path']) == (second['subject'] in packed)
    assert [item['inputs'].mean() for item in archived] == images
    assert oddities_of(archived).keys() <= {'files that are no frames'}


def test_what_is_unpacked_beside_its_archive_is_used(make_plus):
    tree = make_plus().fill(['F001'])
    expected = [record['frame'] for record in records_of(BP4DPlus(tree.root))]
    folder = tree.images / 'F001'
    kept = tree.images / 'kept'
    shutil.copytree(folder / 'T6', kept)
    tree.pack('F001')
    shutil.copytree(kept, folder / 'T6')
    dataset = BP4DPlus(tree.root)
    assert frames_of(dataset) == expected
    for record in records_of(dataset):
        assert ('.zip' in record['img_path']) == (record['sequence'] != 'T6')
    (line,) = (li for li in dataset.report.lines() if 'unpacked and archived' in li)
    assert line.startswith('1 recordings')
    assert 'F001/T6: 14 frames' in line


@pytest.mark.parametrize('left', [0, 3])
def test_an_archive_is_not_hidden_by_a_folder_of_fewer_frames(make_plus, left):
    tree = make_plus().fill(['F001'])
    tree.pack('F001')
    expected = records_of(BP4DPlus(tree.root, frames='all'))
    tree.add_images('F001', 'T1', range(left))
    (tree.images / 'F001' / 'T2').mkdir()
    (tree.images / 'F001' / 'T3').mkdir()
    (tree.images / 'F001' / 'T3' / 'Thumbs.db').write_bytes(b'x')
    dataset = BP4DPlus(tree.root, frames='all')
    assert records_of(dataset) == expected
    noted = 'recordings both unpacked and archived, the fuller one used'
    assert oddities_of(dataset) == ({noted: 1} if left else {})
    assert left == 0 or 'T1: 9' in dataset.report.lines()[-1]


def test_names_in_an_archive_are_sorted_into_folders_once(make_plus, monkeypatch):
    tree = make_plus().fill(['F001'])
    tree.pack('F001')
    calls = []
    sort = image_archives._rows_by_folder
    monkeypatch.setattr(
        image_archives,
        '_rows_by_folder',
        lambda names: calls.append(len(names)) or sort(names),
    )
    for _ in range(2):
        assert len(BP4DPlus(tree.root, frames='all')) == 135
    assert calls == [135]


def test_archives_of_other_subjects_stay_closed(make_plus):
    tree = make_plus().fill()
    tree.pack('M058').write_bytes(b'cut')
    assert subjects_of(BP4DPlus(tree.root, subjects=['F001'])) == {'F001'}
    with pytest.raises(ArchiveError, match=r'M058\.zip is damaged or no readable ZIP'):
        BP4DPlus(tree.root)


def test_a_task_twice_in_an_archive_is_refused(make_plus):
    tree = make_plus().fill(['F001'])
    tree.pack('F001', beside=['copy/T1/0000.jpg'])
    with pytest.raises(DataRootError, match='both hold the frames of one recording'):
        BP4DPlus(tree.root)


# --- what is known to be wrong with the release ---------------------------------------


def test_codes_that_are_longer_than_the_recording(make_plus):
    tree = make_plus().fill(['F040'])
    tree.add_images('F041', 'T7', range(10))
    tree.add_labels('F041', 'T7', range(5, 15))
    dataset = BP4DPlus(tree.root)
    assert records_of(dataset) == read_slowly(tree.root, offset=-1)
    assert frames_of(dataset)[-6:] == [5, 6, 7, 8, 9, 10]
    assert oddities_of(dataset) == {'label rows without an image': 4}
    assert any('F041_T7/11, F041_T7/12' in line for line in dataset.report.lines())


@pytest.mark.parametrize('packed', [False, True])
def test_an_eleventh_task_is_left_out(make_plus, packed):
    tree = make_plus().fill(['F042'])
    tree.add_images('F042', 'T11', [0, 1])
    if packed:
        tree.pack('F042')
    for frames in ('coded', 'all'):
        dataset = BP4DPlus(tree.root, frames=frames)
        assert 'T11' not in {record['sequence'] for record in records_of(dataset)}
        (line,) = dataset.report.lines()[1:]
        assert 'tasks that BP4DPlus does not have' in line
        assert 'F042_T11' in line


def test_physiology_and_thermal_folders_hold_no_images(make_plus):
    tree = make_plus().fill()
    for name in ('Physiology', 'Thermal', 'IRFeatures', '3DFeatures'):
        folder = tree.root / name / 'F082' / 'T1'
        folder.mkdir(parents=True)
        (folder / 'BP_mmHg.txt').write_text('1')
        (folder / '0000.jpg').write_bytes(b'x')
    dataset = BP4DPlus(tree.root, frames='all')
    assert subjects_of(dataset) == {'F001', 'M058'}
    assert oddities_of(dataset) == {}


def test_links_are_followed(make_plus, tmp_path):
    tree = make_plus().fill(['F001'])
    linked = tmp_path / 'linked'
    linked.mkdir()
    (linked / '2D+3D').symlink_to(tree.images, target_is_directory=True)
    (linked / 'AUCoding').symlink_to(tree.root / 'AUCoding', target_is_directory=True)
    assert frames_of(BP4DPlus(linked)) == frames_of(BP4DPlus(tree.root))


@pytest.mark.parametrize(
    ('lines', 'message'),
    [
        ([], 'has no column for AU 1'),
        (['0,1,2,4,6'], 'has no column for AU 7'),
        ([','.join(map(str, HEADER))], 'has no label row'),
        ([','.join(map(str, HEADER)), '1,0,0'], 'line 2: expected 35 integers'),
        ([','.join(map(str, HEADER)), ',x'.join('0' * 35)], 'line 2: expected 35'),
        ([','.join(map(str, HEADER)), ',2'.join('1' * 35)], 'AU1: 21 is none of'),
    ],
)
def test_bad_label_files_are_named(make_plus, lines, message):
    tree = make_plus().fill(['F001'])
    path = tree.write_labels('F001', 'T8', lines)
    with pytest.raises(LabelFileError, match=message) as caught:
        BP4DPlus(tree.root)
    assert str(path) in str(caught.value)


def test_a_label_file_of_zero_bytes(make_plus):
    tree = make_plus().fill(['F001'])
    path = tree.labels / 'F001_T1.csv'
    path.write_bytes(b'')
    with pytest.raises(LabelFileError, match=re.escape(str(path))):
        BP4DPlus(tree.root)


def test_a_root_without_data_shows_what_is_expected(tmp_path):
    with pytest.raises(DataRootError) as caught:
        BP4DPlus(tmp_path)
    for part in (
        f'BP4DPlus is not in {tmp_path}: found 0 label files and 0 sequences',
        '2D+3D/F001/T1/0000.jpg',
        '2D+3D/F001.zip',
        'AUCoding/AU_OCC/F001_T1.csv',
        f'make_synthetic.py bp4d_plus {tmp_path}',
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'frames': 'some'}, "'coded' or 'all', got 'some'"),
        ({'per_activity': 0}, 'per_activity must be at least 1, got 0'),
    ],
)
def test_impossible_options(plus, arguments, message):
    with pytest.raises(ValueError, match=message):
        BP4DPlus(plus.root, **arguments)


# --- frames of stage 1 ----------------------------------------------------------------


def test_as_many_frames_of_each_activity(plus):
    dataset = BP4DPlus(plus.root, frames='all', per_activity=12)
    records = records_of(dataset)
    taken = Counter((record['sequence'], record['subject']) for record in records)
    assert set(taken.values()) == {6}
    assert len(taken) == 20
    everything = records_of(BP4DPlus(plus.root, frames='all'))
    assert [record for record in everything if record in records] == records
    assert oddities_of(dataset) == {}


def test_activities_with_fewer_frames_are_used_whole_and_named(plus):
    dataset = BP4DPlus(plus.root, frames='all', per_activity=20)
    counts = Counter(record['activity'] for record in records_of(dataset))
    assert counts == {0: 18, **dict.fromkeys(range(1, 10), 20)}
    (line,) = dataset.report.lines()[1:]
    assert 'fewer than 20 frames' in line
    assert 'T1: 18' in line


def test_a_part_gives_as_many_as_the_whole(plus):
    part = BP4DPlus(plus.root, frames='all', per_activity=5, subjects=['M058'])
    counts = Counter(record['activity'] for record in records_of(part))
    assert counts == dict.fromkeys(range(10), 5)
    assert subjects_of(part) == {'M058'}


OPTIONS = [
    {},
    {'frames': 'all'},
    {'frames': 'all', 'per_activity': 7},
    {'frames': 'all', 'per_activity': 5, 'subjects': ['M058']},
    {'per_activity': 3, 'subjects': ['F001']},
    {'frames': 'all', 'every': 3},
]


@pytest.mark.parametrize('options', OPTIONS, ids=str)
def test_a_prepared_tree_gives_the_same_records(plus, tmp_path, options):
    (tmp_path / 'released').symlink_to(plus.root)  # an index knows what lies below it
    source = BP4DPlus(tmp_path / 'released', frames='all', lazy_init=True)
    told = {'source_options': source.source_options(), 'lost': {}}
    write_index(tmp_path, source.source_frames(), {'dataset': 'BP4DPlus', **told})
    prepared = BP4DPlus(tmp_path, **options)
    original = BP4DPlus(plus.root, **options)
    for first, second in zip(records_of(prepared), records_of(original), strict=True):
        same = os.path.samefile(first.pop('img_path'), second.pop('img_path'))
        assert same
        assert first == second
    assert oddities_of(prepared) == oddities_of(original)


# --- as large as the real one ---------------------------------------------------------

LABEL_ROWS = 197_756


@pytest.mark.slow
def test_all_label_files_are_read_fast(tmp_path, capsys):
    """560 label files; one image each, since listing folders is another matter."""
    tree = Bp4dPlusTree(tmp_path)
    subjects = [f'F{k:03d}' for k in range(1, 83)] + [f'M{k:03d}' for k in range(1, 59)]
    rows = [',0,1,9' * 11 + f',{row % 2}' for row in range(LABEL_ROWS // 560)]
    text = '\n'.join(
        [','.join(map(str, HEADER))]
        + [f'{number}{row}' for number, row in enumerate(rows, 1)]
    )
    tree.labels.mkdir(parents=True)
    for subject in subjects:
        for task in CODED:
            (tree.labels / f'{subject}_{task}.csv').write_text(text)
            folder = tree.images / subject / task
            folder.mkdir(parents=True)
            (folder / '0000.jpg').write_bytes(b'')
    start = time.perf_counter()
    dataset = BP4DPlus(tmp_path)
    seconds = time.perf_counter() - start
    with capsys.disabled():
        print(f'\n560 label files of {len(rows)} rows in {seconds:.2f} s')
    assert len(dataset) == 560
    assert len(subjects_of(dataset)) == 140
    assert dataset.report.oddities['label rows without an image'] == (
        560 * (len(rows) - 1)
    )
    np.testing.assert_array_equal(
        dataset.column('gt_aus')[0], dataset.column('gt_aus')[-1]
    )
    assert seconds < 8  # 1 on an idle machine


@pytest.mark.parametrize(
    ('made', 'asked', 'fits'),
    [
        (None, 5, True),
        (None, None, True),
        (10, 10, True),
        (10, 5, True),
        (10, 20, False),
        (10, None, False),
    ],
)
def test_which_samples_a_prepared_tree_serves(plus, made, asked, fits):
    dataset = BP4DPlus(plus.root, 'all', per_activity=asked, lazy_init=True)
    assert dataset.serves('per_activity', made) is fits
    assert dataset.serves('frames', 'all')
    assert not dataset.serves('frames', 'coded')
