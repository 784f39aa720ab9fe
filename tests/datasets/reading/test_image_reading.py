"""Decoding: colours, damage of every kind, videos read in order and at random."""

import os
import re
import struct
import zlib

import cv2
import numpy as np
import pytest
from torch.utils.data import DataLoader

from clef_mm.datasets.reading.image_reading import (
    BrokenImageError,
    count_video_frames,
    read_image,
    read_video_frame,
)
from clef_mm.errors import UserError


def picture(height=24, width=32, seed=0):
    """Return a smooth RGB image, so that JPEG keeps it nearly as it is."""
    small = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def write(path, rgb, *options):
    """Encode an RGB image; OpenCV counts colours the other way round."""
    coded = cv2.imencode(path.suffix, rgb[..., ::-1], options)[1]
    path.write_bytes(coded.tobytes())
    return path


# --- image files ----------------------------------------------------------------------


@pytest.mark.parametrize('suffix', ['.png', '.bmp'])
def test_lossless_files_come_back_in_rgb(tmp_path, suffix):
    image = picture()
    decoded = read_image(write(tmp_path / f'a{suffix}', image))
    np.testing.assert_array_equal(decoded, image)
    assert decoded.dtype == np.uint8


@pytest.mark.parametrize('suffix', ['.jpg', '.JPG', '.jpeg'])
def test_jpeg_comes_back_in_rgb(tmp_path, suffix):
    image = picture()
    path = write(tmp_path / 'a.jpg', image, cv2.IMWRITE_JPEG_QUALITY, 100)
    path = path.rename(tmp_path / f'b{suffix}')
    difference = read_image(path).astype(int) - image
    assert abs(difference).mean() < 3
    swapped = read_image(path).astype(int) - image[..., ::-1]
    assert abs(swapped).mean() > 20


@pytest.mark.parametrize('kind', [str, os.fspath, lambda path: path])
def test_paths_of_any_kind(tmp_path, kind):
    folder = tmp_path / 'Gesichter ä 李' / 'a b'
    folder.mkdir(parents=True)
    path = write(folder / 'Bild ü 1.png', picture())
    np.testing.assert_array_equal(read_image(kind(path)), picture())


def test_grey_transparent_and_deep_images_become_rgb(tmp_path):
    grey = np.arange(48, dtype=np.uint8).reshape(6, 8)
    for name, image in (
        ('grey', grey),
        ('clear', np.dstack([grey, grey, grey, 255 - grey])),
        ('deep', grey.astype(np.uint16) * 256),
    ):
        path = tmp_path / f'{name}.png'
        path.write_bytes(cv2.imencode('.png', image)[1].tobytes())
        decoded = read_image(path)
        assert decoded.dtype == np.uint8
        np.testing.assert_array_equal(decoded, np.dstack([grey] * 3))


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.bmp'])
@pytest.mark.parametrize('share', [0.02, 0.1, 0.5, 0.9, 0.99])
def test_files_that_are_cut_short(tmp_path, suffix, share):
    path = write(tmp_path / f'a{suffix}', picture(200, 300))
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(BrokenImageError, match=re.escape(str(path))):
        read_image(path)


def test_a_jpeg_may_be_padded(tmp_path):
    path = write(tmp_path / 'a.jpg', picture())
    whole = read_image(path)
    path.write_bytes(path.read_bytes() + b'\0' * 16)
    np.testing.assert_array_equal(read_image(path), whole)


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        (b'', 'empty .0 bytes'),
        (b'version https://git-lfs.github.com/spec/v1\n', 'not an image'),
        (b'\xff\xd8\xff\xe0', 'cut short'),
        (b'\x89PNG\r\n\x1a\n', 'not an image'),
        (bytes(range(256)), 'not an image'),
    ],
)
def test_files_that_are_no_images(tmp_path, content, reason):
    path = tmp_path / '2440.jpg'
    path.write_bytes(content)
    with pytest.raises(BrokenImageError, match=reason) as caught:
        read_image(path)
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, UserError)


def png_with_size(width, height):
    data = bytearray(cv2.imencode('.png', picture())[1].tobytes())
    data[16:24] = struct.pack('>II', width, height)
    data[29:33] = struct.pack('>I', zlib.crc32(data[12:29]))
    return bytes(data)


def test_a_header_that_asks_for_an_impossible_size(tmp_path):
    path = tmp_path / 'a.png'
    path.write_bytes(png_with_size(32, 24))
    assert read_image(path).shape == (24, 32, 3)
    path.write_bytes(png_with_size(60_000, 60_000))
    with pytest.raises(BrokenImageError, match=re.escape(str(path))):
        read_image(path)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(BrokenImageError, match=r'absent\.jpg cannot be read: No such'):
        read_image(tmp_path / 'absent.jpg')
    with pytest.raises(BrokenImageError, match='cannot be read'):
        read_image(tmp_path)


