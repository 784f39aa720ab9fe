"""Which action units and expressions are used, in which order."""

import numpy as np
import pytest

from clef_mm.datasets import ActionUnitDataset, ExpressionDataset, FERPlus, FrameTable
from clef_mm.datasets.bp4d import BP4D
from clef_mm.datasets.expressions import EXPRESSIONS
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.folds import Fold
from clef_mm.datasets.held_out_images import HELD_OUT
from clef_mm.datasets.label_choice import LabelChoiceError, check_choice

SEVEN = EXPRESSIONS[:7]
CODED = ('AU1', 'AU2', 'AU4', 'AU12', 'AU25')


class Coded(ActionUnitDataset):
    """Random codes of five units, of which four are the usual ones."""

    METAINFO = dict(dataset='Coded', au_names=CODED[:4])  # noqa: RUF012
    CODED_AUS = CODED

    def __init__(self, count=60, seed=0, **common):
        codes = np.random.default_rng(seed).choice([0, 0, 1, -1], (count, len(CODED)))
        self.codes = codes.astype(np.int8)
        super().__init__('given', **common)

    def load_frames(self):
        return [
            dict(
                img_path=f'/{row}.jpg',
                subject=f'F00{row % 3}',
                sequence='T1',
                frame=row,
                gt_aus=codes,
            )
            for row, codes in enumerate(self.codes)
        ]


class Photographs(ExpressionDataset):
    """Photographs of seven expressions, of which ten people voted."""

    METAINFO = dict(dataset='Photographs')  # noqa: RUF012
    OFFICIAL_PARTS = Fold(train=('train',), test=('test',))
    CODES = dict(enumerate(reversed(SEVEN)))  # noqa: RUF012

    def __init__(self, count=200, seed=0, **common):
        rng = np.random.default_rng(seed)
        self.on_disk = rng.integers(0, 7, count)
        self.votes = rng.dirichlet(np.ones(7), count).astype(np.float32)
        super().__init__('given', classes=7, **common)

    def load_frames(self):
        return [
            dict(
                img_path=f'/{row}.jpg',
                subject='test' if row % 4 == 0 else 'train',
                sequence='',
                frame=row,
                gt_distribution=votes,
            )
            for row, votes in enumerate(self.votes)
        ]

    def label_frames(self, frames):
        return self.keep_classes(frames, self.on_disk)


def records(dataset):
    return [dataset.get_data_info(row) for row in range(len(dataset))]


# --- action units ---------------------------------------------------------------------


@pytest.mark.parametrize('seed', range(8))
def test_columns_are_those_of_the_names_in_any_order(seed):
    rng = np.random.default_rng(seed)
    wanted = rng.permutation([*CODED, 'AU9', 'AU26'])[: rng.integers(3, 8)].tolist()
    dataset = Coded(seed=seed, au_names=wanted, allow_uncoded=True)
    assert dataset.metainfo['au_names'] == tuple(wanted)
    for record, codes in zip(records(dataset), dataset.codes, strict=True):
        by_name = dict(zip(CODED, codes.tolist(), strict=True))
        assert record['gt_aus'].tolist() == [by_name.get(name, -1) for name in wanted]
        assert record['gt_aus'].dtype == np.int8


def test_without_a_choice_the_usual_ones():
    np.testing.assert_array_equal(
        Coded().column('gt_aus'), Coded().codes[:, : len(CODED) - 1]
    )
    assert Coded().metainfo['au_names'] == CODED[:4]


def test_units_not_coded_are_said_once_and_counted_nowhere():
    plain, more = (
        Coded(au_names=['AU1', 'AU4', *extra], allow_uncoded=True)
        for extra in ([], ['AU9', 'AU17'])
    )
    assert len(more) == len(plain)
    assert more.report.found == plain.report.found
    assert more.report.remarks == ['not coded, unknown in every frame: AU9, AU17']
    assert plain.report.remarks == []


def test_weights_are_those_of_the_chosen_columns():
    """Up to the mean, which is taken over other classes."""
    whole = Coded().label_weights()
    chosen = Coded(au_names=['AU12', 'AU1']).label_weights()
    assert chosen[0] / chosen[1] == pytest.approx(whole[3] / whole[0])


def test_a_unit_that_is_not_coded_weighs_as_the_others_on_average():
    dataset = Coded(au_names=['AU1', 'AU9'], allow_uncoded=True)
    assert dataset.label_weights().tolist() == [1, 1]


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(au_names='AU1'), "au_names of Coded is a list, got the text 'AU1'"),
        (dict(au_names=[]), r'different names, got \[\]'),
        (dict(au_names=['AU1', 'AU1']), 'must be different names'),
        (
            dict(au_names=['AU9', 'AU1', 'AU6']),
            'not coded are AU9, AU6; there are AU1, AU2, AU4, AU12, AU25. With allow',
        ),
        (
            dict(au_names=['AU9'], allow_uncoded=True),
            'none of AU9 is coded; there are AU1',
        ),
        (
            dict(au_names=['AU1', 'Au12'], allow_uncoded=True),
            "called 'Au12', there are AU1.*; did you mean 'AU12'",
        ),
        (dict(au_names=[1, 2]), 'no label is called 1'),
    ],
)
def test_impossible_choices_of_units(arguments, message):
    with pytest.raises(LabelChoiceError, match=message):
        Coded(**arguments)


