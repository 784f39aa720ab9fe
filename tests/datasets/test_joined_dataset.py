"""Several datasets as one: what concatenation by hand gives, and what is refused."""

import re
from itertools import islice

import cv2
import numpy as np
import pytest

from clef_mm.datasets import ActionUnitDataset, FrameTable, JoinedDataset
from clef_mm.datasets.bp4d import BP4D
from clef_mm.datasets.disfa import DISFA
from clef_mm.datasets.face_dataset import DatasetOptionError, FaceDataset
from clef_mm.datasets.ferplus import FERPlus
from clef_mm.datasets.prepared_index import write_index
from clef_mm.datasets.rafdb import RAFDB
from clef_mm.datasets.reading.image_reading import BrokenImageError
from clef_mm.datasets.samplers import (
    ActionUnitBalancedSampler,
    ActivityBalancedSampler,
    SamplerError,
    SubjectBalancedSampler,
)
from clef_mm.datasets.synthetic import write_ferplus, write_rafdb
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.registry import DATASETS

SHARED = ['AU1', 'AU2', 'AU4', 'AU6', 'AU12']
UNION = ['AU1', 'AU2', 'AU4', 'AU6', 'AU7', 'AU9', 'AU12', 'AU25']
PIPELINE = [LoadFace(size=8), PackFace()]


class Given(ActionUnitDataset):
    """Random codes of a few people, in memory."""

    CODED_AUS = ('AU1', 'AU2', 'AU4', 'AU6', 'AU12')

    def __init__(self, root='given', seed=0, more=(), **common):
        self.seed = seed
        self.more = more
        super().__init__(root, **common)

    def load_frames(self):
        rng = np.random.default_rng(self.seed)
        return [
            {
                'img_path': f'/{self.data_root}/{row}.jpg',
                'subject': f'F00{rng.integers(1, 4)}',
                'sequence': f'T{rng.integers(1, 3)}',
                'frame': row,
                'activity': int(rng.integers(8)),
                'gt_aus': rng.choice([0, 0, 1, -1], len(self.CODED_AUS)),
                **dict.fromkeys(self.more, row),
            }
            for row in range(rng.integers(5, 20))
        ]


class First(Given):
    METAINFO = dict(dataset='First', au_names=Given.CODED_AUS)  # noqa: RUF012


class Second(Given):
    METAINFO = dict(dataset='Second', au_names=('AU12', 'AU1'))  # noqa: RUF012
    CODED_AUS = ('AU12', 'AU1')


class Third(Given):
    METAINFO = dict(dataset='Third', au_names=('AU1', 'AU4'))  # noqa: RUF012
    CODED_AUS = ('AU1', 'AU4')


def parts_of(seed, au_names=('AU4', 'AU1', 'AU12'), **common):
    options = dict(au_names=au_names, allow_uncoded=True, **common)
    kinds = (First, Second, Third)
    return [
        kind(kind.__name__.lower(), seed + place, **options)
        for place, kind in enumerate(kinds)
    ]


def records(dataset):
    return [
        {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in dataset.get_data_info(row).items()
        }
        for row in range(len(dataset))
    ]


def joined_by_hand(parts):
    """Concatenate the records one by one and name their subjects."""
    return [
        {
            **{name: value for name, value in record.items() if name != 'activity'},
            'subject': f'{part.metainfo["dataset"]}/{record["subject"]}',
            'dataset': part.metainfo['dataset'],
        }
        for part in parts
        for record in records(part)
    ]


@pytest.mark.parametrize('seed', range(10))
def test_joining_is_concatenation(seed):
    joined = JoinedDataset(parts_of(seed))
    assert records(joined) == joined_by_hand(parts_of(seed))
    assert len(joined) == sum(map(len, parts_of(seed)))


@pytest.mark.parametrize('seed', range(4))
@pytest.mark.parametrize('order', [(0, 1, 2), (2, 0, 1), (1, 0)])
def test_parts_stand_in_the_order_given(seed, order):
    parts = [parts_of(seed)[place] for place in order]
    joined = JoinedDataset(parts)
    assert records(joined) == joined_by_hand(parts)
    assert joined.metainfo['dataset'] == ' + '.join(
        part.metainfo['dataset'] for part in parts
    )


