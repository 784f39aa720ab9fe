"""Batches of uint8 faces become normalised, augmented views."""

import pytest
import torch

from clef_mm.models import FacePreprocessor
from clef_mm.models.preprocessor import CLIP_MEAN, CLIP_STD

STILL = {'crop': (1.0, 1.0), 'flip': 0.0, 'rotation': 0.0}


def batch(count=3, size=16, seed=0):
    draw = torch.Generator().manual_seed(seed)
    images = torch.randint(
        0, 256, (count, size, size, 3), generator=draw, dtype=torch.uint8
    )
    return {'inputs': images, 'data_samples': list(range(count))}


def normalised(images):
    """Scale and normalise by the definition, pixel by pixel."""
    out = torch.empty(len(images), 3, *images.shape[1:3])
    for channel in range(3):
        share = images[..., channel].double() / 255
        out[:, channel] = (share - CLIP_MEAN[channel]) / CLIP_STD[channel]
    return out


def views(data, **arguments):
    size = arguments.pop('image_size', data['inputs'].shape[1])
    preprocessor = FacePreprocessor(size, **arguments)
    return preprocessor(data, training=True)['inputs']


def test_test_mode_only_normalises():
    data = batch()
    wild = FacePreprocessor(16, views=2, crop=(0.5, 0.6), rotation=45, jitter=0.5)
    out = wild(data, training=False)
    torch.testing.assert_close(out['inputs'], normalised(data['inputs']))
    assert out['data_samples'] == [0, 1, 2]
    assert data['inputs'].dtype == torch.uint8  # the batch itself is left alone


def test_test_mode_is_the_default_and_needs_no_random_numbers():
    before = torch.get_rng_state()
    FacePreprocessor(16)(batch())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize(('taken', 'size'), [(16, 16), (8, 16), (24, 16)])
def test_shapes(training, taken, size):
    preprocessor = FacePreprocessor(taken, views=2)
    out = preprocessor(batch(3, size), training)['inputs']
    assert out.shape == (6 if training else 3, 3, taken, taken)
    assert out.dtype == torch.float32


def test_another_size_is_resized_at_test_time():
    images = torch.full((2, 20, 20, 3), 77, dtype=torch.uint8)
    out = FacePreprocessor(8)({'inputs': images, 'data_samples': []})['inputs']
    torch.testing.assert_close(out, normalised(images)[:, :, :8, :8])


def test_switched_off_augmentation_is_plain_normalisation():
    data = batch()
    out = views(data, views=2, **STILL)
    expected = normalised(data['inputs'])
    torch.testing.assert_close(out, expected.repeat(2, 1, 1, 1), rtol=0, atol=1e-4)


def test_all_first_views_stand_before_all_second_views():
    levels = torch.tensor([10, 100, 200], dtype=torch.uint8)
    images = levels[:, None, None, None].expand(3, 16, 16, 3).contiguous()
    out = views({'inputs': images, 'data_samples': []}, views=2)
    assert len(out) == 6
    for row, image in enumerate([0, 1, 2, 0, 1, 2]):
        expected = normalised(images)[image]
        torch.testing.assert_close(out[row], expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize('flip', [0.0, 1.0])
def test_a_flip_mirrors_left_and_right(flip):
    data = batch()
    expected = normalised(data['inputs'])
    out = views(data, **{**STILL, 'flip': flip})
    if flip:
        expected = expected.flip(-1)
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-4)


def test_a_flip_happens_as_often_as_asked():
    image = torch.zeros(400, 4, 4, 3, dtype=torch.uint8)
    image[:, :, :2] = 255  # left half white
    out = views({'inputs': image, 'data_samples': []}, **{**STILL, 'flip': 0.25})
    flipped = (out[:, 0, 0, 0] < out[:, 0, 0, 3]).float().mean().item()
    assert 0.18 < flipped < 0.32


@pytest.mark.parametrize('rotation', [10.0, 90.0, 180.0])
def test_a_rotation_keeps_the_centre(rotation):
    data = batch(8, size=15)
    expected = normalised(data['inputs'])
    out = views(data, **{**STILL, 'rotation': rotation})
    torch.testing.assert_close(out[..., 7, 7], expected[..., 7, 7], rtol=0, atol=1e-3)
    assert (out - expected).abs().max() > 0.1


