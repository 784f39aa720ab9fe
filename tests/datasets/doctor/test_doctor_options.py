"""Options of the dataset class: what they make right, and mistakes in them."""

import shutil

import cv2
import numpy as np
import pytest
from published_rows import names_of

from clef_mm.datasets.doctor import examine
from clef_mm.datasets.doctor.check import Verdict
from clef_mm.datasets.synthetic import write_bp4d_plus, write_disfa
from clef_mm.errors import UserError

KEY = '--options '


def check_named(examination, name):
    (check,) = (check for check in examination.checks if check.name == name)
    return check


# --- DISFA ----------------------------------------------------------------------------


@pytest.fixture(scope='module')
def right_camera(tmp_path_factory):
    """Return a DISFA of which only the videos of the right camera were copied."""
    root = tmp_path_factory.mktemp('right') / 'disfa'
    options = {'cameras': ('right',), 'frames_per_video': 4, 'size': 32, 'workers': 1}
    write_disfa(root, subjects=('SN001', 'SN010'), **options)
    return root


def test_the_right_camera_alone_is_right_when_it_is_asked_for(right_camera):
    examination = examine('disfa', right_camera, options={'camera': 'right'})
    assert examination.passed
    assert names_of(examination, Verdict.ODD) == {'left camera'}
    assert check_named(examination, 'right camera').verdict is Verdict.OK
    assert f'{right_camera} with camera=right ' in examination.heading


def test_without_the_option_the_advice_names_it(right_camera):
    examination = examine('disfa', right_camera)
    assert names_of(examination) == {'loading', 'left camera'}
    assert f'{KEY}camera=right' in check_named(examination, 'left camera').advice


def write_extracted(root, first):
    """Write DISFA with four extracted frames, the first of which is numbered so."""
    labels, frames = root / 'ActionUnit_Labels' / 'SN001', root / 'SN001'
    labels.mkdir(parents=True)
    frames.mkdir()
    for unit in (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26):
        text = '1,0\n2,3\n3,0\n4,0\n'
        (labels / f'SN001_au{unit}.txt').write_text(text)
    for number in range(first, first + 4):
        image = np.zeros((8, 8, 3), np.uint8)
        cv2.imwrite(str(frames / f'{number}.jpg'), image)
    (root / 'SYNTHETIC.json').write_text('{}')
    return root


@pytest.mark.parametrize(('first', 'offset'), [(0, -1), (1, 0)])
def test_extracted_frames_may_count_from_0_or_1(tmp_path, first, offset):
    root = write_extracted(tmp_path, first)
    examination = examine('disfa', root, options={'frame_offset': offset})
    assert {check.verdict for check in examination.checks} <= {
        Verdict.OK,
        Verdict.NOT_CHECKED,
    }


def test_frames_from_1_that_are_read_as_from_0_get_the_advice(tmp_path):
    examination = examine('disfa', write_extracted(tmp_path, 1))
    assert any(
        'frame_offset=0' in check.found + check.advice and KEY in check.advice
        for check in examination.checks
        if check.verdict is Verdict.WRONG
    )


# --- BP4D and BP4D+ -------------------------------------------------------------------


def test_bp4d_plus_counted_from_1_is_right_with_the_option(tmp_path):
    options = {'frames_per_sequence': 3, 'size': 32, 'workers': 1}
    write_bp4d_plus(tmp_path / 'plus', subjects=('M001',), **options)
    name = 'first image of a recording'
    for folder in (tmp_path / 'plus' / '2D+3D' / 'M001').iterdir():
        for path in sorted(folder.iterdir(), reverse=True):
            path.rename(path.with_name(f'{int(path.stem) + 1:04d}.jpg'))
    without = examine('bp4d_plus', tmp_path / 'plus')
    assert f'{KEY}frame_offset=0' in check_named(without, name).advice

    examination = examine('bp4d_plus', tmp_path / 'plus', options={'frame_offset': 0})
    assert examination.passed
    assert names_of(examination, Verdict.ODD) == set()
    assert check_named(examination, name).expected == 'number 1'


def test_bp4d_counted_from_0_is_right_with_the_option(synthetic_bp4d, tmp_path):
    root = shutil.copytree(synthetic_bp4d, tmp_path / 'bp4d')
    for path in sorted((root / 'Sequences(2D+3D)').rglob('*.jpg')):
        digits = len(path.stem)
        path.rename(path.with_name(f'{int(path.stem) - 1:0{digits}d}.jpg'))
    examination = examine('bp4d', root, options={'frame_offset': -1})
    assert examination.passed
    assert names_of(examination, Verdict.ODD) == set()


