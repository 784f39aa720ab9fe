"""The first release of AffectNet: long lines, many folders, odd rows."""

import re
import time
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest

from clef_mm.datasets.affectnet import AffectNet
from clef_mm.datasets.expressions import EXPRESSIONS
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.folds import SplitError
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.prepared_index import write_index
from clef_mm.datasets.reading import affectnet_csv
from clef_mm.datasets.reading.affectnet_csv import COLUMNS
from clef_mm.datasets.reading.label_rows import LabelFileError
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.faces.landmarks import five_points
from clef_mm.registry import DATASETS

NAMES = (*EXPRESSIONS, 'none', 'uncertain', 'no-face')  # codes 0 to 10
FILES = {'train': 'training.csv', 'val': 'validation.csv'}


def landmarks_of(number):
    return np.random.default_rng(number).uniform(0, 300, (68, 2)).round(2)


def row_of(number, expression, suffix='.jpg', **given):
    """Return the cells of one image, by column."""
    values = {
        'subDirectory_filePath': f'{number % 3 + 1}/{number:056x}{suffix}',
        'face_x': 10 + number,
        'face_y': 20,
        'face_width': 100,
        'face_height': 120 + number,
        'facial_landmarks': ';'.join(map(str, landmarks_of(number).ravel())),
        'expression': expression,
        'valence': -2 if expression > 8 else round(number / 100, 6),
        'arousal': -2 if expression > 8 else round(-number / 50, 6),
    }
    return {**values, **given}


TRAIN = [row_of(number, number % 11) for number in range(22)]
VAL = [row_of(number, number % 11) for number in range(30, 41)]


class CsvTree:
    def __init__(
        self,
        root,
        images='Manually_Annotated/Manually_Annotated_Images',
        lists='Manually_Annotated_file_lists',
    ):
        self.root = root
        self.images = root / images
        self.lists = root / lists

    def write_list(
        self,
        part,
        rows,
        columns=COLUMNS,
        header=True,
        newline='\n',
        encoding='utf-8',
    ):
        self.lists.mkdir(parents=True, exist_ok=True)
        lines = [','.join(columns)] if header else []
        lines += [','.join(str(row[name]) for name in columns) for row in rows]
        path = self.lists / FILES[part]
        path.write_bytes((newline.join([*lines, ''])).encode(encoding))
        return path

    def add_images(self, rows, rename=str):
        for row in rows:
            folder, _, name = row['subDirectory_filePath'].rpartition('/')
            (self.images / folder).mkdir(parents=True, exist_ok=True)
            (self.images / folder / rename(name)).write_bytes(b'x')
        return self

    def fill(self, **packing):
        self.write_list('train', TRAIN, **packing)
        self.write_list('val', VAL, **packing)
        return self.add_images([*TRAIN, *VAL])


@pytest.fixture
def tree(tmp_path):
    return CsvTree(tmp_path / 'Affect Net ü')


def check_records(dataset, rows_of_parts, classes=8):
    """Compare every record with the row it comes from."""
    expected = [
        (part, place, row)
        for part, rows in rows_of_parts.items()
        for place, row in enumerate(rows)
        if NAMES[row['expression']] in EXPRESSIONS[:classes]
    ]
    assert len(dataset) == len(expected)
    for index, (part, place, row) in enumerate(expected):
        record = dataset.get_data_info(index)
        assert (record['subject'], record['frame']) == (part, place)
        assert record['sequence'] == ''
        assert EXPRESSIONS[record['gt_expression']] == NAMES[row['expression']]
        assert record['img_path'].endswith(row['subDirectory_filePath'])
        assert Path(record['img_path']).is_file()
        wanted = [np.nan if row[n] == -2 else row[n] for n in ('valence', 'arousal')]
        found = [record['valence'], record['arousal']]
        np.testing.assert_allclose(found, wanted, rtol=1e-6)
        left, top, width, height = (
            row[n] for n in ('face_x', 'face_y', 'face_width', 'face_height')
        )
        box = [left, top, left + width, top + height]
        if width < 0:
            box = [np.nan] * 4
        np.testing.assert_array_equal(record['box'], box)