def test_a_rotation_stays_within_its_bound():
    # A white ray from the centre to the right shows the angle of each image.
    size, bound = 65, 20.0
    images = torch.zeros(32, size, size, 3, dtype=torch.uint8)
    images[:, 32, 32:] = 255
    out = views({'inputs': images, 'data_samples': []}, **{**STILL, 'rotation': bound})
    column = out[:, 0, :, 60]  # 28 pixels right of the centre
    offset = (column - column.min()).argmax(dim=1) - 32
    angles = torch.atan2(offset.double(), torch.tensor(28.0)).rad2deg()
    assert angles.abs().max() < bound + 1
    assert angles.min() < -bound / 2
    assert angles.max() > bound / 2


@pytest.mark.parametrize('side', [0.5, 0.8])
def test_a_crop_shows_that_share_of_the_image(side):
    # A ramp from 0 to 1 across the image: the spread of a view is the side of its crop.
    size = 64
    ramp = torch.linspace(0, 255, size).round().to(torch.uint8)
    images = ramp[None, None, :, None].expand(16, size, size, 3).contiguous()
    preprocessor = FacePreprocessor(
        size, crop=(side, side), flip=0, rotation=0, mean=(0, 0, 0), std=(1, 1, 1)
    )
    out = preprocessor({'inputs': images, 'data_samples': []}, True)['inputs']
    spread = out.amax(dim=(1, 2, 3)) - out.amin(dim=(1, 2, 3))
    torch.testing.assert_close(spread, torch.full((16,), side), rtol=0, atol=0.02)
    left = out[:, 0, 0, 0]
    assert left.min() >= 0
    assert left.max() <= 1 - side + 0.02  # never beyond the image
    assert left.std() > 0.02  # and not always at the same place


def test_two_views_differ_and_so_do_two_images():
    image = batch(1)['inputs'].expand(2, -1, -1, -1).contiguous()
    rows = views({'inputs': image, 'data_samples': []}, views=2)
    for i in range(4):
        for j in range(i):
            assert (rows[i] - rows[j]).abs().max() > 0.1


def test_a_seed_gives_the_same_views():
    data, results = batch(), []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        results.append(views(data, views=2, jitter=0.2))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_jitter_changes_brightness_and_contrast_within_its_bound():
    images = torch.full((64, 8, 8, 3), 100, dtype=torch.uint8)
    images[:, :4] = 140
    plain = {'mean': (0, 0, 0), 'std': (1, 1, 1), **STILL}
    out = views({'inputs': images, 'data_samples': []}, jitter=0.25, **plain)
    middle = out.mean(dim=(1, 2, 3)) / (120 / 255)
    contrast = (out[:, 0, 0, 0] - out[:, 0, 7, 0]) / (40 / 255)
    for factor in (middle, contrast):
        assert 0.75 - 1e-3 <= factor.min() < 0.85
        assert 1.15 < factor.max() <= 1.25 + 1e-3
    assert 0 <= out.min() <= out.max() <= 1


def test_jitter_stays_in_the_range_of_an_image():
    images = torch.full((64, 8, 8, 3), 250, dtype=torch.uint8)
    out = views(
        {'inputs': images, 'data_samples': []},
        jitter=0.5,
        **{'mean': (0, 0, 0), 'std': (1, 1, 1), **STILL},
    )
    assert out.max() == 1


def test_holds_nothing_that_a_checkpoint_should_keep():
    assert not FacePreprocessor(16).state_dict()


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'crop': (0.0, 1.0)}, r'crop must be .*got \(0\.0, 1\.0\)'),
        ({'crop': (0.9, 0.8)}, r'got \(0\.9, 0\.8\)'),
        ({'flip': 50}, r'flip must be a probability in \[0, 1\], got 50'),
        ({'views': 0}, 'views must be at least 1, got 0'),
    ],
)
def test_refuses_arguments_without_meaning(arguments, message):
    with pytest.raises(ValueError, match=message):
        FacePreprocessor(16, **arguments)
