"""RAF-DB on disk: how copies are packed, what is odd in them, what is wrong."""

import re
import stat
import time

import cv2
import numpy as np
import pytest

from clef_mm.datasets.expressions import EXPRESSIONS
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.folds import SplitError
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.prepared_index import write_index
from clef_mm.datasets.rafdb import RAFDB
from clef_mm.datasets.reading.label_rows import LabelFileError
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.registry import DATASETS

OFFICIAL = {
    1: 'surprise',
    2: 'fear',
    3: 'disgust',
    4: 'happiness',
    5: 'sadness',
    6: 'anger',
    7: 'neutral',
}
# part, number, label: every label in both parts
ROWS = [('train', number, number % 7 + 1) for number in range(1, 22)]
ROWS += [('test', number, 7 - number % 7) for number in range(1, 15)]
EYES_NOSE_MOUTH = np.array([[30, 40], [70, 38], [50, 60], [35, 80], [66, 79]])


def file_name(part, number):
    return f'{part}_{number:05d}' if part == 'train' else f'{part}_{number:04d}'


class RafTree:
    """Writes the release below ``base``."""

    def __init__(self, base):
        self.base = base
        self.labels = base / 'EmoLabel' / 'list_patition_label.txt'

    def add_images(self, folder='aligned', ending='_aligned.jpg', rows=ROWS):
        images = self.base / 'Image' / folder
        images.mkdir(parents=True, exist_ok=True)
        for part, number, _ in rows:
            level = 10 * number + (part == 'test')
            cv2.imwrite(
                str(images / 'tmp.jpg'), np.full((100, 100, 3), level, np.uint8)
            )
            (images / 'tmp.jpg').rename(images / f'{file_name(part, number)}{ending}')
        return images

    def add_labels(self, rows=ROWS, newline='\n', encoding='utf-8'):
        lines = [f'{file_name(p, number)}.jpg {label}' for p, number, label in rows]
        return self.write_labels(lines, newline, encoding)

    def write_labels(self, lines, newline='\n', encoding='utf-8'):
        self.labels.parent.mkdir(parents=True, exist_ok=True)
        self.labels.write_bytes((newline.join([*lines, ''])).encode(encoding))
        return self

    def add_annotations(self, points=EYES_NOSE_MOUTH, rows=ROWS):
        folder = self.base / 'Annotation' / 'manual'
        folder.mkdir(parents=True, exist_ok=True)
        for part, number, _ in rows:
            lines = [f'{x + number}\t{y}' for x, y in points]
            lines += [str(number % 3), str(number % 2), str(number % 5)]
            path = folder / f'{file_name(part, number)}_manu_attri.txt'
            path.write_text('\n'.join(lines) + '\n')
        return folder


@pytest.fixture
def tree(tmp_path):
    tree = RafTree(tmp_path / 'RAF DB ü' / 'basic')
    tree.add_labels()
    tree.add_images()
    return tree


def summary(dataset):
    return [
        (record['subject'], record['frame'], record['gt_expression'])
        for record in (dataset.get_data_info(row) for row in range(len(dataset)))
    ]


def expected(rows=ROWS):
    """Return part, number and class of the rows, by name."""
    return [(p, n, EXPRESSIONS.index(OFFICIAL[label])) for p, n, label in rows]


# --- where it lies, and how it is packed ----------------------------------------------


@pytest.mark.parametrize('split', [None, 'train', 'test'])
def test_labels_and_parts(tree, split):
    dataset = RAFDB(tree.base, split=split)
    rows = [row for row in ROWS if split in (None, row[0])]
    assert summary(dataset) == expected(rows)
    assert dataset.metainfo['expressions'] == EXPRESSIONS[:7]
    assert dataset.report.oddities == {}
    counts = dataset.report.found
    for label, name in OFFICIAL.items():
        assert counts[name] == sum(row[2] == label for row in rows) > 0


@pytest.mark.parametrize('given', ['basic', 'the folder around it', 'a link'])
@pytest.mark.parametrize('called', ['basic', 'raf-basic', 'RAF-DB'])
def test_the_root_may_be_the_folder_or_the_one_around_it(tmp_path, called, given):
    tree = RafTree(tmp_path / 'data' / called)
    tree.add_labels()
    tree.add_images()
    root = {'basic': tree.base, 'the folder around it': tree.base.parent}.get(given)
    if root is None:
        root = tmp_path / 'link'
        root.symlink_to(tree.base, target_is_directory=True)
    assert summary(RAFDB(root)) == expected()


def test_the_compound_expressions_beside_them_are_not_taken(tree):
    compound = RafTree(tree.base.parent / 'compound')
    compound.write_labels(['train_0001.jpg 11'])
    compound.add_images(rows=ROWS[:1])
    assert summary(RAFDB(tree.base.parent)) == expected()