# --- packings -------------------------------------------------------------------------


@pytest.mark.parametrize('classes', [7, 8])
def test_records_are_the_rows(tree, classes):
    dataset = AffectNet(tree.fill().root, classes=classes)
    check_records(dataset, {'train': TRAIN, 'val': VAL}, classes)
    assert dataset.metainfo['expressions'] == EXPRESSIONS[:classes]
    assert dataset.report.oddities == {}
    assert dataset.report.found['labelled images on disk'] == 33
    lines = dataset.report.lines()
    assert 'release: csv' in lines
    assert any('10 no-face -> left out' in line for line in lines)


PACKINGS = {
    'CRLF': {'newline': '\r\n'},
    'byte order mark': {'encoding': 'utf-8-sig'},
    'no header': {'header': False},
    'other order': {'columns': COLUMNS[::-1]},
}


@pytest.mark.parametrize('packing', PACKINGS.values(), ids=PACKINGS)
def test_packings_of_the_lists(tree, packing):
    dataset = AffectNet(tree.fill(**packing).root)
    check_records(dataset, {'train': TRAIN, 'val': VAL})
    points = dataset.own_points(dataset.data_list)
    numbers = [int(Path(path).stem, 16) for path in dataset.column('img_path')]
    check_points(points, numbers)


def test_a_validation_list_without_header(tree):
    tree.fill()
    tree.write_list('val', VAL, header=False)
    check_records(AffectNet(tree.root), {'train': TRAIN, 'val': VAL})


def test_further_columns_do_not_matter(tree):
    rows = [{**row, 'note': 'seen'} for row in TRAIN]
    tree.fill()
    tree.write_list('train', rows, columns=(*COLUMNS, 'note'))
    check_records(AffectNet(tree.root), {'train': TRAIN, 'val': VAL})


@pytest.mark.parametrize(
    ('images', 'lists'),
    [
        ('Manually_Annotated_Images', '.'),
        ('Manually_Annotated_compressed/Manually_Annotated_Images', 'lists'),
        ('AffectNet/manual/faces', 'AffectNet/Manually_Annotated_file_lists'),
        ('.', '.'),
    ],
)
def test_folders_are_found_whatever_they_are_called(tmp_path, images, lists):
    tree = CsvTree(tmp_path, images, lists).fill()
    check_records(AffectNet(tmp_path), {'train': TRAIN, 'val': VAL})
    assert tree.images.is_dir()


def test_numbered_folders_of_other_images_are_not_taken(tree):
    tree.fill()
    for number in range(1, 5):
        other = tree.root / 'Automatically_Annotated' / str(number)
        other.mkdir(parents=True)
        (other / 'other.jpg').write_bytes(b'x')
    check_records(AffectNet(tree.root), {'train': TRAIN, 'val': VAL})


@pytest.mark.parametrize('suffix', ['.JPG', '.png', '.tif', '.bmp', '.jpeg'])
def test_other_extensions(tree, suffix):
    rows = [row_of(number, 3, suffix) for number in range(5)]
    tree.write_list('train', rows)
    tree.add_images(rows)
    check_records(AffectNet(tree.root, split='train'), {'train': rows})


def test_names_match_in_any_case(tree):
    tree.write_list('train', TRAIN)
    tree.add_images(TRAIN, rename=str.upper)
    dataset = AffectNet(tree.root, split='train')
    assert len(dataset) == 16
    assert all(Path(path).is_file() for path in dataset.column('img_path'))


def test_links(tmp_path):
    tree = CsvTree(tmp_path / 'store').fill()
    root = tmp_path / 'data'
    root.mkdir()
    (root / 'images of it').symlink_to(tree.images, target_is_directory=True)
    (root / 'lists').symlink_to(tree.lists, target_is_directory=True)
    check_records(AffectNet(root), {'train': TRAIN, 'val': VAL})


