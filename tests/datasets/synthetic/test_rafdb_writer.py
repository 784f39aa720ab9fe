"""write_rafdb: the tree on disk against RAF-DB's official layout."""

import json
from collections import Counter

import cv2
import numpy as np
import pytest

from clef_mm.datasets.synthetic.class_shares import allot
from clef_mm.datasets.synthetic.landmarks import five_points
from clef_mm.datasets.synthetic.photo import draw_photo
from clef_mm.datasets.synthetic.rafdb import write_rafdb
from clef_mm.datasets.synthetic.rafdb_layout import RAFDB_COUNTS
from clef_mm.datasets.synthetic.setting_checks import SyntheticSettingError
from clef_mm.datasets.synthetic.tree import SyntheticTreeError

SMALL = {'n_train': 36, 'n_test': 15, 'size': 64, 'workers': 1}
CODES = {
    1: 'surprise',
    2: 'fear',
    3: 'disgust',
    4: 'happiness',
    5: 'sadness',
    6: 'anger',
    7: 'neutral',
}
STEMS = [f'train_{k:05d}' for k in range(1, 37)] + [
    f'test_{k:04d}' for k in range(1, 16)
]


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp('rafdb') / 'tree'
    assert write_rafdb(root, **SMALL) == 51
    return root


def labels(tree):
    text = (tree / 'basic/EmoLabel/list_patition_label.txt').read_text()
    return [line.split(' ') for line in text.splitlines()]


def numbers(path):
    return [[float(word) for word in line.split('\t')] for line in path.open()]


def test_the_label_file_lists_every_image_in_order(tree):
    assert [name for name, _ in labels(tree)] == [f'{stem}.jpg' for stem in STEMS]
    assert {label for _, label in labels(tree)} == set('1234567')


@pytest.mark.parametrize(('part', 'total'), [('train', 36), ('test', 15)])
def test_classes_have_their_official_shares(tree, part, total):
    found = Counter(
        CODES[int(label)] for name, label in labels(tree) if name.startswith(part)
    )
    assert found == allot('n', total, RAFDB_COUNTS[part])


@pytest.mark.parametrize(
    ('folder', 'ending'),
    [
        ('Image/original', '.jpg'),
        ('Image/aligned', '_aligned.jpg'),
        ('Annotation/manual', '_manu_attri.txt'),
        ('Annotation/auto', '_auto_attri.txt'),
    ],
)
def test_every_image_has_a_file_in_every_folder(tree, folder, ending):
    names = {path.name for path in (tree / 'basic' / folder).iterdir()}
    assert names == {f'{stem}{ending}' for stem in STEMS}


def test_originals_differ_in_size_and_aligned_ones_do_not(tree):
    images = tree / 'basic/Image'
    shapes = {cv2.imread(str(p)).shape for p in (images / 'original').iterdir()}
    assert len(shapes) > 30
    shapes = {cv2.imread(str(p)).shape for p in (images / 'aligned').iterdir()}
    assert shapes == {(100, 100, 3)}


@pytest.mark.parametrize('stem', ['train_00001', 'train_00020', 'test_0007'])
def test_files_hold_the_photograph_and_its_points(tree, stem):
    label = dict(labels(tree))[f'{stem}.jpg']
    photo = draw_photo(0, f'RAF-DB {stem}', {CODES[int(label)]: 1.0}, 64)
    stored = cv2.imread(str(tree / f'basic/Image/original/{stem}.jpg'))[..., ::-1]
    assert stored.shape == (photo.height, photo.width, 3)
    assert np.abs(stored.astype(float) - photo.render()).mean() < 8
    rows = numbers(tree / f'basic/Annotation/manual/{stem}_manu_attri.txt')
    assert [len(row) for row in rows] == [2] * 5 + [1] * 3
    assert np.abs(rows[:5] - five_points(photo.landmarks())).max() < 3