def test_compound_expressions_that_come_first_are_not_taken(tree):
    compound = RafTree(tree.base.parent / 'a compound')
    compound.write_labels(['train_0001.jpg 11'])
    compound.add_images(rows=ROWS[:1])
    renamed = tree.base.rename(tree.base.with_name('b'))
    assert summary(RAFDB(renamed.parent)) == expected()
    renamed.rename(tree.base.parent / 'other')
    (tree.base.parent / 'other' / 'EmoLabel' / tree.labels.name).unlink()
    with pytest.raises(DataRootError, match='but that of the compound expressions'):
        RAFDB(tree.base.parent)


def test_the_basic_expressions_are_chosen_by_name(tree):
    other = RafTree(tree.base.parent / 'a')
    other.add_labels(ROWS[:1])
    other.add_images(rows=ROWS[:1])
    assert summary(RAFDB(tree.base.parent)) == expected()
    (tree.base.parent / 'link').symlink_to(tree.base, target_is_directory=True)
    assert summary(RAFDB(tree.base.parent)) == expected()
    second = tree.base.rename(tree.base.with_name('b'))
    (tree.base.parent / 'link').unlink()
    with pytest.raises(DataRootError, match='both list the basic') as caught:
        RAFDB(tree.base.parent)
    for base in (other.base, second):
        assert str(base / 'EmoLabel' / tree.labels.name) in str(caught.value)


def test_the_label_file_may_lie_at_the_root(tree):
    tree.labels.rename(tree.base / tree.labels.name)
    assert summary(RAFDB(tree.base)) == expected()
    assert summary(RAFDB(tree.base.parent)) == expected()


def test_images_above_the_root_are_not_taken(tree):
    root = tree.base / 'labels'
    root.mkdir()
    tree.labels.rename(root / tree.labels.name)
    with pytest.raises(DataRootError, match='labels has no Image/aligned'):
        RAFDB(root)


@pytest.mark.parametrize('images', ['aligned', 'original'])
def test_folders_in_folders_of_their_name(tree, images):
    tree.add_images('original', '.jpg')
    tree.add_annotations()
    for folder in (
        tree.base / 'Image' / images,
        tree.base / 'Annotation' / 'manual',
        tree.base / 'EmoLabel',
    ):
        moved = folder.rename(folder.with_name('moved'))
        folder.mkdir()
        moved.rename(folder / folder.name)
    dataset = RAFDB(tree.base, images=images, attributes=True)
    assert summary(dataset) == expected()
    assert dataset.report.oddities == {}
    if images == 'original':
        assert not np.isnan(dataset.own_points(dataset.data_list)).any()


@pytest.mark.parametrize(
    'name', ['list_patition_label.txt', 'list_partition_label.txt']
)
@pytest.mark.parametrize('newline', ['\n', '\r\n'])
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig'])
def test_label_files_of_either_spelling(tree, name, newline, encoding):
    tree.labels.unlink()
    tree.labels = tree.labels.with_name(name)
    tree.add_labels(newline=newline, encoding=encoding)
    assert summary(RAFDB(tree.base)) == expected()


@pytest.mark.parametrize('ending', ['_aligned.JPG', '_ALIGNED.png', '.jpeg'])
def test_image_names_match_in_any_case(tmp_path, ending):
    tree = RafTree(tmp_path)
    tree.add_labels()
    images = tree.add_images(rows=[])
    for part, number, _ in ROWS:
        (images / f'{file_name(part, number)}{ending}').write_bytes(b'x')
    dataset = RAFDB(tmp_path)
    assert summary(dataset) == expected()
    assert dataset.get_data_info(0)['img_path'].endswith(ending)


def test_folder_names_match_in_any_case(tree):
    (tree.base / 'Image' / 'aligned').rename(tree.base / 'Image' / 'Aligned')
    (tree.base / 'Image').rename(tree.base / 'image')
    (tree.base / 'EmoLabel').rename(tree.base / 'emolabel')
    assert summary(RAFDB(tree.base)) == expected()


def test_a_source_that_may_only_be_read(tree):
    folders = [tree.base, tree.base / 'EmoLabel', tree.base / 'Image' / 'aligned']
    before = sorted(tree.base.rglob('*'))
    for folder in folders:
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert summary(RAFDB(tree.base)) == expected()
    finally:
        for folder in folders:
            folder.chmod(stat.S_IRWXU)
    assert sorted(tree.base.rglob('*')) == before


def test_items_hold_the_image_of_their_record(tree):
    dataset = RAFDB(tree.base, pipeline=[LoadFace(size=100), PackFace()])
    for row, (part, number, _) in enumerate(ROWS):
        item = dataset[row]
        assert abs(item['inputs'].mean() - (10 * number + (part == 'test'))) < 2
        sample = item['data_samples']
        assert sample.name == sample.img_path == dataset.get_data_info(row)['img_path']
        assert sample.gt_expression == expected()[row][2]