def test_blocks_join_without_a_seam(tree, monkeypatch):
    monkeypatch.setattr('clef_mm.datasets.reading.affectnet_csv._BLOCK', 2500)
    dataset = AffectNet(tree.fill().root)
    check_records(dataset, {'train': TRAIN, 'val': VAL})
    numbers = [int(Path(path).stem, 16) for path in dataset.column('img_path')]
    check_points(dataset.own_points(dataset.data_list), numbers)


def test_blank_lines_do_not_count(tree):
    path = tree.fill().lists / FILES['train']
    path.write_text(path.read_text().replace('\n', '\n\n') + '  \n')
    check_records(AffectNet(tree.root), {'train': TRAIN, 'val': VAL})


def test_the_registry_builds_it(tree):
    root = str(tree.fill().root)
    assert type(DATASETS.build({'type': 'AffectNet', 'data_root': root})) is AffectNet


def test_items_hold_the_image(tree):
    tree.fill()
    place = tree.images / TRAIN[4]['subDirectory_filePath']
    cv2.imwrite(str(place), np.full((60, 80, 3), 70, np.uint8))
    dataset = AffectNet(tree.root, pipeline=[LoadFace(32), PackFace()])
    item = dataset[4]
    assert abs(item['inputs'].mean() - 70) < 2
    assert item['data_samples'].name == str(place)


# --- parts ----------------------------------------------------------------------------


def test_the_published_validation_images_are_the_test_part(tree):
    tree.fill()
    check_records(AffectNet(tree.root, split='train'), {'train': TRAIN})
    check_records(AffectNet(tree.root, split='test'), {'val': VAL})
    with pytest.raises(SplitError, match=r"no 'val' part .*hold_out"):
        AffectNet(tree.root, split='val')


def test_images_held_out_of_training(tree):
    tree.fill()
    splits = {
        split: AffectNet(tree.root, split=split, hold_out=4)
        for split in ('train', 'val', 'test')
    }
    assert {name: len(split) for name, split in splits.items()} == {
        'train': 12,
        'val': 4,
        'test': 8,
    }
    points = splits['val'].own_points(splits['val'].data_list)
    assert not np.isnan(points).any()


def test_the_other_part_is_not_even_read(tree):
    tree.fill()
    (tree.lists / FILES['train']).write_text('nonsense')
    check_records(AffectNet(tree.root, split='test'), {'val': VAL})
    with pytest.raises(LabelFileError):
        AffectNet(tree.root)


def test_one_part_alone_will_do(tree):
    tree.write_list('val', VAL)
    tree.add_images(VAL)
    check_records(AffectNet(tree.root, split='test'), {'val': VAL})
    dataset = AffectNet(tree.root)
    assert dataset.report.oddities == {'parts that are not there': 1}
    with pytest.raises(DataRootError, match='1 parts that are not there'):
        AffectNet(tree.root, split='train')


# --- odd rows -------------------------------------------------------------------------


def test_negative_boxes_are_no_boxes(tree):
    rows = [row_of(0, 1, face_width=-1), row_of(1, 2)]
    tree.write_list('train', rows)
    tree.add_images(rows)
    check_records(AffectNet(tree.root, split='train'), {'train': rows})


def test_numbers_may_be_quoted(tree):
    tree.fill()
    for name in FILES.values():
        path = tree.lists / name
        lines = [
            ','.join(f'"{cell}"' for cell in line.split(','))
            for line in path.read_text().splitlines()
        ]
        path.write_text('\n'.join(lines) + '\n')
    dataset = AffectNet(tree.root)
    check_records(dataset, {'train': TRAIN, 'val': VAL})
    assert dataset.report.oddities == {}
    numbers = [int(Path(path).stem, 16) for path in dataset.column('img_path')]
    check_points(dataset.own_points(dataset.data_list), numbers)


@pytest.mark.parametrize('column', ['face_x', 'face_y', 'face_width', 'face_height'])
@pytest.mark.parametrize('text', ['', 'NULL', 'nan', '""', 'inf'])
def test_boxes_that_are_no_numbers_are_not_known(tree, column, text):
    rows = [row_of(0, 1), row_of(1, 2, **{column: text}), row_of(2, 3)]
    tree.write_list('train', rows)
    tree.add_images(rows)
    dataset = AffectNet(tree.root, split='train')
    assert np.isnan(dataset.column('box')).all(axis=1).tolist() == [False, True, False]
    assert not np.isnan(dataset.column('box')[[0, 2]]).any()
    (line,) = (line for line in dataset.report.lines() if 'face box' in line)
    assert line.startswith('1 label rows')
    assert f'{1:056x}' in line


