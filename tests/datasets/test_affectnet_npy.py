"""The release of AffectNet from 2021: a file a number, read once and remembered."""

import os
import shutil
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from clef_mm.datasets.affectnet import AffectNet
from clef_mm.datasets.expressions import EXPRESSIONS
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.folds import SplitError
from clef_mm.datasets.reading import affectnet_npy
from clef_mm.datasets.reading.label_rows import LabelFileError
from clef_mm.datasets.reading.npy_values import NpyFileError
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.faces.landmarks import five_points

# Ids are sparse, and their order is not that of their text.
TRAIN = [0, 2, 3, 9, 10, 11, 100, 1000, 287_650]
VAL = [1, 5, 20, 5495]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / 'cache'
    monkeypatch.setenv('CLEF_MM_CACHE', str(folder))
    return folder


def expression_of(number):
    return number % 8


def landmarks_of(number):
    return np.random.default_rng(number).uniform(0, 224, (68, 2))


class NpyTree:
    """Writes the release, numbers as text or not."""

    def __init__(self, root, parts=('train_set', 'val_set'), as_text=True):
        self.root = root
        self.parts = dict(zip(parts, (TRAIN, VAL), strict=True))
        self.as_text = as_text

    def fill(self, suffix='.jpg'):
        for part, numbers in self.parts.items():
            for number in numbers:
                self.add(part, number, expression_of(number), suffix)
        return self

    def add(self, part, number, expression, suffix='.jpg'):
        images = self.root / part / 'images'
        images.mkdir(parents=True, exist_ok=True)
        (images / f'{number}{suffix}').write_bytes(b'x')
        self.save(part, number, 'exp', str(expression) if self.as_text else expression)
        for field, value in (('val', 0.001 * (number % 900)), ('aro', -0.5)):
            value = f'{value:.6g}' if self.as_text else value
            self.save(part, number, field, value)
        self.save(part, number, 'lnd', landmarks_of(number).ravel())

    def save(self, part, number, field, value):
        folder = self.root / part / 'annotations'
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / f'{number}_{field}.npy', np.array(value))
        return folder / f'{number}_{field}.npy'


@pytest.fixture
def tree(tmp_path):
    return NpyTree(tmp_path / 'Affect Net ü').fill()


def check_records(dataset, parts, classes=8):
    expected = [
        (part, number)
        for part, numbers in parts.items()
        for number in numbers
        if expression_of(number) < classes
    ]
    assert len(dataset) == len(expected)
    for index, (part, number) in enumerate(expected):
        record = dataset.get_data_info(index)
        assert (record['subject'], record['frame']) == (part, number)
        assert record['sequence'] == ''
        assert record['gt_expression'] == expression_of(number)
        assert record['valence'] == pytest.approx(0.001 * (number % 900))
        assert record['arousal'] == pytest.approx(-0.5)
        path = Path(record['img_path'])
        assert path.is_file()
        assert int(path.stem) == number


# --- packings -------------------------------------------------------------------------


@pytest.mark.parametrize('as_text', [True, False])
@pytest.mark.parametrize('val', ['val_set', 'valid_set', 'Val_Set'])
def test_records_are_the_files(tmp_path, val, as_text):
    tree = NpyTree(tmp_path / 'data', ('train_set', val), as_text).fill()
    for _ in range(2):
        dataset = AffectNet(tree.root)
        check_records(dataset, {'train': TRAIN, 'val': VAL})
        assert dataset.report.oddities == {}
        assert 'release: npy' in dataset.report.lines()


@pytest.mark.parametrize('classes', [7, 8])
def test_classes(tree, classes):
    dataset = AffectNet(tree.root, classes=classes)
    check_records(dataset, {'train': TRAIN, 'val': VAL}, classes)
    assert dataset.metainfo['expressions'] == EXPRESSIONS[:classes]


@pytest.mark.parametrize('suffix', ['.JPG', '.png', '.jpeg'])
def test_extensions(tmp_path, suffix):
    tree = NpyTree(tmp_path / 'data').fill(suffix)
    check_records(AffectNet(tree.root), {'train': TRAIN, 'val': VAL})


def test_a_folder_around_it_and_links(tree, tmp_path):
    outer = tmp_path / 'outer'
    outer.mkdir()
    (outer / 'AffectNet').symlink_to(tree.root, target_is_directory=True)
    check_records(AffectNet(outer), {'train': TRAIN, 'val': VAL})


