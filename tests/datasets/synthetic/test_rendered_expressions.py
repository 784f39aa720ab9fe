"""draw_showing: what faces do to show an expression."""

import numpy as np
import pytest

from clef_mm.datasets import expressions as classes
from clef_mm.datasets.synthetic.action_units import AU_NUMBERS
from clef_mm.datasets.synthetic.expressions import EXPRESSIONS, draw_showing

IMPOSSIBLE = ({24, 25}, {24, 26}, {23, 26}, {5, 7})


def showings(mixture, count=60):
    rng = np.random.default_rng(0)
    return [draw_showing(rng, mixture) for _ in range(count)]


def test_the_expressions_are_those_of_the_datasets_in_their_order():
    assert tuple(EXPRESSIONS) == classes.EXPRESSIONS


@pytest.mark.parametrize('name', EXPRESSIONS)
def test_recipes_are_possible_faces(name):
    expression = EXPRESSIONS[name]
    assert expression.variants
    for variant in expression.variants:
        units = {**expression.core, **variant, **expression.one_sided}
        assert set(units) <= set(AU_NUMBERS)
        assert all(0 < value <= 1 for value in units.values())
        assert not [pair for pair in IMPOSSIBLE if pair <= set(units)]
    assert -1 <= expression.valence <= 1
    assert -1 <= expression.arousal <= 1


@pytest.mark.parametrize('name', EXPRESSIONS)
def test_every_face_shows_the_core_and_faces_differ(name):
    drawn = showings({name: 1.0})
    for showing in drawn:
        for number, intensity in EXPRESSIONS[name].core.items():
            assert showing.right[number] > 0.5 * intensity
        assert all(0 < value <= 1 for value in showing.right.values())
        assert -1 <= showing.valence <= 1
        assert -1 <= showing.arousal <= 1
    if name != 'neutral':
        assert len({tuple(showing.right.items()) for showing in drawn}) == len(drawn)


def test_a_neutral_face_is_all_but_at_rest():
    drawn = showings({'neutral': 1.0}, 200)
    strongest = [max(showing.right.values(), default=0.0) for showing in drawn]
    assert max(strongest) <= 0.3
    assert 0.05 < np.mean(np.array(strongest) > 0) < 0.3
    assert abs(np.mean([showing.valence for showing in drawn])) < 0.05


def test_contempt_alone_is_one_sided_on_either_side():
    sides = set()
    for name in EXPRESSIONS:
        for showing in showings({name: 1.0}):
            assert (showing.left is not None) == (name == 'contempt')
            if showing.left is not None:
                strong = max(showing.left, showing.right, key=lambda half: half[14])
                sides.add('left' if strong is showing.left else 'right')
                assert abs(showing.left[14] - showing.right[14]) > 0.4
    assert sides == {'left', 'right'}


def test_moods_tell_pleasant_from_unpleasant_and_calm_from_excited():
    mood = {
        name: np.mean([(s.valence, s.arousal) for s in showings({name: 1.0})], axis=0)
        for name in EXPRESSIONS
    }
    assert max(mood, key=lambda name: mood[name][0]) == 'happiness'
    assert min(mood, key=lambda name: mood[name][1]) == 'sadness'
    assert mood['fear'][1] > 0.5
    assert mood['disgust'][0] < -0.4


def test_a_mixture_shows_each_part_weaker():
    for showing in showings({'anger': 0.5, 'surprise': 0.4}):
        assert 0.25 < showing.right[4] < 0.7
        assert 0.15 < showing.right[2] < 0.7


def test_nothing_is_a_face_at_rest():
    assert all(max(s.right.values(), default=0) <= 0.3 for s in showings({}))


def test_an_unknown_expression_is_refused():
    with pytest.raises(ValueError, match=r'boredom.*neutral, happiness'):
        draw_showing(np.random.default_rng(0), {'boredom': 1.0})
