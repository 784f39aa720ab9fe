"""world: sequences are functions of seed, subject and name."""

import zlib

import numpy as np
import pytest

from clef_mm.datasets.synthetic.action_units import AU_NUMBERS
from clef_mm.datasets.synthetic.behaviour import EMOTIONS
from clef_mm.datasets.synthetic.face_renderer import render
from clef_mm.datasets.synthetic.landmarks import face_landmarks
from clef_mm.datasets.synthetic.world import (
    WORLD_VERSION,
    draw_subject,
    generator,
    simulate_sequence,
    simulate_viewing,
)

# Mean grey levels of 12 x 12 fields of frame 2, as WORLD_VERSION 1 first drew them.
GREYS = {
    ('F001', 'T1', 'happiness'): (
        '2b29292f5e767e6d322220202b2a32768580838e7b32201f29295d8d9aa19d918a5c231e'
        '29327e98a1989491856b351e283e88816789825d6e753f1d284089755084804a6575441d'
        '273f8fad988f8a8d9b7f481c273f88b198807b8696774c1c263e76897c706c6b7a5f501b'
        '253e7171907972827154511b243f6866759294755855521a2d475e5e605e5c57544a4733'
    ),
    ('M005', 'T7', 'anger'): (
        '232425262626282a2b2c2d2f24252623232225262c2f2f312527242221232425292e3132'
        '27282285adc3c3b58b2b3435292a278d678c9776a32b35362a2b578963827968a3553838'
        '2b2d90ac9eababaac4a4393a2c2e61b6afa6a5c5ce6b3b3c2e2f39a0ad878ebeaf3c3c3e'
        '30312e8d928f8eb087383f4131323448908f9898433f40426172806c6c6f73777b928170'
    ),
}
# AUs present in that recording's four frames: number to how many frames.
PRESENT = {
    ('F001', 'T1', 'happiness'): {1: 2, 7: 4, 12: 4},
    ('M005', 'T7', 'anger'): {4: 4, 7: 3, 10: 4, 14: 3, 15: 4, 17: 4, 23: 4, 24: 4},
}


def frames(*arguments):
    return np.stack(list(simulate_sequence(*arguments).frames(48)))


def test_a_sequence_is_the_same_each_time_and_after_others():
    first = frames(0, 'F001', 'T1', 'happiness', 4)
    frames(0, 'M003', 'T5', 'fear', 4)
    np.testing.assert_array_equal(first, frames(0, 'F001', 'T1', 'happiness', 4))


@pytest.mark.parametrize(
    'other',
    [
        (1, 'F001', 'T1', 'happiness', 4),
        (0, 'F002', 'T1', 'happiness', 4),
        (0, 'F001', 'T2', 'happiness', 4),
    ],
)
def test_seed_subject_and_name_all_matter(other):
    assert (frames(0, 'F001', 'T1', 'happiness', 4) != frames(*other)).any()


def test_one_subject_keeps_its_face_and_habits():
    one = simulate_sequence(0, 'M005', 'T1', 'happiness', 2)
    other = simulate_sequence(0, 'M005', 'T7', 'anger', 2)
    assert one.identity == other.identity == draw_subject(0, 'M005')[0]


def test_frames_are_the_rendered_rows():
    sequence = simulate_sequence(3, 'M001', 'T6', 'pain', 6)
    assert len(sequence) == 6
    for index, frame in enumerate(sequence.frames(48)):
        row = dict(zip(AU_NUMBERS, sequence.intensities[index], strict=True))
        alone = render(sequence.identity, row, sequence.conditions[index], 48)
        np.testing.assert_array_equal(frame, alone)


def test_occurrence_is_intensity_at_the_threshold_or_above():
    sequence = simulate_sequence(0, 'F004', 'T7', 'anger', 200)
    expected = np.where(sequence.intensities >= 0.25, 1, 0)
    np.testing.assert_array_equal(sequence.occurrence, expected)
    assert 0 < expected.mean() < 1


def test_women_have_no_beard():
    women = [draw_subject(0, f'F{number:03d}')[0] for number in range(1, 24)]
    men = [draw_subject(0, f'M{number:03d}')[0] for number in range(1, 19)]
    assert {face.hair.facial_hair for face in women} == {'none'}
    assert len({face.hair.facial_hair for face in men}) > 2


def test_generators_of_other_names_are_other_generators():
    draws = {
        generator(*key).random()
        for key in [(0,), (0, 'a'), (0, 'b'), (0, 'a', 'b'), (0, 'b', 'a'), (1, 'a')]
    }
    assert len(draws) == 6


def test_behaviour_changes_with_the_version_of_the_world_only():
    emotions = [emotion for emotion in EMOTIONS if emotion != 'skepticism']
    labels = [
        simulate_sequence(0, 'F001', f'T{k}', emotion, 200).occurrence
        for k, emotion in enumerate(emotions, 1)
    ]
    fingerprint = zlib.crc32(np.packbits(np.concatenate(labels)).tobytes())
    assert (WORLD_VERSION, fingerprint) == (1, 0x47C927EE)


def test_landmarks_and_poses_come_with_every_frame():
    sequence = simulate_sequence(3, 'M001', 'T6', 'pain', 4)
    points = sequence.landmarks(48, 66)
    poses = sequence.head_poses()
    assert points.shape == (4, 66, 2)
    for index, seen in enumerate(sequence.conditions):
        row = dict(zip(AU_NUMBERS, sequence.intensities[index], strict=True))
        alone = face_landmarks(sequence.identity, row, seen, 48, count=66)
        np.testing.assert_array_equal(points[index], alone)
        roll = seen.roll + sequence.identity.scene.roll
        assert poses[index].tolist() == [seen.pitch, seen.yaw, roll]


def test_a_viewer_reacts_to_one_clip_after_the_other():
    emotions = ('happiness', 'fear', 'happiness')
    viewing = simulate_viewing(0, 'SN001', 'clips', emotions, 300)
    assert len(viewing) == len(viewing.intensities) == 300
    alone = simulate_sequence(0, 'SN001', 'clips clip 2', 'fear', 100)
    np.testing.assert_array_equal(viewing.intensities[100:200], alone.intensities)
    first, last = viewing.intensities[:100], viewing.intensities[200:]
    assert (first != last).any()


def test_the_head_of_a_viewer_does_not_jump_between_clips():
    viewing = simulate_viewing(0, 'SN001', 'clips', ('fear',) * 10, 100)
    steps = np.abs(np.diff([seen.yaw for seen in viewing.conditions]))
    between = steps[9::10]
    assert between.max() <= steps.max() < 0.1


def test_more_clips_than_frames_leave_some_out():
    viewing = simulate_viewing(0, 'SN001', 'clips', ('fear',) * 5, 3)
    assert len(viewing) == len(viewing.intensities) == 3


@pytest.mark.parametrize('recording', GREYS)
def test_the_world_is_still_that_of_its_version(recording):
    """Counting `WORLD_VERSION` up is what allows to change these numbers."""
    assert WORLD_VERSION == 1
    sequence = simulate_sequence(0, *recording, 4)
    found = dict(zip(AU_NUMBERS, sequence.occurrence.sum(axis=0).tolist(), strict=True))
    assert {unit: count for unit, count in found.items() if count} == PRESENT[recording]
    grey = list(sequence.frames(96))[2] @ [0.299, 0.587, 0.114]
    fields = grey.reshape(12, 8, 12, 8).mean(axis=(1, 3)).ravel()
    expected = np.frombuffer(bytes.fromhex(GREYS[recording]), np.uint8)
    np.testing.assert_allclose(fields, expected, atol=1.0)
