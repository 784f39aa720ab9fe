"""Levels of intensity as labels, against loops over the intensities."""

import numpy as np
import pytest
from disfa_tree import FILE_UNITS, DisfaTree, read_slowly

from clef_mm.datasets import DISFA
from clef_mm.datasets.intensity_levels import at_level, find_levels, level_names
from clef_mm.datasets.label_choice import LabelChoiceError
from clef_mm.prompts import load_bank


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    """Return a tree in which one subject lacks the file of AU 4."""
    tree = DisfaTree(tmp_path_factory.mktemp('DISFA')).fill()
    (tree.labels / 'SN001' / 'SN001_au4.txt').unlink()
    return tree.root


@pytest.mark.parametrize(
    ('starts', 'levels'),
    [
        ({'low': 2, 'high': 3}, {'low': (2, 2), 'high': (3, 5)}),
        ({'low': 1, 'high': 3}, {'low': (1, 2), 'high': (3, 5)}),
        ({'high': 3, 'low': 1}, {'low': (1, 2), 'high': (3, 5)}),
        ({'any': 1}, {'any': (1, 5)}),
        ({'b': 2, 'c': 3, 'd': 5}, {'b': (2, 2), 'c': (3, 4), 'd': (5, 5)}),
        (None, {}),
    ],
)
def test_a_level_ends_where_the_next_begins(starts, levels):
    assert list(find_levels(starts).items()) == list(levels.items())


@pytest.mark.parametrize(
    'starts',
    [
        *({}, {'a': 2, 'b': 2}, {'a': 0}, {'a': 6}),
        *({'a': 2, 'b': '3'}, {'a': 2.0}, ['low', 'high'], 'low'),
    ],
)
def test_levels_that_cannot_be(starts):
    with pytest.raises(LabelChoiceError, match='levels begin at different intensities'):
        find_levels(starts)


def test_unknown_stays_unknown():
    row = np.array([[0, 1, 2, 3, 5, -1]], np.int8)
    assert at_level(row, (2, 3)).tolist() == [[0, 0, 1, 1, 0, -1]]


@pytest.mark.parametrize('starts', [{'low': 2, 'high': 3}, {'low': 1, 'high': 4}])
@pytest.mark.parametrize('au_names', [None, ['AU12', 'AU4', 'AU20']])
def test_labels_equal_those_of_a_slow_reader(tree, starts, au_names):
    dataset = DISFA(tree, levels=starts, au_names=au_names)
    units = [int(name[2:]) for name in au_names or DISFA.METAINFO['au_names']]
    names = dataset.metainfo['au_names']
    assert names == tuple(f'AU{unit} {level}' for unit in units for level in starts)
    low, high = starts.values()
    rows = read_slowly(tree)
    assert len(rows) == len(dataset)
    for index, (_, _, intensities, _) in enumerate(rows):
        expected = []
        for unit in units:
            value = intensities[FILE_UNITS.index(unit)]
            expected += (
                [-1, -1]
                if value < 0
                else [int(low <= value < high), int(value >= high)]
            )
        assert dataset.get_data_info(index)['gt_aus'].tolist() == expected


def test_units_not_coded_are_unknown_at_every_level_and_said_once(tree):
    dataset = DISFA(
        tree,
        levels={'low': 2, 'high': 3},
        au_names=['AU7', 'AU12'],
        allow_uncoded=True,
    )
    labels = dataset.column('gt_aus')
    alone = DISFA(tree, levels={'low': 2, 'high': 3}, au_names=['AU12'])
    assert (labels[:, :2] == -1).all()
    np.testing.assert_array_equal(labels[:, 2:], alone.column('gt_aus'))
    said = [line for line in dataset.report.remarks if 'AU7' in line]
    assert said == ['not coded, unknown in every frame: AU7']


def test_levels_part_what_is_present(tree):
    """With low from 2 on, low and high together are the paper's positives."""
    present = DISFA(tree).column('gt_aus')
    levels = DISFA(tree, levels={'low': 2, 'high': 3}).column('gt_aus')
    low, high = levels[:, ::2], levels[:, 1::2]
    known = present >= 0
    np.testing.assert_array_equal((low + high)[known], present[known])
    assert (present == -1).any()
    assert (low[~known] == -1).all()


def test_the_bank_has_every_label_of_disfa():
    coded = tuple(f'AU{unit}' for unit in FILE_UNITS)
    names = level_names(coded, find_levels({'low': 2, 'high': 3}))
    assert load_bank('action_unit_intensities').classes == names
