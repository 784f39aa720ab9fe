"""write_affectnet: the trees on disk against AffectNet's two releases."""

import csv
import re
from collections import Counter

import cv2
import numpy as np
import pytest

from clef_mm.datasets.synthetic.affectnet import write_affectnet
from clef_mm.datasets.synthetic.setting_checks import SyntheticSettingError
from clef_mm.datasets.synthetic.tree import SyntheticTreeError

LABELS = (
    *('neutral', 'happiness', 'sadness', 'surprise', 'fear', 'disgust', 'anger'),
    *('contempt', 'none', 'uncertain', 'no-face'),
)
HEADER = (
    'subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,'
    'expression,valence,arousal'
)
SMALL = {'n_train': 44, 'val_per_class': 2, 'size': 48, 'workers': 1}
IMAGES = 'Manually_Annotated/Manually_Annotated_Images'


@pytest.fixture(scope='module')
def first(tmp_path_factory):
    """Return the first release."""
    root = tmp_path_factory.mktemp('affectnet') / 'csv'
    assert write_affectnet(root, **SMALL) == 44 + 22
    return root


@pytest.fixture(scope='module')
def second(tmp_path_factory):
    """Return the release of 2021."""
    root = tmp_path_factory.mktemp('affectnet') / 'npy'
    assert write_affectnet(root, release='npy', **SMALL) == 44 + 15
    return root


def rows(root, part):
    lists = root / 'Manually_Annotated_file_lists'
    text = (lists / f'{part}.csv').read_text().splitlines()
    return list(csv.DictReader(text if text[0] == HEADER else [HEADER, *text]))


def load(root, row):
    return cv2.imread(str(root / IMAGES / row['subDirectory_filePath']))


def test_tables_have_the_official_header(first):
    for part in ('training', 'validation'):
        text = (first / 'Manually_Annotated_file_lists' / f'{part}.csv').read_text()
        assert text.startswith(HEADER + '\n')


def test_paths_are_a_number_and_56_hexadecimal_digits(first):
    for part in ('training', 'validation'):
        for row in rows(first, part):
            path = row['subDirectory_filePath']
            assert re.fullmatch(r'\d+/[0-9a-f]{56}\.(jpg|png|JPG)', path)
            assert (first / IMAGES / path).is_file()
    assert len({path.parent for path in (first / IMAGES).rglob('*.jpg')}) > 5


def test_training_has_every_label_and_the_most_frequent_ones_most(first):
    counts = Counter(LABELS[int(row['expression'])] for row in rows(first, 'training'))
    assert set(counts) == set(LABELS)
    assert counts.most_common(1)[0][0] == 'happiness'
    assert min(counts.values()) >= 2


def test_validation_has_as_many_images_of_every_label(first):
    counts = Counter(row['expression'] for row in rows(first, 'validation'))
    assert counts == {str(code): 2 for code in range(11)}


def test_one_training_image_stands_there_twice(first):
    table = rows(first, 'training')
    paths = Counter(row['subDirectory_filePath'] for row in table)
    assert len(table) == 45
    assert sorted(paths.values()) == [1] * 43 + [2]
    (twice,) = (path for path, count in paths.items() if count == 2)
    pair = [row for row in table if row['subDirectory_filePath'] == twice]
    assert pair[0] == pair[1]
    assert pair[0]['expression'] == '1'


def test_one_face_has_a_negative_width(first):
    widths = [int(row['face_width']) for row in rows(first, 'training')]
    assert sum(width < 0 for width in widths) == 1
    assert 0 not in widths


def test_one_file_is_empty_and_one_is_truncated(first):
    paths = [
        first / IMAGES / r['subDirectory_filePath'] for r in rows(first, 'training')
    ]
    jpegs = {path: path.read_bytes() for path in paths if path.suffix != '.png'}
    assert sum(not content for content in jpegs.values()) == 1
    whole = [content.endswith(b'\xff\xd9') for content in jpegs.values() if content]
    assert whole.count(False) == 1


def test_endings_other_than_jpg_occur_once_and_fit_the_files(first):
    found = Counter(path.suffix for path in (first / IMAGES).rglob('*.*'))
    assert found == {'.jpg': 64, '.png': 1, '.JPG': 1}
    (png,), (upper,) = (first / IMAGES).rglob('*.png'), (first / IMAGES).rglob('*.JPG')
    assert png.read_bytes().startswith(b'\x89PNG')
    assert upper.read_bytes().startswith(b'\xff\xd8')


def test_boxes_and_landmarks_are_in_the_photographs(first):
    for row in rows(first, 'validation'):
        height, width = load(first, row).shape[:2]
        x, y, wide, high = (
            int(row[f'face_{name}']) for name in ('x', 'y', 'width', 'height')
        )
        assert x >= 0
        assert y >= 0
        assert x + wide <= width
        assert y + high <= height
        points = np.array(row['facial_landmarks'].split(';'), float).reshape(-1, 2)
        assert len(points) == 68
        inside = (points > (x - 3, y - 3)) & (points < (x + wide + 3, y + high + 3))
        seen = (points > 0) & (points < (width, height))
        assert inside[seen.all(axis=1)].all()


def test_moods_are_missing_where_nobody_could_tell(first):
    for part in ('training', 'validation'):
        for row in rows(first, part):
            mood = [float(row['valence']), float(row['arousal'])]
            if LABELS[int(row['expression'])] in ('uncertain', 'no-face'):
                assert mood == [-2, -2]
            else:
                assert np.abs(mood).max() <= 1
    happy = [r for r in rows(first, 'training') if r['expression'] == '1']
    assert np.mean([float(row['valence']) for row in happy]) > 0.4