def test_the_aligned_face_is_the_original_one(tree):
    """Points clicked in the original lead to eyes and mouth in the aligned image."""
    for stem in STEMS[:5]:
        rows = numbers(tree / f'basic/Annotation/manual/{stem}_manu_attri.txt')
        five = np.array(rows[:5])
        source = np.float32([five[0], five[1], five[3:].mean(axis=0)])
        target = np.float32([[32, 40], [68, 40], [50, 76]])
        warp, _ = cv2.estimateAffinePartial2D(source, target, method=cv2.LMEDS)
        original = cv2.imread(str(tree / f'basic/Image/original/{stem}.jpg'))
        expected = cv2.warpAffine(original, warp, (100, 100))[25:85, 25:75]
        aligned = cv2.imread(str(tree / f'basic/Image/aligned/{stem}_aligned.jpg'))
        pair = expected.ravel(), aligned[25:85, 25:75].ravel()
        assert np.corrcoef(*pair)[0, 1] > 0.7


def test_attributes_are_codes_and_bearded_people_are_men(tree):
    genders = set()
    for stem in STEMS:
        rows = numbers(tree / f'basic/Annotation/manual/{stem}_manu_attri.txt')
        gender, race, age = (int(row[0]) for row in rows[5:])
        assert gender in range(3)
        assert race in range(3)
        assert age in range(5)
        genders.add(gender)
        face = draw_photo(0, f'RAF-DB {stem}', {}, 64).identity
        if face.hair.facial_hair != 'none':
            assert gender == 0
    assert genders >= {0, 1}


def test_37_points_of_the_machine_lie_about_the_face(tree):
    for stem in STEMS:
        points = numbers(tree / f'basic/Annotation/auto/{stem}_auto_attri.txt')
        assert np.shape(points) == (37, 2)
        rows = numbers(tree / f'basic/Annotation/manual/{stem}_manu_attri.txt')
        gap = np.mean(points, axis=0) - np.mean(rows[:5], axis=0)
        assert np.hypot(*gap) < 12


def test_a_repeated_run_writes_the_same_files(tree, tmp_path, contents):
    write_rafdb(tmp_path / 'again', **SMALL)
    assert contents(tmp_path / 'again') == contents(tree)


@pytest.mark.slow
def test_worker_processes_write_the_same_files(tree, tmp_path, contents):
    write_rafdb(tmp_path / 'parallel', **{**SMALL, 'workers': 2})
    assert contents(tmp_path / 'parallel') == contents(tree)


def test_another_seed_gives_other_pixels(tree, tmp_path):
    write_rafdb(tmp_path / 'other', **{**SMALL, 'n_train': 14, 'n_test': 14}, seed=1)
    path = 'basic/Image/aligned/train_00001_aligned.jpg'
    assert (tmp_path / 'other' / path).read_bytes() != (tree / path).read_bytes()


def test_the_marker_says_what_the_tree_is(tree):
    marker = json.loads((tree / 'SYNTHETIC.json').read_text())
    assert 'NOT RAF-DB' in marker['what']
    assert marker['images'] == 51
    assert marker['settings']['n_train'] == 36


def test_a_complete_tree_is_left_alone_and_other_settings_are_refused(tree, capsys):
    assert write_rafdb(tree, **SMALL) == 0
    assert 'complete already' in capsys.readouterr().err
    with pytest.raises(SyntheticTreeError, match='n_test: there 15, wanted 20'):
        write_rafdb(tree, **{**SMALL, 'n_test': 20})


@pytest.mark.parametrize(
    ('setting', 'value'), [('n_train', 13), ('n_test', 0), ('size', 8)]
)
def test_impossible_settings_are_refused_before_anything_is_written(
    tmp_path, setting, value
):
    with pytest.raises(SyntheticSettingError, match=setting):
        write_rafdb(tmp_path / 'new', **{**SMALL, setting: value})
    assert not (tmp_path / 'new').exists()
