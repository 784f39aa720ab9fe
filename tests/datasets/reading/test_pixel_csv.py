"""Images that are rows of a csv file."""

import csv

import cv2
import numpy as np
import pytest

from clef_mm.datasets.reading.image_reading import BrokenImageError
from clef_mm.datasets.reading.label_rows import LabelFileError
from clef_mm.datasets.reading.pixel_csv import find_pixel_rows, read_pixel_row
from clef_mm.datasets.transforms import LoadFace


def some_images(count, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 48, 48)).astype(np.uint8)


def as_text(image):
    return ' '.join(map(str, image.ravel()))


@pytest.mark.parametrize('newline', ['\n', '\r\n'])
@pytest.mark.parametrize('quoted', [False, True])
@pytest.mark.parametrize(
    'header',
    [
        ('emotion', 'pixels', 'Usage'),
        ('emotion', 'Usage', 'pixels'),
        ('pixels', 'Usage'),
    ],
)
def test_images_come_back_whatever_the_packing(tmp_path, header, quoted, newline):
    images = some_images(5)
    path = tmp_path / 'Bilder ä' / 'fer2013.csv'
    path.parent.mkdir()
    with path.open('w', newline='', encoding='utf-8-sig') as file:
        quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
        writer = csv.writer(file, lineterminator=newline, quoting=quoting)
        writer.writerow(header)
        for number, image in enumerate(images):
            usage = 'Training' if number < 3 else 'PrivateTest'
            row = {'emotion': number, 'pixels': as_text(image), 'Usage': usage}
            writer.writerow([row[name] for name in header])
    usages, offsets = find_pixel_rows(path)
    assert usages == ['Training'] * 3 + ['PrivateTest'] * 2
    assert offsets.dtype == np.int64
    for image, offset in zip(images, offsets, strict=True):
        read = read_pixel_row(path, int(offset))
        assert (read.shape, read.dtype) == ((48, 48, 3), np.uint8)
        for channel in range(3):
            np.testing.assert_array_equal(read[..., channel], image)


def test_load_face_reads_such_a_record(tmp_path):
    image = some_images(1)[0]
    path = tmp_path / 'fer2013.csv'
    path.write_text(f'pixels,Usage\n{as_text(image)},Training\n')
    record = {'img_path': str(path), 'pixel_offset': len('pixels,Usage\n')}
    np.testing.assert_array_equal(
        LoadFace(size=48)(record)['image'], cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    )
    assert LoadFace(size=224)(record)['image'].shape == (224, 224, 3)


@pytest.mark.parametrize(
    'text',
    [
        '1 2 3',
        as_text(np.zeros(2305, int)),
        '256 ' + as_text(np.zeros(2303, int)),
        '-1 ' + as_text(np.zeros(2303, int)),
        'x ' + as_text(np.zeros(2303, int)),
        '',
    ],
)
def test_what_is_no_image_is_named(tmp_path, text):
    path = tmp_path / 'fer2013.csv'
    path.write_text(f'{text},Training\n')
    with pytest.raises(
        BrokenImageError, match=r'no 2304 grey values.*at byte 0'
    ) as error:
        read_pixel_row(path, 0)
    assert str(path) in str(error.value)


def test_a_file_that_is_gone(tmp_path):
    with pytest.raises(BrokenImageError, match=r'gone\.csv cannot be read'):
        read_pixel_row(tmp_path / 'gone.csv', 0)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', 'no column pixels, usage'),
        ('emotion,pixels\n', 'no column usage'),
        ('emotion,pixels,Usage\n0,1 2 3,Training\n0,1 2\n', 'line 3: expected 3 cells'),
    ],
)
def test_files_that_are_not_as_documented(tmp_path, text, message):
    path = tmp_path / 'fer2013.csv'
    path.write_text(text)
    with pytest.raises(LabelFileError, match=message):
        find_pixel_rows(path)
