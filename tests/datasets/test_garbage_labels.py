"""Damaged label files of every dataset: read within their ranges, or refused."""

import csv
import io

import numpy as np
import pytest
from garbage import GARBAGE, damaged, read_or_refused
from hypothesis import given
from hypothesis import strategies as st

from clef_mm.datasets import RAFDB, AffectNet, CaptionedFaces
from clef_mm.datasets.doctor.occurrence_files import _header
from clef_mm.datasets.reading.ferplus_votes import (
    PARTS,
    read_fer2013new,
    read_label_csv,
)
from clef_mm.datasets.reading.intensity_txt import read_intensity
from clef_mm.datasets.reading.occurrence_csv import read_occurrence
from clef_mm.datasets.reading.pixel_csv import find_pixel_rows, read_pixel_row
from clef_mm.datasets.reading.rafdb_annotations import read_annotation

UNITS = [1, 2, 4]
VOTES = 'neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF'


def table(*rows):
    out = io.StringIO()
    csv.writer(out, lineterminator='\n').writerows(rows)
    return out.getvalue().encode()


def records(dataset):
    return [dataset.get_data_info(index) for index in range(len(dataset))]


def ascending(frames):
    assert frames.dtype == np.int32
    assert (np.diff(frames) > 0).all()


def occurrence(path):
    frames, labels = read_occurrence(path, UNITS)
    ascending(frames)
    assert labels.shape == (len(frames), 3)
    assert labels.dtype == np.int8
    assert set(labels.ravel().tolist()) <= {-1, 0, 1}
    assert _header(path)


def intensity(path):
    frames, levels = read_intensity(path)
    ascending(frames)
    assert levels.dtype == np.int8
    assert set(levels.tolist()) <= set(range(6))


def votes(path):
    read = read_fer2013new if path.name == 'fer2013new.csv' else read_label_csv
    rows = read(path) if path.name == 'fer2013new.csv' else read(path, 'Training')
    assert set(rows.parts) <= set(PARTS)
    assert len(rows.parts) == len(rows.names) == len(rows.votes)
    assert rows.votes.shape[1:] == (10,)
    assert ((rows.votes >= 0) & (rows.votes <= 10)).all()


def pixels(path):
    usages, offsets = find_pixel_rows(path)
    assert len(usages) == len(offsets)
    for offset in offsets:
        assert read_pixel_row(path, offset).shape == (48, 48, 3)


def annotation(path):
    found = read_annotation(path)
    if found is None:
        return
    points, codes = found
    assert points.shape == (5, 2)
    assert np.isfinite(points).all()
    assert ((codes >= 0) & (codes <= (2, 2, 4))).all()


def rafdb(path):
    dataset = RAFDB(path.parents[1])
    assert {record['gt_expression'] for record in records(dataset)} <= set(range(7))


def affectnet(path):
    for record in records(AffectNet(path.parent, classes=8, split='train')):
        assert 0 <= record['gt_expression'] < 8


def captions(path):
    for record in records(CaptionedFaces(path.parent)):
        assert record['caption']
        assert record['img_path'].startswith(str(path.parent))


FACE = ';'.join(str(point) for point in range(136))
AFFECTNET = table(
    (
        *('subDirectory_filePath', 'face_x', 'face_y', 'face_width', 'face_height'),
        *('facial_landmarks', 'expression', 'valence', 'arousal'),
    ),
    ('1/a.jpg', 5, 5, 90, 90, FACE, 1, 0.5, -0.25),
    ('1/b.jpg', 5, 5, 90, 90, FACE, 7, -2, -2),
    ('2/c.jpg', -1, 5, 90, 90, FACE, 9, 0, 1),
)
PIXELS = ' '.join(str(number % 256) for number in range(48 * 48))
FILES = {
    'AU_OCC/F001_T1.csv': (
        occurrence,
        table((0, 1, 2, 3, 4), (9, 0, 1, 9, 0), (10, 1, 1, 9, 0), (12, 0, 0, 9, 9)),
    ),
    'SN001/SN001_au1.txt': (intensity, table((1, 0), (2, 5), (3, 2))),
    'votes/fer2013new.csv': (
        votes,
        table(
            ('Usage', 'Image name', *VOTES.split(',')),
            ('Training', 'fer0000000.png', 4, 0, 0, 1, 3, 2, 0, 0, 0, 0),
            ('PublicTest', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 10),
        ),
    ),
    'FER2013Train/label.csv': (
        votes,
        table(
            ('fer0000000.png', '(0, 0, 48, 48)', 4, 0, 0, 1, 3, 2, 0, 0, 0, 0),
            ('fer0000001.png', '(0, 0, 48, 48)', 0, 9, 0, 1, 0, 0, 0, 0, 0, 0),
        ),
    ),
    'pixels/fer2013.csv': (
        pixels,
        table(('emotion', 'pixels', 'Usage'), (0, PIXELS, 'Training')),
    ),
    'manual/train_00001_manu_attri.txt': (
        annotation,
        b'30.5\t40\n70\t40\n50\t60\n35\t80\n65\t80\n0\n1\n3\n',
    ),
    'basic/EmoLabel/list_patition_label.txt': (
        rafdb,
        b'train_00001.jpg 5\ntrain_00002.jpg 1\ntest_0001.jpg 7\n',
    ),
    'affectnet/training.csv': (affectnet, AFFECTNET),
    'captions/captions.csv': (
        captions,
        table(('file', 'caption'), ('1.jpg', 'a face, glad'), ('2.jpg', 'a face')),
    ),
}


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    """A folder for each file, with the images that it lists."""
    root = tmp_path_factory.mktemp('garbage')
    images = (
        *(f'basic/Image/aligned/{name}_aligned.jpg' for name in RAFDB_NAMES),
        *(f'affectnet/images/{name}.jpg' for name in ('1/a', '1/b', '2/c')),
    )
    for name in (*FILES, *images):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


RAFDB_NAMES = ('train_00001', 'train_00002', 'test_0001')


@pytest.mark.parametrize('name', FILES)
def test_the_valid_file_is_read(root, name):
    read, valid = FILES[name]
    (root / name).write_bytes(valid)
    read(root / name)


@pytest.mark.parametrize('name', FILES)
def test_a_damaged_file_is_read_or_refused(root, name):
    read, valid = FILES[name]

    @GARBAGE
    @given(damaged(valid))
    def check(content):
        read_or_refused(read, root / name, content)

    check()


@pytest.mark.parametrize('name', FILES)
@GARBAGE
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(root, name, content):
    read_or_refused(FILES[name][0], root / name, content)