def test_the_registry_builds_it(tree):
    dataset = DATASETS.build({'type': 'RAFDB', 'data_root': str(tree.base)})
    assert type(dataset) is RAFDB


def test_the_report_says_what_the_labels_mean(tree):
    lines = RAFDB(tree.base).report.lines()
    assert (
        'labels: 1 surprise -> 3 surprise, 2 fear -> 4 fear, 3 disgust -> 5 disgust, '
        '4 happiness -> 1 happiness, 5 sadness -> 2 sadness, 6 anger -> 6 anger, '
        '7 neutral -> 0 neutral'
    ) in lines


# --- parts ----------------------------------------------------------------------------


def test_there_is_no_validation_part_unless_images_are_held_out(tree):
    with pytest.raises(SplitError, match=r"RAF-DB has no 'val' part.*hold_out"):
        RAFDB(tree.base, split='val')
    parts = {
        split: {row[:2] for row in summary(RAFDB(tree.base, split=split, hold_out=7))}
        for split in ('train', 'val', 'test')
    }
    assert len(parts['val']) == 7
    assert len(parts['train']) == 14
    assert {part for part, _ in parts['test']} == {'test'}
    train = {number for _, number in parts['train']}
    val = {number for _, number in parts['val']}
    assert sorted(train | val) == list(range(1, 22))


@pytest.mark.parametrize('arguments', [{'fold': 1}, {'preset': 'jaanet'}])
def test_there_are_no_folds(tree, arguments):
    with pytest.raises(ValueError, match='official parts and no folds'):
        RAFDB(tree.base, **arguments)


# --- landmarks and attributes ---------------------------------------------------------


def test_landmarks_of_the_original_images(tree):
    tree.add_images('original', '.jpg')
    folder = tree.add_annotations()
    (folder / 'train_00002_manu_attri.txt').unlink()
    (folder / 'train_00003_manu_attri.txt').write_bytes(b'')
    (folder / 'train_00004_manu_attri.txt').write_text('1\t2\nx\t3\n')
    dataset = RAFDB(tree.base, images='original')
    points = dataset.own_points(dataset.data_list)
    assert (points.shape, points.dtype) == ((35, 5, 2), np.float32)
    assert np.isnan(points[[1, 2, 3]]).all()
    for row, (_, number, _) in enumerate(ROWS):
        if row not in (1, 2, 3):
            moved = EYES_NOSE_MOUTH + np.array([number, 0])
            np.testing.assert_array_equal(points[row], moved)
    assert RAFDB(tree.base).own_points(dataset.data_list) is None


@pytest.mark.parametrize('degrees', [0, 40, 120, 180, 250])
@pytest.mark.parametrize('persons_side_first', [False, True])
def test_sides_are_the_images_however_the_head_is_rolled(
    tree, degrees, persons_side_first
):
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = (EYES_NOSE_MOUTH - 50) @ turn + 200
    order = [1, 0, 2, 4, 3] if persons_side_first else [0, 1, 2, 3, 4]
    tree.add_images('original', '.jpg', ROWS[:1])
    tree.add_annotations(points[order], ROWS[:1])
    dataset = RAFDB(tree.base, images='original')
    found = dataset.own_points(dataset.data_list)
    np.testing.assert_allclose(found[0], points + np.array([1, 0]), rtol=1e-5)


def test_attributes_are_read_when_asked_for(tree):
    folder = tree.add_annotations()
    (folder / 'test_0002_manu_attri.txt').unlink()
    dataset = RAFDB(tree.base, attributes=True)
    for row, (part, number, _) in enumerate(ROWS):
        record = dataset.get_data_info(row)
        found = [record[name] for name in ('gender', 'race', 'age')]
        if (part, number) == ('test', 2):
            assert found == [-1, -1, -1]
        else:
            assert found == [number % 3, number % 2, number % 5]
    assert dataset.column('gender').dtype == np.int8
    assert dataset.report.oddities == {'images without attributes': 1}
    assert 'gender' not in RAFDB(tree.base).data_list.columns


# --- what is odd ----------------------------------------------------------------------


def test_images_that_a_third_party_added_are_left_out_and_counted(tree):
    images = tree.base / 'Image' / 'aligned'
    for name in (
        'train_00001_aligned_flip.jpg',
        'aug_17.jpg',
        'train_99999_aligned.jpg',
    ):
        (images / name).write_bytes(b'x')
    (images / 'Thumbs.db').write_bytes(b'x')
    (images / '._train_00001_aligned.jpg').write_bytes(b'x')
    dataset = RAFDB(tree.base)
    assert summary(dataset) == expected()
    assert dataset.report.oddities == {'images without a label': 3}