# --- RAF-DB and AffectNet -------------------------------------------------------------


def write_rafdb_originals(root):
    (root / 'EmoLabel').mkdir(parents=True)
    (root / 'Image' / 'original').mkdir(parents=True)
    lines = ['train_00001.jpg 5', 'test_0001.jpg 4', '']
    (root / 'EmoLabel' / 'list_patition_label.txt').write_text('\n'.join(lines))
    for name in ('train_00001.jpg', 'test_0001.jpg'):
        image = np.zeros((30, 20, 3), np.uint8)
        cv2.imwrite(str(root / 'Image' / 'original' / name), image)
    return root


def test_original_images_of_rafdb_may_have_any_size(tmp_path):
    root = write_rafdb_originals(tmp_path)
    without = examine('rafdb', root).checks[0]
    assert "images='original' is there" in without.found
    assert '--options KEY=VALUE' in without.advice

    options = {'images': 'original'}
    examination = examine('rafdb', root, deep=True, workers=1, options=options)
    assert examination.checks[0].verdict is Verdict.OK
    sizes = check_named(examination, 'image sizes')
    assert (sizes.expected, sizes.verdict) == ('any', Verdict.OK)


def write_both_releases(root):
    header = 'subDirectory_filePath,face_x,face_y,face_width,face_height,'
    header += 'facial_landmarks,expression,valence,arousal'
    points = ';'.join(['1.5'] * 136)
    for file, part in (('training.csv', 'train'), ('validation.csv', 'val')):
        row = f'1/{part}.jpg,1,2,9,9,{points},0,0.5,0.1'
        (root / file).write_text(f'{header}\n{row}\n')
        (root / '1').mkdir(exist_ok=True)
        (root / '1' / f'{part}.jpg').touch()
        values = root / f'{part}_set' / 'annotations'
        values.mkdir(parents=True)
        (root / f'{part}_set' / 'images').mkdir()
        (root / f'{part}_set' / 'images' / '0.jpg').touch()
        for field, value in (('exp', 0), ('val', 0.5), ('aro', 0.1)):
            np.save(values / f'0_{field}.npy', value)
    (root / 'SYNTHETIC.json').write_text('{}')
    return root


@pytest.mark.parametrize('release', ['csv', 'npy'])
def test_one_of_both_releases_can_be_chosen(tmp_path, monkeypatch, release):
    monkeypatch.setenv('CLEF_MM_CACHE', str(tmp_path / 'cache'))
    (tmp_path / 'both').mkdir()
    root = write_both_releases(tmp_path / 'both')
    assert 'both releases' in examine('affectnet', root).checks[0].found
    examination = examine('affectnet', root, options={'release': release})
    assert examination.passed
    assert release in check_named(examination, 'release').found


# --- mistakes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'camera': 'up'}, "options camera=up: camera must be 'left' or 'right'"),
        ({'camra': 'left'}, "unexpected keyword argument 'camra'"),
        ({'data_root': 'elsewhere'}, "multiple values for argument 'data_root'"),
        ({'every': 0}, 'every must be at least 1'),
        ({'every': 'two'}, 'options every=two: '),
        ({'split': 'train', 'fold': 9}, 'options split=train fold=9: '),
    ],
)
def test_a_mistake_is_an_error_that_names_the_option(tmp_path, options, message):
    root = write_extracted(tmp_path, 0)
    with pytest.raises(UserError) as caught:
        examine('disfa', root, options=options)
    assert message in str(caught.value)


def test_a_mistake_that_only_reading_shows_is_an_error_too(tmp_path):
    options = {'images': 'original', 'hold_out': 'some'}
    with pytest.raises(UserError, match='options images=original hold_out=some: '):
        examine('rafdb', write_rafdb_originals(tmp_path), options=options)


def test_a_damaged_index_is_not_blamed_on_the_options(tmp_path):
    (tmp_path / 'index.npz').write_bytes(b'PK nothing')
    examination = examine('disfa', tmp_path, options={'camera': 'right'})
    assert 'loading' in names_of(examination)
    assert 'index.npz is damaged' in examination.checks[0].found