def test_a_unit_that_a_part_does_not_code_is_unknown_there():
    joined = JoinedDataset(parts_of(0))
    assert joined.metainfo['au_names'] == ('AU4', 'AU1', 'AU12')
    labels = joined.column('gt_aus')
    of = joined.column('dataset')
    assert (labels[of.isin(['Second'])][:, 0] == -1).all()  # AU4
    assert (labels[of.isin(['Third'])][:, 2] == -1).all()  # AU12
    assert (labels[of.isin(['First'])] != -1).any(axis=0).all()


@pytest.mark.parametrize('seed', range(5))
def test_weights_are_over_all_that_is_known(seed):
    joined = JoinedDataset(parts_of(seed))
    rates = []
    for column in zip(*(r['gt_aus'] for r in records(joined)), strict=True):
        known = [code for code in column if code != -1]
        rates.append(sum(known) / len(known))
    inverse = 1 / np.array(rates)
    np.testing.assert_allclose(joined.label_weights(), inverse / inverse.mean())


def test_subjects_of_one_id_are_different_people():
    joined = JoinedDataset(parts_of(0))
    names = set(joined.column('subject'))
    assert {'First/F001', 'Second/F001', 'Third/F001'} <= names
    assert joined.people() == names
    assert joined.people() == set().union(*(part.people() for part in parts_of(0)))
    assert joined.report.found['subjects'] == len(names)


def test_people_and_labels_are_known_before_the_disk_is_read():
    parts = parts_of(0, subjects=['F002'], lazy_init=True)
    joined = JoinedDataset(parts, lazy_init=True)
    assert joined.people() == {'First/F002', 'Second/F002', 'Third/F002'}
    assert joined.metainfo['au_names'] == ('AU4', 'AU1', 'AU12')
    assert not any(part._fully_initialized for part in joined.parts)


@pytest.mark.parametrize('indices', [7, -4, [3, 1, 1], np.array([-1, 0, 20])])
def test_subsets(indices):
    joined = JoinedDataset(parts_of(0))
    expected = joined_by_hand(parts_of(0))
    if isinstance(indices, int):
        expected = expected[:indices] if indices >= 0 else expected[indices:]
    else:
        expected = [expected[index] for index in indices]
    assert records(joined.get_subset(indices)) == expected


def test_columns_that_not_all_have_are_left_out_but_places_in_files():
    joined = JoinedDataset(
        [
            First('a', 0, more=['age', 'pixel_offset'], au_names=['AU1', 'AU12']),
            Second('b', 1, more=['video_frame'], au_names=['AU1', 'AU12']),
        ]
    )
    count = int(joined.column('dataset').isin(['First']).sum())
    assert joined.column('pixel_offset').tolist() == [
        *range(count),
        *[-1] * (len(joined) - count),
    ]
    assert joined.column('video_frame').tolist() == [
        *[-1] * count,
        *range(len(joined) - count),
    ]
    with pytest.raises(KeyError, match="JoinedDataset has no 'age'"):
        joined.column('age')


# --- images ---------------------------------------------------------------------------


@pytest.fixture
def both(released, make_disfa):
    """Return a maker of BP4D (frames) and DISFA (videos), joined."""
    videos = make_disfa().fill()

    def make(au_names, **options):
        common = dict(pipeline=PIPELINE, au_names=au_names, allow_uncoded=True)
        return JoinedDataset(
            [
                dict(type='BP4D', data_root=str(released.root), **common),
                dict(type='DISFA', data_root=str(videos.root), **common),
            ],
            **options,
        )

    return make


@pytest.mark.parametrize('au_names', [SHARED, UNION])
def test_bp4d_and_disfa(both, au_names):
    joined = both(au_names)
    bp4d, disfa = joined.parts
    assert [type(part) for part in joined.parts] == [BP4D, DISFA]
    np.testing.assert_array_equal(
        joined.column('gt_aus'),
        np.concatenate([bp4d.column('gt_aus'), disfa.column('gt_aus')]),
    )
    known = (joined.column('gt_aus') != -1).any(axis=0)
    assert known.all()
    items = list(islice(joined, len(joined)))
    assert len(items) == len(bp4d) + len(disfa)
    for row in (0, len(bp4d) - 1, len(bp4d), len(joined) - 1):
        part, place = (bp4d, row) if row < len(bp4d) else (disfa, row - len(bp4d))
        np.testing.assert_array_equal(items[row]['inputs'], part[place]['inputs'])
        sample = items[row]['data_samples']
        assert sample.frame == part[place]['data_samples'].frame
        assert sample.name.startswith(f'{part.metainfo["dataset"]}/')