def test_a_choice_is_returned_as_it_is():
    assert check_choice(['b', 'a'], 'abc', 'abcd', False, 'x') == ('b', 'a')
    assert check_choice(['d', 'a'], 'abc', 'abcd', True, 'x') == ('d', 'a')


def test_a_choice_is_of_one_dataset_object():
    Coded(au_names=['AU25'])
    assert Coded.METAINFO['au_names'] == CODED[:4]
    assert Coded().metainfo['au_names'] == CODED[:4]


def test_bp4d_on_the_units_of_disfa(released):
    shared = ['AU1', 'AU2', 'AU4', 'AU6', 'AU12']
    every, some = BP4D(released.root), BP4D(released.root, au_names=shared)
    places = [every.metainfo['au_names'].index(name) for name in shared]
    np.testing.assert_array_equal(
        some.column('gt_aus'), every.column('gt_aus')[:, places]
    )
    with pytest.raises(
        LabelChoiceError, match='of BP4D: not coded are AU9, AU25, AU26'
    ):
        BP4D(released.root, au_names=['AU1', 'AU9', 'AU25', 'AU26'])
    wide = BP4D(released.root, au_names=['AU9', 'AU1'], allow_uncoded=True)
    assert (wide.column('gt_aus')[:, 0] == -1).all()
    np.testing.assert_array_equal(
        wide.column('gt_aus')[:, 1], every.column('gt_aus')[:, 0]
    )


# --- expressions ----------------------------------------------------------------------


@pytest.mark.parametrize('seed', range(8))
def test_images_of_the_expressions_in_any_order(seed):
    rng = np.random.default_rng(seed)
    wanted = rng.permutation(EXPRESSIONS)[: rng.integers(2, 9)].tolist()
    dataset = Photographs(seed=seed, expressions=wanted, allow_uncoded=True)
    named = [Photographs.CODES[code] for code in dataset.on_disk]
    kept = [row for row, name in enumerate(named) if name in wanted]
    assert dataset.metainfo['expressions'] == tuple(wanted)
    assert dataset.column('frame').tolist() == kept
    found = [wanted[label] for label in dataset.column('gt_expression')]
    assert found == [named[row] for row in kept]
    for record in records(dataset):
        votes = dict(zip(SEVEN, dataset.votes[record['frame']], strict=True))
        shares = np.array([votes.get(name, 0) for name in wanted])
        np.testing.assert_allclose(
            record['gt_distribution'], shares / shares.sum(), rtol=1e-5
        )


def test_others_are_counted_in_the_report():
    dataset = Photographs(expressions=['anger', 'fear'])
    named = [Photographs.CODES[code] for code in dataset.on_disk]
    counts = {name: named.count(name) for name in SEVEN}
    left_out = 'images of expressions that were not asked for, left out'
    assert dataset.report.oddities == {left_out: 200 - counts['anger'] - counts['fear']}
    assert dataset.report.examples[left_out] == [
        f'{counts[name]:,} of {name}' for name in SEVEN[:3]
    ]
    assert [dataset.report.found[name] for name in ('anger', 'fear')] == [
        counts['anger'],
        counts['fear'],
    ]
    assert '0 anger -> 0 anger, 1 disgust -> left out' in dataset.report.remarks[0]


def test_a_share_of_photographs_is_no_stretch_of_them():
    few = Photographs(share=0.1)
    assert len(few) == len(Photographs()) // 10
    numbers = few.column('frame')
    assert numbers.max() - numbers.min() > len(few)


@pytest.mark.parametrize('split', ['train', 'val', 'test'])
def test_images_held_out_do_not_depend_on_the_choice(split):
    """Else one run would validate on images that the stage before was trained on."""
    whole = Photographs(split=split, hold_out=40)
    some = Photographs(split=split, hold_out=40, expressions=['fear', 'neutral'])
    wanted = {SEVEN.index(name) for name in ('fear', 'neutral')}
    kept = [
        frame
        for frame, label in zip(
            whole.column('frame').tolist(), whole.column('gt_expression'), strict=True
        )
        if label in wanted
    ]
    assert some.column('frame').tolist() == kept
    assert (split == 'val') == (HELD_OUT in set(some.column('subject')))


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (
            dict(expressions=['contempt', 'anger']),
            'expressions of Photographs: not coded are contempt; there are neutral',
        ),
        (dict(expressions='anger'), "is a list, got the text 'anger'"),
        (
            dict(expressions=['angry']),
            "'angry', there are neutral.* did you mean 'anger'",
        ),
        (dict(expressions=['contempt'], allow_uncoded=True), 'none of contempt'),
    ],
)
def test_impossible_choices_of_expressions(arguments, message):
    with pytest.raises(LabelChoiceError, match=message):
        Photographs(**arguments)


def test_seven_classes_have_no_contempt_to_choose(tmp_path):
    with pytest.raises(LabelChoiceError, match='not coded are contempt'):
        FERPlus(tmp_path, classes=7, expressions=['contempt', 'fear'], lazy_init=True)
    dataset = FERPlus(tmp_path, expressions=['contempt', 'fear'], lazy_init=True)
    assert dataset.metainfo['expressions'] == ('contempt', 'fear')


def test_a_choice_that_no_image_shows():
    dataset = Photographs(expressions=['sadness'], lazy_init=True)
    dataset.on_disk[:] = 0
    with pytest.raises(DataRootError, match=r'no usable image.*200 images of expr'):
        dataset.full_init()


def test_columns_stay_a_table():
    assert isinstance(Photographs(expressions=['fear']).data_list, FrameTable)