def test_parts(tree):
    check_records(AffectNet(tree.root, split='train'), {'train': TRAIN})
    check_records(AffectNet(tree.root, split='test'), {'val': VAL})
    with pytest.raises(SplitError, match="no 'val' part"):
        AffectNet(tree.root, split='val')
    assert len(AffectNet(tree.root, split='val', hold_out=3)) == 3


def test_items_hold_the_image(tree):
    path = tree.root / 'train_set' / 'images' / '9.jpg'
    cv2.imwrite(str(path), np.full((40, 40, 3), 90, np.uint8))
    item = AffectNet(tree.root, pipeline=[LoadFace(24), PackFace()])[3]
    assert abs(item['inputs'].mean() - 90) < 2
    assert item['data_samples'].name == str(path)


def test_both_releases_in_one_folder_must_be_told_apart(tree):
    (tree.root / 'training.csv').touch()
    with pytest.raises(DataRootError, match='holds both releases'):
        AffectNet(tree.root)
    check_records(AffectNet(tree.root, release='npy'), {'train': TRAIN, 'val': VAL})


def test_landmarks(tree):
    missing = tree.root / 'train_set' / 'annotations' / '3_lnd.npy'
    missing.unlink()
    tree.save('train_set', 9, 'lnd', np.zeros(98))
    dataset = AffectNet(tree.root)
    points = dataset.own_points(dataset.data_list)
    assert points.shape == (len(TRAIN) + len(VAL), 5, 2)
    for row, number in zip(points, TRAIN + VAL, strict=True):
        if number in (3, 9):
            assert np.isnan(row).all()
        else:
            np.testing.assert_allclose(
                row, five_points(landmarks_of(number)), rtol=1e-5
            )


# --- what is odd or wrong -------------------------------------------------------------


def test_images_and_labels_without_the_other(tree):
    images, notes = (
        tree.root / 'train_set' / name for name in ('images', 'annotations')
    )
    (images / '2.jpg').unlink()
    (notes / '3_exp.npy').unlink()
    (notes / '9_exp.npy').write_bytes(b'')
    for name in ('readme.txt', '._0.jpg', 'x.jpg'):
        (images / name).write_bytes(b'x')
    kept = [number for number in TRAIN if number not in (2, 3, 9)]
    for _ in range(2):  # read, and remembered
        dataset = AffectNet(tree.root)
        check_records(dataset, {'train': kept, 'val': VAL})
        assert dataset.report.oddities == {
            'labels without an image': 1,
            'images without a readable expression': 2,
        }
        assert any('train/3, train/9' in line for line in dataset.report.lines())


def test_minus_two_and_missing_files_are_not_annotated(tree):
    tree.save('val_set', 1, 'val', '-2')
    (tree.root / 'val_set' / 'annotations' / '1_aro.npy').unlink()
    record = AffectNet(tree.root, split='test').get_data_info(0)
    assert np.isnan([record['valence'], record['arousal']]).all()


@pytest.mark.parametrize('value', ['11', '-1', '1.5'])
def test_expressions_that_are_none_are_named(tree, value, cache):
    path = tree.save('train_set', 10, 'exp', value)
    with pytest.raises(LabelFileError, match=f'holds {value}, which is no') as caught:
        AffectNet(tree.root)
    assert str(path) in str(caught.value)
    assert not cache.exists()


def test_text_that_is_no_number_is_named(tree):
    path = tree.save('train_set', 10, 'exp', 'happy')
    with pytest.raises(NpyFileError, match='holds happy, not a number') as caught:
        AffectNet(tree.root)
    assert str(path) in str(caught.value)


def test_pickles_are_never_opened(tree, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'sprung'),)

    folder = tree.root / 'train_set' / 'annotations'
    np.save(folder / '0_exp.npy', np.array(Trap(), dtype=object), allow_pickle=True)
    check_records(AffectNet(tree.root), {'train': TRAIN[1:], 'val': VAL})
    assert not (tmp_path / 'sprung').exists()


def test_a_part_in_which_nothing_fits(tree):
    shutil.rmtree(tree.root / 'val_set' / 'images')
    (tree.root / 'val_set' / 'images').mkdir()
    with pytest.raises(DataRootError, match=r'no image in .* has a label'):
        AffectNet(tree.root, split='test')


