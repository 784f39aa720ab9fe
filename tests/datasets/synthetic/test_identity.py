"""Identity.draw: who a synthetic subject is."""

import numpy as np
import pytest

from clef_mm.datasets.synthetic.face_renderer import render
from clef_mm.datasets.synthetic.identity import FACIAL_HAIR, HAIR_STYLES, Identity


def draw(seed, **options):
    return Identity.draw(np.random.default_rng(seed), **options)


def test_equal_generators_give_equal_subjects_and_others_do_not():
    assert draw(3) == draw(3)
    assert hash(draw(3)) == hash(draw(3))
    assert draw(3) != draw(4)


def test_a_subject_cannot_be_changed():
    with pytest.raises(AttributeError):
        draw(0).mouth.y = 0


def test_without_facial_hair_nobody_has_any_and_with_it_all_kinds_occur():
    assert {draw(i, facial_hair=False).hair.facial_hair for i in range(60)} == {'none'}
    assert {draw(i).hair.facial_hair for i in range(100)} == set(FACIAL_HAIR)


def test_all_hair_styles_occur():
    styles = {draw(i, facial_hair=i % 2 == 0).hair.style for i in range(200)}
    assert styles == set(HAIR_STYLES)


def test_skin_tones_cover_a_wide_range():
    brightness = [np.mean(draw(i).skin.colour) for i in range(100)]
    assert min(brightness) < 95
    assert max(brightness) > 185


def test_identity_is_a_stronger_signal_than_expression():
    neutral = [render(draw(i), {}).astype(float) for i in range(12)]
    smiling = [render(draw(i), {6: 1.0, 12: 1.0}).astype(float) for i in range(12)]
    by_expression = [
        np.abs(a - b).mean() for a, b in zip(neutral, smiling, strict=True)
    ]
    by_identity = [
        np.abs(neutral[i] - neutral[j]).mean() for i in range(12) for j in range(i)
    ]
    assert min(by_identity) > max(by_expression)
