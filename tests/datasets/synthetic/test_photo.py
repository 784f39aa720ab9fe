"""draw_photo: photographs in the wild, and where their faces are."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from clef_mm.datasets.synthetic.camera import Camera
from clef_mm.datasets.synthetic.conditions import Conditions
from clef_mm.datasets.synthetic.face_renderer import render, silhouette
from clef_mm.datasets.synthetic.identity import HAIR_STYLES, Identity
from clef_mm.datasets.synthetic.photo import draw_photo
from clef_mm.datasets.synthetic.surroundings import paint_surroundings

HAPPY = {'happiness': 1.0}
PLAIN = Camera(
    blur=0.0,
    gamma=1.0,
    contrast=1.0,
    cast=(1.0, 1.0, 1.0),
    noise=0.0,
    grey=False,
    jpeg_quality=90,
)


@pytest.fixture(scope='module')
def photos():
    return [draw_photo(0, f'photo {k}', HAPPY, 64) for k in range(60)]


def test_a_photo_is_a_function_of_seed_name_and_mixture():
    image = draw_photo(3, 'a', HAPPY, 48).render()
    draw_photo(3, 'b', HAPPY, 48).render()
    np.testing.assert_array_equal(image, draw_photo(3, 'a', HAPPY, 48).render())
    assert image.dtype == np.uint8
    angry = draw_photo(3, 'a', {'anger': 1.0}, 48)
    assert angry.identity == draw_photo(3, 'a', HAPPY, 48).identity
    assert (angry.render() != image).any()


@pytest.mark.parametrize(('seed', 'name'), [(4, 'a'), (3, 'b')])
def test_another_seed_or_name_is_another_person_at_another_place(seed, name):
    one, other = draw_photo(3, 'a', HAPPY), draw_photo(seed, name, HAPPY)
    assert one.identity != other.identity
    assert one.conditions != other.conditions
    assert (one.placement != other.placement).any()


def test_photos_vary_in_size_pose_light_and_place(photos):
    assert len({photo.identity for photo in photos}) == len(photos)
    assert len({(photo.width, photo.height) for photo in photos}) > 40
    spread = {
        'yaw': np.std([photo.conditions.yaw for photo in photos]),
        'roll': np.std([np.arctan2(*photo.placement[::-1, 0]) for photo in photos]),
        'light': np.std([photo.identity.scene.exposure for photo in photos]),
        'contrast': np.std([photo.camera.contrast for photo in photos]),
    }
    least = {'yaw': 0.15, 'roll': 0.1, 'light': 0.08, 'contrast': 0.08}
    assert all(spread[name] > least[name] for name in least), spread


def test_photos_have_the_size_they_say(photos):
    for photo in photos[:8]:
        assert photo.render().shape == (photo.height, photo.width, 3)


def test_most_faces_are_inside_and_a_few_are_cut(photos):
    many = photos + [draw_photo(0, f'more {k}', HAPPY, 64) for k in range(140)]
    inside = []
    for photo in many:
        points = photo.landmarks()
        edge = np.array([photo.width, photo.height])
        inside.append(((points > -1) & (points < edge)).all())
    assert 0.85 < np.mean(inside) < 0.99


def test_landmarks_follow_the_face_into_the_photo():
    """The eye is a bright patch with a dark pupil, where the landmarks say."""
    for k in range(6):
        photo = draw_photo(0, f'eyes {k}', {'surprise': 1.0}, 200)
        looking = replace(photo.conditions, gaze_x=0.0, gaze_y=0.0, openness=1.0)
        photo = replace(photo, camera=PLAIN, conditions=looking)
        grey = cv2.cvtColor(photo.render(), cv2.COLOR_RGB2GRAY).astype(float)
        points = photo.landmarks()
        for eye in (points[36:42], points[42:48]):
            lids = eye[[1, 2, 4, 5]].mean(axis=0).round().astype(int)
            patch = grey[lids[1] - 8 : lids[1] + 9, lids[0] - 14 : lids[0] + 15]
            middle = grey[lids[1] - 2 : lids[1] + 3, lids[0] - 2 : lids[0] + 3]
            assert middle.min() < 0.35 * patch.max()


def test_without_the_person_only_the_surroundings_are_left(photos):
    photo = replace(photos[0], camera=PLAIN)
    empty = photo.render(person=False).astype(int)
    full = photo.render().astype(int)
    x, y = photo.landmarks()[30].astype(int)
    changed = np.abs(full - empty).max(axis=2) > 8
    assert changed[y - 3 : y + 4, x - 3 : x + 4].all()
    assert 0.1 < changed.mean() < 0.95


@pytest.mark.parametrize('style', HAIR_STYLES)
def test_the_silhouette_is_where_the_wall_does_not_matter(style):
    identity = Identity.draw(np.random.default_rng(1))
    identity = replace(identity, hair=replace(identity.hair, style=style))
    pose = Conditions(yaw=0.3, roll=0.2)
    walls = [
        replace(
            identity,
            scene=replace(
                identity.scene, background=3 * (level,), background_gradient=0.0
            ),
        )
        for level in (20, 120)
    ]
    dark, bright = (render(wall, {26: 1.0}, pose).astype(int) for wall in walls)
    wall_shows = np.abs(dark - bright).max(axis=2)
    cover = silhouette(identity, {26: 1.0}, pose)
    assert cover.shape == (96, 96)
    assert wall_shows[cover == 255].max() <= 6
    assert wall_shows[cover == 0].min() > 40
    assert 0.3 < (cover > 127).mean() < 0.95


def test_a_one_sided_face_joins_two_symmetric_ones():
    identity = Identity.draw(np.random.default_rng(2))
    still = replace(
        identity.scene, noise=0.0, zoom=1.0, shift_x=0.0, shift_y=0.0, roll=0.0
    )
    identity = replace(identity, scene=still)
    rest, smile = (render(identity, aus).astype(int) for aus in ({}, {12: 1.0}))
    both = render(identity, {}, left={12: 1.0}).astype(int)
    assert np.abs(both[:, :42] - smile[:, :42]).max() <= 1
    assert np.abs(both[:, 54:] - rest[:, 54:]).max() <= 1
    same = render(identity, {12: 1.0}, left={12: 1.0}).astype(int)
    assert np.abs(same - smile).max() <= 1


def test_a_plain_camera_changes_nothing():
    scene = paint_surroundings(np.random.default_rng(0), 40, 60, (90, 120, 60))
    assert scene.shape == (40, 60, 3)
    photo = PLAIN.expose(scene, 50, np.random.default_rng(1))
    np.testing.assert_array_equal(photo, scene)


@pytest.mark.parametrize(
    ('setting', 'effect'),
    [
        (
            {'blur': 0.05},
            lambda a, b: np.diff(b, axis=1).std() < np.diff(a, axis=1).std(),
        ),
        ({'gamma': 1.5}, lambda a, b: b.mean() < a.mean() - 5),
        ({'contrast': 0.6}, lambda a, b: abs(b.std() / a.std() - 0.6) < 0.02),
        ({'cast': (1.2, 1.0, 0.8)}, lambda a, b: b[..., 0].mean() > a[..., 0].mean()),
        ({'noise': 5.0}, lambda a, b: abs((b - a).std() - 5) < 0.3),
        ({'grey': True}, lambda a, b: (b.min(axis=2) == b.max(axis=2)).all()),
    ],
)
def test_each_setting_of_a_camera_does_what_it_says(setting, effect):
    rng = np.random.default_rng(0)
    scene = rng.integers(60, 180, size=(80, 80, 3), dtype=np.uint8)
    photo = replace(PLAIN, **setting).expose(scene, 60, np.random.default_rng(1))
    assert effect(scene.astype(float), photo.astype(float))