# --- the cache ------------------------------------------------------------------------


@pytest.fixture
def reads(monkeypatch):
    """Return the folders whose annotations were really read."""
    folders = []
    real = affectnet_npy._read_part

    def read(part):
        folders.append(part.annotations.parent.name)
        return real(part)

    monkeypatch.setattr(affectnet_npy, '_read_part', read)
    return folders


def test_annotations_are_read_once(tree, reads, cache):
    before = sorted(tree.root.rglob('*'))
    for _ in range(3):
        check_records(AffectNet(tree.root), {'train': TRAIN, 'val': VAL})
    assert reads == ['train_set', 'val_set']
    assert sorted(tree.root.rglob('*')) == before
    assert len(list(cache.iterdir())) == 2


def test_a_changed_folder_is_read_again(tree, reads):
    AffectNet(tree.root)
    tree.add('val_set', 77, expression_of(77))
    check_records(AffectNet(tree.root), {'train': TRAIN, 'val': [1, 5, 20, 77, 5495]})
    assert reads == ['train_set', 'val_set', 'val_set']
    (tree.root / 'train_set' / 'images' / '0.jpg').unlink()
    assert len(AffectNet(tree.root, split='train')) == len(TRAIN) - 1
    assert reads[3:] == ['train_set']


@pytest.mark.parametrize(
    ('field', 'name'),
    [('exp', 'expression'), ('val', 'valence'), ('aro', 'arousal')],
)
def test_what_could_not_be_read_is_not_remembered(tree, reads, cache, field, name):
    path = tree.root / 'val_set' / 'annotations' / f'20_{field}.npy'
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    for _ in range(2):
        dataset = AffectNet(tree.root, split='test')
        assert dataset.report.oddities == {f'images without a readable {name}': 1}
        assert any('val/20' in line for line in dataset.report.lines())
    assert not cache.exists()
    path.write_bytes(content)  # the folder looks as before
    for _ in range(2):
        check_records(AffectNet(tree.root, split='test'), {'val': VAL})
    assert reads == ['val_set'] * 3


def test_what_is_not_there_is_remembered(tree, reads):
    (tree.root / 'val_set' / 'annotations' / '20_aro.npy').unlink()
    for _ in range(2):
        dataset = AffectNet(tree.root, split='test')
        assert dataset.report.oddities == {'images without a readable arousal': 1}
    assert reads == ['val_set']


@pytest.mark.parametrize('content', [b'', b'nonsense', None])
def test_a_damaged_cache_is_ignored_and_replaced(tree, reads, cache, content):
    AffectNet(tree.root)
    for path in cache.iterdir():
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2] if content is None else content)
    for _ in range(2):
        check_records(AffectNet(tree.root), {'train': TRAIN, 'val': VAL})
    assert reads == ['train_set', 'val_set'] * 2


def test_without_a_place_for_a_cache_everything_works(
    tree, reads, tmp_path, monkeypatch
):
    (tmp_path / 'file').touch()
    monkeypatch.setenv('CLEF_MM_CACHE', str(tmp_path / 'file' / 'cache'))
    for _ in range(2):
        check_records(AffectNet(tree.root), {'train': TRAIN, 'val': VAL})
    assert reads == ['train_set', 'val_set'] * 2


# --- as large as a tenth of the real one ----------------------------------------------


@pytest.mark.slow
def test_reading_is_fast_and_remembering_instant(tmp_path):
    """A tenth of the release in a tenth of a minute: the whole takes 60 s at most."""
    tree = NpyTree(tmp_path / 'data')
    tree.fill()
    folders = [tree.root / 'train_set' / name for name in ('images', 'annotations')]
    numbers = range(300_000, 328_765)
    contents = [(folders[1] / f'{number}_exp.npy').read_bytes() for number in TRAIN]
    for number in numbers:
        (folders[0] / f'{number}.jpg').touch()
        for field in ('exp', 'val', 'aro'):
            path = folders[1] / f'{number}_{field}.npy'
            path.write_bytes(contents[number % len(TRAIN)])
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        dataset = AffectNet(tree.root)
        seconds.append(time.perf_counter() - start)
        assert len(dataset) == len(numbers) + len(TRAIN) + len(VAL)
    assert seconds[0] < 6
    assert seconds[1] < 0.5