def test_each_part_has_its_own_transforms(both):
    joined = both(SHARED)
    joined.parts[1].pipeline.transforms[0] = LoadFace(size=5)
    assert joined[0]['inputs'].shape == (8, 8, 3)
    assert joined[len(joined) - 1]['inputs'].shape == (5, 5, 3)


def test_it_can_be_built_by_name_without_reading(both):
    given = both(SHARED, lazy_init=True)
    config = dict(
        type='JoinedDataset',
        lazy_init=True,
        datasets=[
            dict(type=type(part).__name__, data_root=part.data_root, au_names=SHARED)
            for part in given.parts
        ],
    )
    joined = DATASETS.build(config)
    assert joined.metainfo == given.metainfo
    expected = {
        'dataset': 'BP4D + DISFA',
        'split': 'all',
        'fold': None,
        'preset': None,
        'synthetic': False,
        'crop': None,
        'au_names': tuple(SHARED),
    }
    assert expected.items() <= joined.metainfo.items()
    assert len(joined) == len(given)


def test_the_report_tells_the_parts(both):
    joined = both(UNION)
    lines = joined.report.lines()
    assert 'BP4D: not coded, unknown in every frame: AU9, AU25' in lines
    assert 'DISFA: not coded, unknown in every frame: AU7' in lines
    found = [part.report.found['frames'] for part in joined.parts]
    assert joined.report.found['frames'] == sum(found) == len(joined)


def test_rows_of_a_table_and_files_of_expressions(tmp_path):
    write_ferplus(tmp_path / 'ferplus', n_train=40, n_val=16, n_test=16, workers=1)
    write_rafdb(tmp_path / 'rafdb', n_train=28, n_test=14, size=32, workers=1)
    options = dict(split='train', pipeline=PIPELINE)
    for parts in (
        [
            FERPlus(tmp_path / 'ferplus', classes=7, **options),
            RAFDB(tmp_path / 'rafdb', **options),
        ],
        [
            RAFDB(tmp_path / 'rafdb', expressions=['fear', 'anger'], **options),
            FERPlus(tmp_path / 'ferplus', expressions=['fear', 'anger'], **options),
        ],
    ):
        joined = JoinedDataset(parts)
        expected = np.concatenate([part.column('gt_expression') for part in parts])
        np.testing.assert_array_equal(joined.column('gt_expression'), expected)
        images = [item['inputs'] for part in parts for item in islice(part, len(part))]
        np.testing.assert_array_equal(
            [item['inputs'] for item in islice(joined, len(joined))], images
        )
        assert joined.metainfo['expressions'] == parts[0].metainfo['expressions']
        assert joined.people() == {
            'synthetic FERPlus/Training',
            'synthetic RAF-DB/train',
        }
        with pytest.raises(KeyError, match='gt_distribution'):  # of FERPlus only
            joined.column('gt_distribution')


@pytest.fixture
def album(tmp_path):
    """Return a maker of two joined datasets of three images, of which one is broken."""

    def make(broken, **options):
        tables = []
        for name in ('a', 'b'):
            rows = []
            for number in range(3):
                path = tmp_path / f'{name}{number}.png'
                cv2.imwrite(str(path), np.full((6, 6, 3), 10 * number, np.uint8))
                if (name, number) == broken:
                    path.write_bytes(b'')
                row = dict(img_path=str(path), subject='F1', sequence='T', frame=number)
                rows.append(row)
            tables.append(rows)
        parts = [Album(rows, name) for rows, name in zip(tables, 'ab', strict=True)]
        return JoinedDataset(parts, **options)

    return make


class Album(FaceDataset):
    METAINFO = dict(dataset='Album', au_names=())  # noqa: RUF012

    def __init__(self, rows, name):
        self.rows = rows
        super().__init__(name, pipeline=PIPELINE, lazy_init=True)
        self._metainfo['dataset'] = name

    def load_frames(self):
        return self.rows


def test_the_image_behind_a_broken_one_may_be_of_the_next_part(album):
    item = album(('a', 2))[2]
    assert item['data_samples'].name == 'b/F1/T/0'
    assert 'a2.png' in item['data_samples'].broken_path
    with pytest.raises(BrokenImageError, match=r'a2\.png'):
        album(('a', 2), test_mode=True)[2]


# --- prepared trees -------------------------------------------------------------------


CROP = {'name': 'aligned', 'size': 256, 'source': {}, 'hash': 'aaaa'}


