"""Identity in features: closed forms at the extremes, and a loop over all pairs."""

import numpy as np
import pytest

from clef_mm.evaluation import IdentityLeak
from clef_mm.evaluation.identity_leak import LABELS

SUBJECTS, ACTIVITIES, FRAMES = 4, 4, 3


def world(of_person=0.0, of_activity=0.0, noise=0.05, seed=0):
    """Return features made of a direction per person and one per activity."""
    rng = np.random.default_rng(seed)
    people, tasks = np.eye(12)[:SUBJECTS], np.eye(12)[SUBJECTS : SUBJECTS + ACTIVITIES]
    rows = [
        (of_person * people[s] + of_activity * tasks[a], f'F{s:03d}', a)
        for s in range(SUBJECTS)
        for a in range(ACTIVITIES)
        for _ in range(FRAMES)
    ]
    features, subjects, activities = zip(*rows, strict=True)
    features = np.stack(features)
    return features + noise * rng.normal(size=features.shape), subjects, activities


def test_features_of_identity_alone():
    found = IdentityLeak.calculate(*world(of_person=1))
    assert found['neighbour_person'] == 1
    assert found['person_probe'] == 1
    assert found['distance_ratio'] < 0.05


def test_features_of_activity_alone():
    found = IdentityLeak.calculate(*world(of_activity=1))
    assert found['neighbour_activity'] == 1
    assert found['neighbour_person'] < 0.5
    assert found['person_probe'] < 0.6
    assert found['distance_ratio'] > 20


def test_less_identity_is_less_in_every_measure():
    more = IdentityLeak.calculate(*world(of_person=1, of_activity=1, noise=0.4))
    less = IdentityLeak.calculate(*world(of_person=0.5, of_activity=1, noise=0.4))
    assert less['neighbour_person'] < more['neighbour_person']
    assert less['person_probe'] < more['person_probe']
    assert less['distance_ratio'] > more['distance_ratio']


def test_neighbours_and_distances_against_a_loop():
    features, subjects, activities = world(1, 1, noise=0.5, seed=3)
    found = IdentityLeak.calculate(features, subjects, activities)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    indices = range(len(unit))
    hits, matches, within, between = [], [], [], []
    for i in indices:
        others = [
            j
            for j in indices
            if (subjects[j], activities[j]) != (subjects[i], activities[i])
        ]
        nearest = max(others, key=lambda j: unit[i] @ unit[j])
        hits.append(subjects[nearest] == subjects[i])
        strangers = [j for j in indices if subjects[j] != subjects[i]]
        nearest = max(strangers, key=lambda j: unit[i] @ unit[j])
        matches.append(activities[nearest] == activities[i])
        for j in indices:
            distance = 1 - unit[i] @ unit[j]
            if subjects[i] == subjects[j] and activities[i] != activities[j]:
                within.append(distance)
            if subjects[i] != subjects[j] and activities[i] == activities[j]:
                between.append(distance)
    assert found['neighbour_person'] == np.mean(hits)
    assert found['neighbour_activity'] == np.mean(matches)
    assert found['distance_ratio'] == pytest.approx(np.mean(within) / np.mean(between))


def test_a_draw_stands_for_many():
    features, subjects, activities = world(1, 1, noise=0.3)
    many = [np.concatenate([values] * 5) for values in (features, subjects, activities)]
    found = IdentityLeak.calculate(*many, max_samples=120)
    assert set(found) == set(LABELS)
    assert found == IdentityLeak.calculate(*many, max_samples=120)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda f, s, a: (f * np.nan, s, a), 'finite'),
        (lambda f, s, a: (f * (np.arange(len(f)) > 0)[:, None], s, a), 'all zero'),
        (lambda f, s, a: (f[0], s, a), r'\(N, d\)'),
        (lambda f, s, a: (f, s[1:], a), 'as many subjects'),
        (lambda f, s, a: (f, s, [0] * len(s)), 'across activities'),
        (lambda f, s, a: (f, ['F001'] * len(s), a), 'two subjects'),
        (
            lambda f, s, a: (
                f,
                s,
                [int(p[1:]) * 9 + x for p, x in zip(s, a, strict=True)],
            ),
            'show the same one',
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        IdentityLeak.calculate(*change(*world(1, 1)))
