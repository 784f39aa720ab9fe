"""What travels with an image."""

import numpy as np
import pytest
import torch

from clef_mm.structures import FaceSample, collate_faces


def test_a_frame_is_named_by_its_place_in_the_dataset():
    sample = FaceSample('data/2440.jpg', subject='F001', sequence='T1', frame=2440)
    assert sample.name == 'F001/T1/2440'


def test_a_single_image_is_named_by_its_file():
    assert (
        FaceSample('Image/aligned/test_0001.jpg').name == 'Image/aligned/test_0001.jpg'
    )


def test_unknown_fields_are_refused_and_nothing_is_labelled_by_default():
    sample = FaceSample()
    assert (sample.activity, sample.gt_expression, sample.gt_aus) == (-1, -1, None)
    with pytest.raises(AttributeError):
        sample.gt_expresion = 3


def test_collate_stacks_images_and_lists_samples_in_order():
    images = [np.full((4, 4, 3), value, np.uint8) for value in (0, 7, 255)]
    samples = [FaceSample(frame=number) for number in range(3)]
    batch = collate_faces(
        [
            {'inputs': image, 'data_samples': sample}
            for image, sample in zip(images, samples, strict=True)
        ]
    )
    assert batch['inputs'].shape == (3, 4, 4, 3)
    assert batch['inputs'].dtype == torch.uint8
    assert batch['inputs'][:, 0, 0, 0].tolist() == [0, 7, 255]
    assert [sample.frame for sample in batch['data_samples']] == [0, 1, 2]