def test_an_image_that_stands_twice_is_used_once(tree):
    rows = [*TRAIN, row_of(1, 5)]
    tree.write_list('train', rows)
    tree.add_images(rows)
    dataset = AffectNet(tree.root, split='train')
    check_records(dataset, {'train': TRAIN})
    assert dataset.report.oddities == {'label rows that repeat an image': 1}
    assert any(f'{1:056x}' in line for line in dataset.report.lines())


def test_missing_images_are_left_out_and_counted(tree):
    tree.fill()
    gone = [0, 1, 2, 3]
    for number in gone:
        (tree.images / TRAIN[number]['subDirectory_filePath']).unlink()
    dataset = AffectNet(tree.root, split='train')
    kept = [
        row for row in range(22) if row not in gone and TRAIN[row]['expression'] < 8
    ]
    assert dataset.column('frame').tolist() == kept
    assert dataset.report.oddities == {'label rows without an image': 4}


# --- landmarks ------------------------------------------------------------------------


def check_points(points, numbers):
    assert points.shape == (len(numbers), 5, 2)
    for row, number in zip(points, numbers, strict=True):
        np.testing.assert_allclose(row, five_points(landmarks_of(number)), rtol=1e-5)


def test_landmarks_of_some_images(tree):
    dataset = AffectNet(tree.fill().root)
    some = dataset.data_list.take(np.array([20, 3, 17, 0]))
    numbers = [int(Path(path).stem, 16) for path in some.columns['img_path']]
    check_points(dataset.own_points(some), numbers)


@pytest.mark.parametrize('text', ['', '1;2;3', ';'.join(['x'] * 136)])
def test_landmarks_that_are_none(tree, text):
    rows = [row_of(0, 0), row_of(1, 1, facial_landmarks=text)]
    tree.write_list('train', rows)
    tree.add_images(rows)
    dataset = AffectNet(tree.root, split='train')
    points = dataset.own_points(dataset.data_list)
    check_points(points[:1], [0])
    assert np.isnan(points[1]).all()


# --- what is wrong --------------------------------------------------------------------


@pytest.mark.parametrize(
    ('cells', 'message'),
    [
        ({'expression': 11}, 'line 3, expression: 11 is none of 0 to 10'),
        ({'expression': -1}, 'line 3, expression: -1 is none of 0 to 10'),
        ({'expression': 1.5}, 'line 3, expression: 1.5 is none of 0 to 10'),
        ({'expression': 'happy'}, "line 3, expression: 'happy' is not a number"),
        ({'valence': ''}, "line 3, valence: '' is not a number"),
        ({'valence': '1;2'}, "line 3, valence: '1;2' is not a number"),
        ({'expression': '"12"'}, 'line 3, expression: "12" is none of 0 to 10'),
        ({'arousal': '0,1'}, 'line 3: expected 9 cells separated by commas, got 10'),
    ],
)
def test_wrong_lines_are_named(tree, cells, message):
    tree.fill()
    wrong = {**row_of(1, 1), **cells}
    path = tree.write_list('train', [TRAIN[0], wrong, TRAIN[2]])
    with pytest.raises(LabelFileError, match=re.escape(message)) as caught:
        AffectNet(tree.root)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', 'is empty'),
        (','.join(COLUMNS) + '\n', 'has no label row'),
        ('path,expression\n1/a.jpg,1\n', 'no column subDirectory_filePath, face_x'),
        ('1/a.jpg,1,2\n', 'line 1: expected 9 cells'),
    ],
)
def test_wrong_files_are_named(tree, text, message):
    tree.fill()
    (tree.lists / FILES['val']).write_text(text)
    with pytest.raises(LabelFileError, match=message):
        AffectNet(tree.root)