def test_images_without_a_face_hold_none(first):
    """Mirroring hardly changes a face about its middle; surroundings have no such."""
    for row in rows(first, 'validation'):
        image = cv2.cvtColor(load(first, row), cv2.COLOR_BGR2GRAY).astype(float)
        points = np.array(row['facial_landmarks'].split(';'), float).reshape(-1, 2)
        eyes = np.rint(points[[37, 38, 43, 44]]).astype(int)
        if LABELS[int(row['expression'])] == 'no-face':
            x, y = eyes.mean(axis=0).astype(int)
            patch = image[max(0, y - 6) : y + 7, max(0, x - 10) : x + 11]
            assert cv2.Laplacian(cv2.GaussianBlur(patch, (0, 0), 2), -1).std() < 4


def test_without_quirks_nothing_is_odd(tmp_path):
    write_affectnet(tmp_path, **{**SMALL, 'n_train': 22}, quirks=False)
    table = rows(tmp_path, 'training')
    assert len({row['subDirectory_filePath'] for row in table}) == len(table) == 22
    assert min(int(row['face_width']) for row in table) > 0
    assert all(load(tmp_path, row) is not None for row in table)
    assert {path.suffix for path in (tmp_path / IMAGES).rglob('*.*')} == {'.jpg'}


def test_the_validation_table_may_lack_its_header(tmp_path, first):
    settings = {**SMALL, 'n_train': 22, 'quirks': False}
    write_affectnet(tmp_path, **settings, validation_header=False)
    lists = tmp_path / 'Manually_Annotated_file_lists'
    assert (lists / 'training.csv').read_text().startswith(HEADER)
    assert len((lists / 'validation.csv').read_text().splitlines()) == 22
    assert rows(tmp_path, 'validation') == rows(first, 'validation')


def npy(root, part, field):
    """Read one field of a part: {number: array}."""
    folder = root / part / 'annotations'
    return {
        int(path.name.split('_')[0]): np.load(path)
        for path in folder.glob(f'*_{field}.npy')
    }


@pytest.mark.parametrize(('part', 'count'), [('train_set', 44), ('val_set', 15)])
def test_every_image_has_four_annotations(second, part, count):
    numbers = {int(path.stem) for path in (second / part / 'images').glob('*.jpg')}
    assert len(numbers) == count
    for field in ('exp', 'val', 'aro', 'lnd'):
        assert set(npy(second, part, field)) == numbers
    assert len(list((second / part / 'annotations').iterdir())) == 4 * count


@pytest.mark.parametrize('part', ['train_set', 'val_set'])
def test_numbers_are_sparse(second, part):
    numbers = npy(second, part, 'exp')
    assert len(numbers) <= max(numbers) < 1.6 * len(numbers)


def test_labels_are_text_that_casts_to_a_class(second):
    labels = npy(second, 'train_set', 'exp').values()
    assert {array.dtype.kind for array in labels} == {'U'}
    assert {array.shape for array in labels} == {()}
    assert {int(array) for array in labels} == set(range(8))
    for field in ('val', 'aro'):
        values = [float(array) for array in npy(second, 'train_set', field).values()]
        assert np.abs(values).max() <= 1


def test_contempt_has_one_validation_image_fewer(second):
    counts = Counter(int(array) for array in npy(second, 'val_set', 'exp').values())
    assert counts == {**dict.fromkeys(range(7), 2), 7: 1}


def test_images_are_square_crops_with_the_landmarks_inside(second):
    for number, points in npy(second, 'train_set', 'lnd').items():
        image = cv2.imread(str(second / f'train_set/images/{number}.jpg'))
        assert image.shape == (48, 48, 3)
        assert points.shape == (136,)
        low, high = points.reshape(-1, 2).min(axis=0), points.reshape(-1, 2).max(axis=0)
        np.testing.assert_allclose((low + high) / 2, 23.5, atol=0.01)
        assert (high - low).max() == pytest.approx(48 / 1.25)


def test_options_of_the_second_release(tmp_path, second):
    settings = {**SMALL, 'release': 'npy', 'number_type': 'number'}
    write_affectnet(tmp_path, **settings, val_folder='valid_set')
    labels = npy(tmp_path, 'valid_set', 'exp')
    assert {array.dtype.kind for array in labels.values()} == {'i'}
    expected = npy(second, 'val_set', 'exp')
    assert {k: int(v) for k, v in labels.items()} == {
        k: int(v) for k, v in expected.items()
    }
    for path in (tmp_path / 'valid_set/images').iterdir():
        assert path.read_bytes() == (second / 'val_set/images' / path.name).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize('release', ['csv', 'npy'])
def test_worker_processes_write_the_same_files(
    first, second, tmp_path, contents, release
):
    write_affectnet(tmp_path / 'x', release=release, **{**SMALL, 'workers': 2})
    expected = {'csv': first, 'npy': second}[release]
    assert contents(tmp_path / 'x') == contents(expected)


def test_a_complete_tree_is_left_alone_and_another_release_refused(first, capsys):
    assert write_affectnet(first, **SMALL) == 0
    assert 'complete already' in capsys.readouterr().err
    with pytest.raises(SyntheticTreeError, match="release: there 'csv', wanted 'npy'"):
        write_affectnet(first, release='npy', **SMALL)


@pytest.mark.parametrize(
    ('setting', 'value'),
    [
        ('release', 'mat'),
        ('n_train', 21),
        ('val_per_class', 1),
        ('val_per_class', 501),
        ('size', 8),
        ('val_folder', 'test_set'),
        ('number_type', 'int'),
    ],
)
def test_impossible_settings_are_refused_before_anything_is_written(
    tmp_path, setting, value
):
    with pytest.raises(SyntheticSettingError, match=setting):
        write_affectnet(tmp_path / 'new', **{**SMALL, setting: value})
    assert not (tmp_path / 'new').exists()