def prepared(folder, kind, crop):
    """Write an index of ten frames of two people."""
    rows = [
        {
            'img_path': str(folder / f'{row}.jpg'),
            'subject': f'F00{row % 2}',
            'sequence': 'T1',
            'frame': row,
            'gt_aus': np.full(len(kind.CODED_AUS), row % 2, np.int8),
        }
        for row in range(10)
    ]
    folder.mkdir()
    header = {'dataset': kind.METAINFO['dataset'], 'crop': crop, 'lost': {}}
    header |= {'source_options': {}, 'synthetic': False}
    write_index(folder, FrameTable.of(rows), header)
    return kind(folder, au_names=['AU1'], lazy_init=True)


def test_prepared_trees_of_one_policy_keep_it(tmp_path):
    of_camera = {**CROP, 'source': {'camera': 'left'}, 'hash': 'bbbb'}
    joined = JoinedDataset(
        [
            prepared(tmp_path / 'a', First, CROP),
            prepared(tmp_path / 'b', Second, of_camera),
        ]
    )
    assert joined.metainfo['crop'] == {**CROP, 'source': {}, 'hash': 'aaaa+bbbb'}
    assert len(joined) == 20
    assert not joined.report.oddities


@pytest.mark.parametrize(
    'other', [None, {**CROP, 'size': 128, 'hash': 'bbbb'}, {**CROP, 'name': 'box'}]
)
def test_mixed_crop_policies_are_refused(tmp_path, other):
    trees = [
        prepared(tmp_path / 'a', First, CROP),
        prepared(tmp_path / 'b', Second, other),
    ]
    for parts in (trees, trees[::-1]):
        with pytest.raises(DatasetOptionError, match=r'mixed crop policies: .*prepare'):
            JoinedDataset(parts)


# --- what cannot be joined ------------------------------------------------------------


class Friends(Second):
    METAINFO = dict(dataset='Friends', people='First', au_names=('AU1',))  # noqa: RUF012


class Photographs(FaceDataset):
    METAINFO = dict(dataset='Photos', expressions=('calm', 'glad'))  # noqa: RUF012

    def load_frames(self):
        raise NotImplementedError


def test_a_person_in_two_datasets_is_refused():
    parts = [First('a', au_names=['AU1']), Friends('b', au_names=['AU1'])]
    with pytest.raises(
        DatasetOptionError, match=r'3 people are in a and in b, such as'
    ):
        JoinedDataset(parts)
    disjoint = [
        First('a', au_names=['AU1'], subjects=['F001']),
        Friends('b', au_names=['AU1'], subjects=['F002', 'F003']),
    ]
    assert len(JoinedDataset(disjoint).people()) == 3


@pytest.mark.parametrize(
    ('parts', 'message'),
    [
        (lambda: [], 'two or more different datasets, got none'),
        (lambda: [First('a')], 'two or more different datasets, got First'),
        (lambda: [First('a'), First('b', 1)], 'different datasets, got First, First'),
        (
            lambda: [First('a'), Second('b')],
            'First has AU1, AU2, AU4, AU6, AU12; Second has AU12, AU1. Choose',
        ),
        (
            lambda: [First('a', au_names=['AU1', 'AU12']), Second('b')],
            'First has AU1, AU12; Second has AU12, AU1',
        ),
        (
            lambda: [First('a'), Photographs('b', lazy_init=True)],
            'First has AU1, AU2, AU4, AU6, AU12; Photos has calm, glad',
        ),
        (lambda: [JoinedDataset(parts_of(0)), First('a')], 'got a JoinedDataset'),
    ],
)
def test_refusals(parts, message):
    with pytest.raises(DatasetOptionError, match=re.escape(message)):
        JoinedDataset(parts())


# --- samplers -------------------------------------------------------------------------


def test_samplers_draw_from_all_parts():
    joined = JoinedDataset(parts_of(3))
    by_subject = SubjectBalancedSampler(joined, length=900, seed=0)
    assert set(by_subject.groups) == joined.people()
    by_unit = ActionUnitBalancedSampler(joined, length=600, seed=0)
    assert set(by_unit.groups) == {'AU4', 'AU1', 'AU12', 'none of the AUs'}
    rates = by_unit.expected_rates()
    labels = joined.column('gt_aus')[list(by_unit)]
    drawn = (labels == 1).sum(axis=0) / (labels != -1).sum(axis=0)
    np.testing.assert_allclose(drawn, rates, atol=0.06)


def test_activities_are_not_joined():
    with pytest.raises(SamplerError, match="JoinedDataset has no 'activity'"):
        ActivityBalancedSampler(JoinedDataset(parts_of(0)), block=2)
