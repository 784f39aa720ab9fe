"""frame_files: images in folders and zip files that can be read back."""

from zipfile import ZipFile

import cv2
import numpy as np
import pytest

from clef_mm.datasets.synthetic.frame_files import (
    encode_image,
    write_jpeg_zip,
    write_jpegs,
)

RED = np.full((16, 24, 3), (200, 30, 30), np.uint8)
BLUE = np.full((16, 24, 3), (30, 30, 200), np.uint8)


def test_images_keep_their_names_size_and_colours(tmp_path):
    write_jpegs(tmp_path / 'a' / 'b', [('007.jpg', RED), ('8.jpg', BLUE)])
    for name, image in (('007.jpg', RED), ('8.jpg', BLUE)):
        stored = cv2.imread(str(tmp_path / 'a' / 'b' / name))[..., ::-1]
        np.testing.assert_allclose(stored, image, atol=4)


def test_a_zip_holds_what_a_folder_would(tmp_path):
    images = [(f'F001/T1/{k:04d}.jpg', RED if k % 2 else BLUE) for k in range(20)]
    write_jpeg_zip(tmp_path / 'a' / 'F001.zip', images, np.random.default_rng(0))
    write_jpegs(tmp_path, [('red.jpg', RED), ('blue.jpg', BLUE)])
    red, blue = ((tmp_path / f'{x}.jpg').read_bytes() for x in ('red', 'blue'))
    with ZipFile(tmp_path / 'a' / 'F001.zip') as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        for number, (name, _) in enumerate(images):
            assert archive.read(name) == (red if number % 2 else blue)
    assert sorted(names) == [name for name, _ in images]
    assert names != sorted(names)


@pytest.mark.parametrize(('seed', 'equal'), [(0, True), (1, False)])
def test_a_zip_depends_on_images_and_seed_alone(tmp_path, seed, equal):
    images = [(f'{k}.jpg', RED) for k in range(20)]
    for name, number in (('one', 0), ('other', seed)):
        write_jpeg_zip(tmp_path / name, images, np.random.default_rng(number))
    one, other = ((tmp_path / name).read_bytes() for name in ('one', 'other'))
    assert (one == other) is equal


@pytest.mark.parametrize('image', [RED, RED[..., 0]], ids=['colour', 'grey'])
def test_a_png_holds_exactly_the_image(image):
    content = np.frombuffer(encode_image(image, '.png'), np.uint8)
    stored = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(
        stored if image.ndim == 2 else stored[..., ::-1], image
    )


def test_less_quality_takes_less_space():
    image = np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    sizes = [len(encode_image(image, quality=quality)) for quality in (30, 60, 95)]
    assert sizes == sorted(sizes)
    assert sizes[0] < 0.6 * sizes[2]