def test_missing_images_are_left_out_and_counted(tree):
    (tree.base / 'Image' / 'aligned' / 'train_00003_aligned.jpg').unlink()
    dataset = RAFDB(tree.base)
    assert summary(dataset) == [row for row in expected() if row[:2] != ('train', 3)]
    assert dataset.report.oddities == {'label rows without an image': 1}
    assert any('train_3' in line for line in dataset.report.lines())


def test_an_image_under_two_names_is_used_once(tree):
    images = tree.base / 'Image' / 'aligned'
    (images / 'train_00003_aligned.png').write_bytes(b'x')
    dataset = RAFDB(tree.base)
    assert summary(dataset) == expected()
    assert dataset.report.oddities == {'images that stand there under two names': 1}


def test_a_row_that_stands_twice_alike_is_used_once(tree):
    tree.add_labels([*ROWS, ROWS[3]])
    assert summary(RAFDB(tree.base)) == expected()


# --- what is wrong --------------------------------------------------------------------


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        ('train_00099.jpg 0', 'line 3: label 0 is none of 1 to 7'),
        ('train_00099.jpg 8', 'line 3: label 8 is none of 1 to 7'),
        ('train_00099.jpg happy', 'line 3: expected a name and a label'),
        ('train_00099.jpg 5 1', 'line 3: expected a name and a label'),
        ('train_00099.jpg', 'line 3: expected a name and a label'),
        ('valid_00099.jpg 5', 'line 3: expected a name and a label'),
        ('train_00001.jpg 7', 'line 3: train_00001.jpg is a neutral here and a fear'),
        ('\x00\x01', 'line 3: expected a name and a label'),
    ],
)
def test_wrong_lines_are_named(tree, line, message):
    tree.write_labels(['train_00001.jpg 2', 'test_0001.jpg 6', line])
    with pytest.raises(LabelFileError, match=re.escape(message)) as caught:
        RAFDB(tree.base)
    assert str(tree.labels) in str(caught.value)


@pytest.mark.parametrize('text', ['', '\n \n'])
def test_an_empty_label_file(tree, text):
    tree.labels.write_text(text)
    with pytest.raises(LabelFileError, match='has no label row'):
        RAFDB(tree.base)


@pytest.mark.parametrize('state', ['absent', 'empty', 'a file'])
def test_a_root_without_data_shows_what_is_expected(tmp_path, state):
    root = tmp_path / 'rafdb'
    if state == 'empty':
        root.mkdir()
    elif state == 'a file':
        root.write_text('x')
    with pytest.raises(DataRootError, match='RAF-DB is not in') as caught:
        RAFDB(root)
    assert 'EmoLabel/list_patition_label.txt' in str(caught.value)


def test_the_other_kind_of_images_is_pointed_out(tree):
    with pytest.raises(DataRootError, match="images='aligned' is there"):
        RAFDB(tree.base, images='original')


def test_no_image_of_all_those_labelled(tree):
    for path in (tree.base / 'Image' / 'aligned').iterdir():
        path.unlink()
    with pytest.raises(DataRootError, match='35 label rows without an image'):
        RAFDB(tree.base)


def test_another_kind_of_images_is_refused(tree):
    with pytest.raises(ValueError, match="'aligned' or 'original', got 'cropped'"):
        RAFDB(tree.base, images='cropped')


# --- prepared trees -------------------------------------------------------------------


def test_a_prepared_tree_is_labelled_as_the_original(tree, tmp_path):
    tree.add_annotations()
    for arguments in ({}, {'attributes': True, 'split': 'test'}):
        original = RAFDB(tree.base, **arguments)
        columns = original.source_frames().columns
        crops = [str(tmp_path / 'prepared' / f'{row}.jpg') for row in range(len(ROWS))]
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
        prepared = RAFDB(tmp_path / 'prepared', **arguments)
        for name in ('gt_expression', 'frame'):
            np.testing.assert_array_equal(prepared.column(name), original.column(name))
        assert prepared.metainfo['expressions'] == original.metainfo['expressions']


# --- as large as the real one ---------------------------------------------------------


@pytest.mark.slow
def test_full_size_loads_fast(tmp_path):
    rows = [('train', number, number % 7 + 1) for number in range(1, 12_272)]
    rows += [('test', number, number % 7 + 1) for number in range(1, 3_069)]
    tree = RafTree(tmp_path)
    tree.add_labels(rows)
    images = tree.add_images(rows=[])
    for part, number, _ in rows:
        (images / f'{file_name(part, number)}_aligned.jpg').touch()
    start = time.perf_counter()
    dataset = RAFDB(tmp_path)
    assert time.perf_counter() - start < 2
    assert summary(dataset) == expected(rows)
