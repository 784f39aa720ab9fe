"""Record to image to batch."""

import cv2
import numpy as np
import pytest
import torch

from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.registry import TRANSFORMS
from clef_mm.structures import FaceSample, collate_faces


@pytest.fixture
def wide(tmp_path):
    """Return a record of a 20 x 40 image: red, green square in the middle, red."""
    image = np.zeros((20, 40, 3), np.uint8)
    image[..., 2] = 255
    image[:, 10:30] = (0, 255, 0)
    path = tmp_path / 'wide.png'
    cv2.imwrite(str(path), image)
    return {'img_path': str(path), 'subject': 'F001', 'sequence': 'T1', 'frame': 7}


@pytest.mark.parametrize('size', [4, 20, 33])
def test_load_face_keeps_the_middle_square(wide, size):
    before = dict(wide)
    loaded = LoadFace(size=size)(wide)
    image = loaded.pop('image')
    assert image.shape == (size, size, 3)
    assert image.dtype == np.uint8
    assert (image == (0, 255, 0)).all()
    assert loaded == wide == before


def test_load_face_has_the_size_of_the_encoders(wide):
    assert LoadFace()(wide)['image'].shape == (224, 224, 3)


def test_load_face_reads_frames_of_videos(tmp_path):
    path = tmp_path / '2F01_01.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 25, (64, 48))
    for level in (50, 100, 150):
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()
    record = {'img_path': str(path), 'video_frame': 1}
    image = LoadFace(size=16)(record)['image']
    assert image.shape == (16, 16, 3)
    assert abs(image.mean() - 100) < 3


def record(**fields):
    return {'image': np.zeros((4, 4, 3), np.uint8), **fields}


def test_pack_face_keeps_what_is_known():
    aus = np.array([1, 0, -1], np.int8)
    fields = {
        'img_path': '/a.jpg',
        'subject': 'F001',
        'sequence': 'T1',
        'frame': 2440,
        'activity': 3,
        'gt_aus': aus,
        'gt_expression': 2,
    }
    packed = PackFace()(record(**fields, video_frame=5, note='dropped'))
    assert set(packed) == {'inputs', 'data_samples'}
    sample = packed['data_samples']
    assert {name: getattr(sample, name) for name in fields} == fields
    assert sample.name == 'F001/T1/2440'
    assert sample.broken_path == ''
    assert sample.pred_scores is None


def test_pack_face_leaves_the_rest_unknown():
    sample = PackFace()(record(img_path='/a.jpg'))['data_samples']
    assert sample == FaceSample(img_path='/a.jpg')
    assert (sample.activity, sample.gt_expression, sample.gt_aus) == (-1, -1, None)


def test_collating_stacks_images_and_lists_samples():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (5, 4, 4, 3), dtype=np.uint8)
    items = [
        PackFace()({'image': image, 'frame': number})
        for number, image in enumerate(images)
    ]
    batch = collate_faces(items)
    assert batch['inputs'].dtype == torch.uint8
    np.testing.assert_array_equal(batch['inputs'].numpy(), images)
    assert [sample.frame for sample in batch['data_samples']] == list(range(5))
    assert not np.shares_memory(batch['inputs'].numpy(), images)


@pytest.mark.parametrize(
    ('config', 'text'),
    [
        ({'type': 'LoadFace', 'size': 96}, 'LoadFace(size=96)'),
        ({'type': 'PackFace'}, 'PackFace()'),
    ],
)
def test_the_registry_builds_them(config, text):
    assert repr(TRANSFORMS.build(config)) == text
