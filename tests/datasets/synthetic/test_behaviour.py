"""behaviour: which action units occur, when and how often."""

import numpy as np
import pytest

from clef_mm.datasets.synthetic.action_units import AU_NUMBERS
from clef_mm.datasets.synthetic.behaviour import (
    EMOTIONS,
    OCCURRENCE_THRESHOLD,
    Event,
    Habits,
    intensity_levels,
    simulate_intensities,
)
from clef_mm.datasets.synthetic.bp4d_layout import (
    BP4D_AUS,
    BP4D_SUBJECTS,
    BP4D_TASK_EMOTIONS,
)
from clef_mm.datasets.synthetic.world import simulate_sequence

COLUMNS = [AU_NUMBERS.index(number) for number in BP4D_AUS]


@pytest.fixture(scope='module')
def tasks():
    """Intensities of all subjects by task: {task: (frames, number of AUs)}."""
    return {
        task: np.concatenate(
            [
                simulate_sequence(0, subject, task, emotion, 48).intensities
                for subject in BP4D_SUBJECTS
            ]
        )
        for task, emotion in BP4D_TASK_EMOTIONS.items()
    }


def occurrence(intensities):
    return intensities[:, COLUMNS] >= OCCURRENCE_THRESHOLD


def test_every_au_is_neither_rare_nor_usual(tasks):
    rates = occurrence(np.concatenate(list(tasks.values()))).mean(axis=0)
    assert rates.min() > 0.15
    assert rates.max() < 0.55


def test_every_au_occurs_in_several_tasks(tasks):
    rates = np.array([occurrence(frames).mean(axis=0) for frames in tasks.values()])
    assert ((rates > 0.12).sum(axis=0) >= 3).all()


def test_every_task_has_neutral_frames_and_every_au(tasks):
    for frames in tasks.values():
        present = occurrence(frames)
        assert 0.08 < (present.sum(axis=1) == 0).mean() < 0.5
        assert (present.mean(axis=0) > 0.01).all()


def test_no_single_au_tells_the_task(tasks):
    rates = np.array([occurrence(frames).mean(axis=0) for frames in tasks.values()])
    shares = rates / rates.sum(axis=0)  # of an AU's frames, by task
    assert shares.max() < 0.5


def test_labels_are_rarely_in_doubt(tasks):
    frames = np.concatenate(list(tasks.values()))
    near = np.abs(frames[:, COLUMNS] - OCCURRENCE_THRESHOLD) <= 0.1
    assert near.mean(axis=0).max() < 0.04


def test_intensities_lie_between_0_and_1_and_use_the_range(tasks):
    frames = np.concatenate(list(tasks.values()))
    assert frames.min() == 0
    assert 0.9 < frames.max() <= 1


@pytest.mark.parametrize('pair', [(24, 25), (24, 26), (23, 26), (5, 7)])
def test_impossible_pairs_never_occur(tasks, pair):
    frames = np.concatenate(list(tasks.values()))
    one, other = (frames[:, AU_NUMBERS.index(number)] for number in pair)
    assert not ((one > 0) & (other > 0)).any()


def test_an_event_rises_holds_and_falls():
    event = Event(12, start=1.0, stop=5.0, onset=0.5, offset=1.0, apex=0.8)
    times = np.array([0.0, 1.0, 1.25, 1.5, 3.0, 4.0, 4.5, 5.0, 6.0])
    expected = np.array([0, 0, 0.4, 0.8, 0.8, 0.8, 0.4, 0, 0])
    np.testing.assert_allclose(event.intensity(times), expected)


def test_expressive_subjects_show_more():
    def shown(expressiveness):
        habits = Habits(expressiveness, (1.0,) * len(AU_NUMBERS))
        rng = np.random.default_rng(0)
        return simulate_intensities(rng, habits, 'anger', 4000, 0.3).mean()

    assert shown(0.8) < shown(1.0) < shown(1.2)


def test_a_preferred_au_occurs_more_often():
    def rate(factor):
        preference = [factor if number == 12 else 1.0 for number in AU_NUMBERS]
        habits = Habits(1.0, tuple(preference))
        rng = np.random.default_rng(0)
        frames = simulate_intensities(rng, habits, 'pain', 4000, 0.3)
        return (frames[:, AU_NUMBERS.index(12)] > OCCURRENCE_THRESHOLD).mean()

    assert rate(0.3) < rate(1.0) < rate(2.0)


def test_emotions_name_simulated_aus_with_probabilities():
    for emotion, members in EMOTIONS.items():
        assert set(members) <= set(AU_NUMBERS), emotion
        assert all(0 < probability <= 1 for probability in members.values())


def test_an_unknown_emotion_is_refused():
    habits = Habits.draw(np.random.default_rng(0))
    with pytest.raises(ValueError, match=r'boredom.*happiness'):
        simulate_intensities(np.random.default_rng(0), habits, 'boredom', 5, 0.3)


def test_levels_rise_with_intensity_and_2_is_presence():
    intensities = np.linspace(0, 1, 1001)
    levels = intensity_levels(intensities)
    assert (np.diff(levels) >= 0).all()
    assert set(levels) == {0, 1, 2, 3, 4, 5}
    present = intensities >= OCCURRENCE_THRESHOLD
    np.testing.assert_array_equal(levels >= 2, present)


def test_levels_keep_the_shape():
    assert intensity_levels(np.zeros((3, 4))).shape == (3, 4)


def test_skepticism_comes_up_only_where_it_is_aimed_at(monkeypatch):
    habits = Habits(1.0, (1.0,) * len(AU_NUMBERS))

    def behaviour(emotion):
        rng = np.random.default_rng(0)
        return simulate_intensities(rng, habits, emotion, 2000, 0.3)

    before = behaviour('anger'), behaviour('skepticism')
    monkeypatch.setitem(EMOTIONS, 'skepticism', {26: 1.0})
    np.testing.assert_array_equal(before[0], behaviour('anger'))
    assert (before[1] != behaviour('skepticism')).any()
