"""render: what each action unit and condition does to the pixels."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from clef_mm.datasets.synthetic.action_units import AU_NUMBERS, face_parameters
from clef_mm.datasets.synthetic.canvas import Canvas, mirror
from clef_mm.datasets.synthetic.conditions import Conditions, draw_conditions
from clef_mm.datasets.synthetic.face_renderer import render
from clef_mm.datasets.synthetic.face_shape import (
    brow_line,
    brow_outline,
    eye_shape,
    mouth_shape,
)
from clef_mm.datasets.synthetic.head_dress import paint_head_dress
from clef_mm.datasets.synthetic.identity import HAIR_STYLES, Identity

UPPER_FACE = (1, 2, 4, 5, 6, 7)
LOWER_FACE = (10, 12, 14, 15, 17, 20, 23, 24, 25, 26)


def subject(seed):
    """A subject whose camera is free of noise and of any pose."""
    identity = Identity.draw(np.random.default_rng(seed))
    still = replace(
        identity.scene, noise=0.0, zoom=1.0, shift_x=0.0, shift_y=0.0, roll=0.0
    )
    return replace(identity, scene=still)


def change(identity, intensities, size=96):
    """Absolute change against the neutral face, (size, size), grey levels."""
    shown = render(identity, intensities, size=size).astype(float)
    neutral = render(identity, {}, size=size).astype(float)
    return np.abs(shown - neutral).mean(axis=2)


@pytest.mark.parametrize('size', [32, 64, 96, 97, 256, 512])
def test_every_size_gives_a_colour_image(size):
    frame = render(subject(0), {12: 1.0}, size=size)
    assert frame.shape == (size, size, 3)
    assert frame.dtype == np.uint8
    assert frame.std() > 20


def test_a_larger_frame_shows_the_same_face():
    large = render(subject(1), {4: 1.0, 12: 1.0}, size=192)
    small = render(subject(1), {4: 1.0, 12: 1.0}, size=96)
    shrunk = cv2.resize(large, (96, 96), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(float) - small).mean() < 5


def test_equal_arguments_give_equal_images_whatever_the_global_random_state():
    identity = Identity.draw(np.random.default_rng(2))
    conditions = Conditions(yaw=0.1, noise_seed=7)
    cv2.setRNGSeed(1)
    first = render(identity, {6: 0.5}, conditions)
    cv2.setRNGSeed(2)
    render(subject(9), {1: 1.0})
    np.testing.assert_array_equal(first, render(identity, {6: 0.5}, conditions))


@pytest.mark.parametrize('number', AU_NUMBERS)
@pytest.mark.parametrize('seed', range(3))
def test_every_au_is_visible_on_every_subject(number, seed):
    difference = change(subject(seed), {number: 1.0})
    assert (difference > 12).sum() >= 25  # pixels of 96 x 96


@pytest.mark.parametrize('number', AU_NUMBERS)
def test_the_image_changes_steadily_with_the_intensity(number):
    steps = [change(subject(3), {number: step}).sum() for step in (0.25, 0.5, 0.75, 1)]
    assert steps == sorted(steps)
    assert steps[0] < 0.8 * steps[-1]


@pytest.mark.parametrize('number', UPPER_FACE + LOWER_FACE)
def test_an_au_changes_its_half_of_the_face(number):
    rows = change(subject(4), {number: 1.0}).sum(axis=1)
    middle = (rows * np.arange(96)).sum() / rows.sum()
    assert (middle < 56) == (number in UPPER_FACE)


@pytest.mark.parametrize('seed', range(3))
def test_no_two_aus_look_alike(seed):
    shown = {n: change(subject(seed), {n: 1.0}).ravel() for n in AU_NUMBERS}
    for one in AU_NUMBERS:
        for other in AU_NUMBERS:
            if one < other:
                assert np.corrcoef(shown[one], shown[other])[0, 1] < 0.9


@pytest.mark.parametrize(
    ('partners', 'added'),
    [
        ((1,), 4),
        ((4,), 1),
        ((6,), 12),
        ((12,), 6),
        ((12,), 10),
        ((10, 12), 14),
        ((6, 12), 7),
        ((15,), 17),
        ((17,), 15),
        ((23,), 24),
        ((24,), 23),
    ],
)
def test_an_au_stays_visible_next_to_its_usual_partners(partners, added):
    alone = dict.fromkeys(partners, 1.0)
    for seed in range(3):
        without = render(subject(seed), alone).astype(float)
        with_it = render(subject(seed), {**alone, added: 1.0})
        difference = np.abs(with_it - without).mean(axis=2)
        assert (difference > 12).sum() >= 20


def corner(identity, intensities):
    mouth = mouth_shape(identity, face_parameters(intensities))
    return mouth.half_width, mouth.corner_y


def test_mouth_corners_go_where_facs_says():
    identity = subject(0)
    x, y = corner(identity, {})
    assert corner(identity, {12: 1.0})[1] < y - 4  # up
    assert corner(identity, {12: 1.0})[0] > x + 1  # out
    assert corner(identity, {15: 1.0})[1] > y + 4  # down
    assert corner(identity, {20: 1.0})[0] > x + 2  # wide
    assert corner(identity, {23: 1.0})[0] < x - 2  # narrow


def test_lips_part_and_press():
    identity = subject(0)
    rest = mouth_shape(identity, face_parameters({}))
    parted = mouth_shape(identity, face_parameters({25: 1.0}))
    pressed = mouth_shape(identity, face_parameters({24: 1.0}))
    assert rest.opening == 0
    assert parted.opening > 2
    assert pressed.bottom - pressed.top < 0.4 * (rest.bottom - rest.top)


def test_lids_open_with_au5_narrow_with_au7_and_close_in_a_blink():
    identity = subject(0)

    def aperture(intensities, openness=1.0):
        eye = eye_shape(identity, face_parameters(intensities), openness)
        return (eye.lower - eye.upper)[:, 1].max()

    assert aperture({5: 1.0}) > aperture({}) + 1.5
    assert aperture({7: 1.0}) < 0.5 * aperture({})
    assert aperture({}, openness=0.0) < 0.15 * aperture({})


@pytest.mark.parametrize('style', HAIR_STYLES)
def test_hair_never_hides_a_brow(style):
    for seed in range(4):
        identity = subject(seed)
        hair = replace(identity.hair, style=style, glasses='none')
        identity = replace(identity, hair=hair)
        _, cover = paint_head_dress(identity, 192)
        for intensities in ({}, {1: 1.0}, {2: 1.0}, {1: 1.0, 2: 1.0}):
            line = brow_line(identity, face_parameters(intensities))
            brows = Canvas(np.zeros((192, 192), np.uint8))
            outline = brow_outline(identity, line)
            brows.fill(outline, 255)
            brows.fill(mirror(outline), 255)
            hidden = ((cover > 0) & (brows.image > 127)).sum()
            assert hidden <= 0.02 * (brows.image > 127).sum()


def test_a_shift_moves_the_image_by_as_much():
    identity = subject(5)
    centred = render(identity, {}, size=96).astype(float)
    moved = render(identity, {}, Conditions(shift_x=3.0, shift_y=-2.0), size=96)
    inner = centred[10:86, 10:86]
    assert np.abs(moved[8:84, 13:89] - inner).mean() < 1.5


def test_yaw_moves_the_nose_more_than_the_outline():
    identity = subject(5)
    frontal = cv2.cvtColor(render(identity, {}), cv2.COLOR_RGB2GRAY)
    turned = cv2.cvtColor(render(identity, {}, Conditions(yaw=0.2)), cv2.COLOR_RGB2GRAY)

    def displacement(rows, columns):
        patch = frontal[rows, columns]
        wide = turned[rows, columns.start - 6 : columns.stop + 6]
        scores = cv2.matchTemplate(wide, patch, cv2.TM_CCOEFF_NORMED)
        return int(scores.argmax()) - 6

    nose = displacement(slice(50, 66), slice(40, 56))
    collar = displacement(slice(86, 96), slice(20, 76))
    assert nose >= 2
    assert collar <= nose - 2


def test_gain_brightens_and_noise_is_as_strong_as_the_camera_says():
    identity = subject(6)
    base = render(identity, {}).astype(float)
    assert render(identity, {}, Conditions(gain=0.9)).mean() == pytest.approx(
        0.9 * base.mean(), rel=0.02
    )
    noisy = replace(identity, scene=replace(identity.scene, noise=4.0))
    one = render(noisy, {}, Conditions(noise_seed=1)).astype(float)
    two = render(noisy, {}, Conditions(noise_seed=2)).astype(float)
    assert (one - base).std() == pytest.approx(4.0, rel=0.15)
    assert np.abs(one - two).mean() > 1


def test_conditions_are_smooth_reproducible_and_small():
    drawn = draw_conditions(np.random.default_rng(0), 400)
    assert drawn == draw_conditions(np.random.default_rng(0), 400)
    yaw = np.array([conditions.yaw for conditions in drawn])
    assert np.abs(yaw).max() <= 0.25
    assert yaw.std() > 0.05
    assert np.diff(yaw).std() < 0.5 * yaw.std()
    blinks = np.mean([conditions.openness == 0 for conditions in drawn])
    assert 0 < blinks < 0.06


@pytest.mark.parametrize(
    ('intensities', 'size'), [({3: 1.0}, 96), ({12: 2.0}, 96), ({}, 8)]
)
def test_wrong_arguments_are_refused(intensities, size):
    with pytest.raises(ValueError):
        render(subject(0), intensities, size=size)