# --- videos ---------------------------------------------------------------------------

COUNT = 30


def level(index):
    return 7 * index + 20


def write_video(path, count=COUNT):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 25, (64, 48))
    for index in range(count):
        frame = np.full((48, 64, 3), level(index), np.uint8)
        frame[:24, :, 2] = 255  # OpenCV's third colour is red
        writer.write(frame)
    writer.release()
    return path


@pytest.fixture(scope='module')
def video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp('videos ü') / '2F01_01.avi')


def test_a_video_knows_its_length(video):
    assert count_video_frames(video) == COUNT


def test_frames_in_order_and_at_random_are_the_same(video):
    in_order = [read_video_frame(video, index) for index in range(COUNT)]
    for index, frame in enumerate(in_order):
        assert frame.shape == (48, 64, 3)
        assert frame.dtype == np.uint8
        assert abs(frame[30:].mean() - level(index)) < 3
        assert frame[:20, :, 0].mean() > 230  # red comes first
    order = np.random.default_rng(0).permutation(COUNT)
    for index in [*order, 5, 5, 4, 3, 2, 29, 0, 1, 2]:
        np.testing.assert_array_equal(read_video_frame(video, index), in_order[index])


def test_a_frame_behind_the_end(video):
    for index in (COUNT, COUNT + 50):
        with pytest.raises(
            BrokenImageError, match=f'no readable frame {index}'
        ) as error:
            read_video_frame(video, index)
        assert str(video) in str(error.value)
        assert abs(read_video_frame(video, 3)[30:].mean() - level(3)) < 3


@pytest.mark.parametrize('read', [count_video_frames, lambda p: read_video_frame(p, 0)])
def test_files_that_are_no_videos(tmp_path, read):
    path = tmp_path / 'a.avi'
    with pytest.raises(BrokenImageError, match=re.escape(str(path))):
        read(path)
    path.write_bytes(b'not a video')
    with pytest.raises(BrokenImageError, match=re.escape(str(path))):
        read(path)


def test_many_videos_at_once(tmp_path):
    paths = [write_video(tmp_path / f'{n}.avi', count=2 + n % 3) for n in range(70)]
    for _ in range(2):
        for number, path in enumerate(paths):
            last = 1 + number % 3
            frame = read_video_frame(path, last)
            assert abs(frame[30:].mean() - level(last)) < 3


class Levels:
    """The mean of each frame, read where the loader runs."""

    def __init__(self, path):
        self.path = path

    def __len__(self):
        return COUNT

    def __getitem__(self, index):
        return float(read_video_frame(self.path, index)[30:].mean())


@pytest.fixture(scope='module')
def large_video(tmp_path_factory):
    """Return a video of noise, too large to be read ahead at once."""
    path = tmp_path_factory.mktemp('large') / '2F01_01.avi'
    fourcc = cv2.VideoWriter_fourcc(*'MJPG')
    writer = cv2.VideoWriter(str(path), fourcc, 25, (320, 240))
    rng = np.random.default_rng(0)
    for _ in range(COUNT):
        writer.write(rng.integers(0, 256, (240, 320, 3), dtype=np.uint8))
    writer.release()
    assert path.stat().st_size > 1_000_000
    return path


def test_loader_workers_open_videos_of_their_own(large_video):
    """A decoder inherited from the parent shares its place in the file, or hangs."""
    frames = Levels(large_video)
    expected = [frames[index] for index in range(COUNT)]
    loader = DataLoader(
        frames,
        batch_size=None,
        num_workers=2,
        timeout=30,
        multiprocessing_context='fork',
    )
    for round_ in range(2):
        assert frames[round_ + 3] == expected[round_ + 3]  # the parent reads on
        assert [float(value) for value in loader] == expected


def test_a_decoder_that_lost_its_way_is_replaced(tmp_path, monkeypatch):
    path = write_video(tmp_path / 'v.avi')
    expected = read_video_frame(path, 7)
    same = tmp_path / 'same.avi'
    same.write_bytes(path.read_bytes())
    opened = []

    class Decoder:
        """The first that is opened reads nothing."""

        def __init__(self, *arguments):
            self.inner = cv2_capture(*arguments)
            opened.append(self)

        def __getattr__(self, name):
            return getattr(self.inner, name)

        def read(self):
            return (False, None) if self is opened[0] else self.inner.read()

    cv2_capture = cv2.VideoCapture
    monkeypatch.setattr(cv2, 'VideoCapture', Decoder)
    assert np.array_equal(read_video_frame(same, 7), expected)
    assert len(opened) == 2