def test_images_that_are_nowhere(tree):
    tree.write_list('train', TRAIN)
    with pytest.raises(DataRootError, match=r'no image that .*training\.csv lists'):
        AffectNet(tree.root, split='train')


@pytest.mark.parametrize('release', [None, 'csv', 'npy'])
def test_a_root_without_data_shows_what_is_expected(tmp_path, release):
    with pytest.raises(DataRootError, match='is not in') as caught:
        AffectNet(tmp_path / 'nowhere', release=release)
    for part in ('training.csv', 'train_set/annotations/0_exp.npy'):
        assert part in str(caught.value)


def test_the_other_release_is_pointed_out(tree):
    with pytest.raises(DataRootError, match=r"release 'npy' .*'csv' is there"):
        AffectNet(tree.fill().root, release='npy')
    with pytest.raises(ValueError, match="'csv' or 'npy', got 'old'"):
        AffectNet(tree.root, release='old')


# --- prepared trees -------------------------------------------------------------------


def test_a_prepared_tree_is_labelled_as_the_original(tree, tmp_path):
    tree.fill()
    for arguments in ({}, {'classes': 7, 'split': 'train'}):
        original = AffectNet(tree.root, **arguments)
        columns = original.source_frames().columns
        crops = [
            str(tmp_path / 'prepared' / f'{row}.jpg')
            for row in range(len(columns['frame']))
        ]
        columns['img_path'] = FrameTable.of([{'img_path': c} for c in crops]).columns[
            'img_path'
        ]
        (tmp_path / 'prepared').mkdir(exist_ok=True)
        header = {
            'dataset': original.metainfo['dataset'],
            'source_options': original.source_options(),
            'lost': {},
        }
        write_index(tmp_path / 'prepared', FrameTable(columns), header)
        prepared = AffectNet(tmp_path / 'prepared', **arguments)
        for name in ('gt_expression', 'frame', 'valence', 'box'):
            np.testing.assert_array_equal(prepared.column(name), original.column(name))
        assert prepared.metainfo['expressions'] == original.metainfo['expressions']


# --- as large as the real one ---------------------------------------------------------

ROWS = 414_800


@pytest.fixture(scope='module')
def full_size(tmp_path_factory):
    """Return a list of 414,800 rows; every hundredth image is there."""
    root = tmp_path_factory.mktemp('full')
    landmarks = ';'.join(f'{value:.2f}' for value in np.linspace(50, 900, 200))
    with (root / 'training.csv').open('w') as file:
        file.write(','.join(COLUMNS) + '\n')
        for row in range(ROWS):
            file.write(
                f'{row % 1200}/{row:056x}.jpg,10,20,300,{row % 300},{landmarks},'
                f'{row % 8},0.{row % 997:03d},-0.25\n'
            )
    for row in range(0, ROWS, 100):
        path = root / 'images' / 'x' / str(row % 1200) / f'{row:056x}.jpg'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


@pytest.mark.slow
def test_full_size_loads_fast_and_small(full_size):
    assert (full_size / 'training.csv').stat().st_size > 580e6
    start = time.process_time()
    dataset = AffectNet(full_size, split='train')
    assert time.process_time() - start < 10
    assert len(dataset) == ROWS // 100
    assert dataset.report.oddities['label rows without an image'] == ROWS - ROWS // 100
    sizes = [
        column.nbytes if isinstance(column, np.ndarray) else 4 * len(column)
        for name, column in dataset.data_list.columns.items()
        if name != 'img_path'
    ]
    assert sum(sizes) < 200 * len(dataset)


@pytest.mark.slow
def test_lists_are_never_in_memory_as_a_whole(full_size, monkeypatch):
    """Landmarks are most of the file; blocks of it come and go."""
    monkeypatch.setattr('clef_mm.datasets.reading.affectnet_csv._BLOCK', 1 << 22)
    path = full_size / 'training.csv'
    tracemalloc.start()
    columns = affectnet_csv._read_rows(path, 11)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(columns['expression']) == ROWS
    assert kept < 200 * ROWS
    assert peak < path.stat().st_size / 2
