"""Whose faces were seen, and how they were cut out, told from datasets alone."""

import json
import re

import pytest

from clef_mm.datasets import FaceDataset, JoinedDataset
from clef_mm.datasets.folds import Fold
from clef_mm.engine import provenance


class Photographs(FaceDataset):
    METAINFO = dict(dataset='Photographs')  # noqa: RUF012
    OFFICIAL_PARTS = Fold(train=('train',), test=('test',))

    def __init__(self, root='nowhere', **common):
        super().__init__(root, lazy_init=True, **common)

    def load_frames(self):
        raise NotImplementedError


class People(FaceDataset):
    METAINFO = dict(dataset='People')  # noqa: RUF012

    def __init__(self, root='nowhere', **common):
        super().__init__(root, lazy_init=True, **common)

    def load_frames(self):
        raise NotImplementedError


class CopyOfPeople(People):
    METAINFO = dict(dataset='Copy', people='People')  # noqa: RUF012


def seen_by(*datasets):
    return set().union(*(dataset.people() for dataset in datasets))


def test_the_same_people_under_another_name():
    with pytest.raises(provenance.SubjectLeakError, match='People/anna'):
        provenance.check_unseen(
            CopyOfPeople(subjects=['anna']).people(),
            seen_by(People(subjects=['anna', 'ben'])),
            'this run',
        )


def test_rendered_people_are_others(tmp_path):
    (tmp_path / 'SYNTHETIC.json').write_text('{}')
    rendered = People(tmp_path, subjects=['anna'])
    assert rendered.people() == {'synthetic People/anna'}
    provenance.check_unseen(
        People(subjects=['anna']).people(), seen_by(rendered), 'this run'
    )


@pytest.mark.parametrize(
    ('trained', 'tested', 'leaks'),
    [
        (dict(split='train'), dict(split='test'), False),
        (dict(split='train'), dict(split='train'), True),
        (dict(split='train'), dict(split='val', hold_out=5), True),
        (dict(split='train', hold_out=5), dict(split='val', hold_out=5), False),
        (dict(split='train', hold_out=5), dict(split='test'), False),
        (dict(split='train', hold_out=5), dict(split='test', hold_out=5), False),
        (dict(split='test'), dict(split='test', hold_out=5), True),
    ],
)
def test_official_parts(trained, tested, leaks):
    seen, subjects = seen_by(Photographs(**trained)), Photographs(**tested).people()
    if leaks:
        with pytest.raises(provenance.SubjectLeakError):
            provenance.check_unseen(subjects, seen, 'this run')
    else:
        provenance.check_unseen(subjects, seen, 'this run')


def test_description_is_plain_and_adds_up():
    train, val = People(subjects=['ben', 'anna']), People(subjects=['cleo'])
    start = {'seen_subjects': ['Old/x'], 'synthetic': True}
    described = provenance.describe(
        *('Stage', 'config.py', [train, val], 'shuffled', 3, 'a/b.pth', start),
        seen_before={'Old/x', 'People/z'},
    )
    assert json.loads(json.dumps(described)) == described
    assert described['seen_subjects'] == [
        'Old/x',
        'People/anna',
        'People/ben',
        'People/cleo',
        'People/z',
    ]
    assert described['synthetic'] is True
    assert described['start_weights'] == 'b.pth'
    assert (described['seed'], described['sampling']) == (3, 'shuffled')


def test_splits_in_words():
    assert provenance.describe_split(Photographs(split='test')) == 'Photographs test'
    assert (
        provenance.describe_split(People(subjects=['anna', 'ben']))
        == 'People all (2 subjects)'
    )


@pytest.mark.parametrize(
    ('share', 'seed', 'words'),
    [(1.0, 3, ''), (0.1, 0, ', 10 % of the frames (seed 0)')],
)
def test_a_share_of_the_frames_in_words(share, seed, words):
    drawn = dict(share=share, share_seed=seed)
    people = People(subjects=['anna'], **drawn)
    assert provenance.describe_split(people) == f'People all (1 subjects){words}'
    photographs = Photographs(split='train', **drawn)
    assert provenance.describe_split(photographs) == f'Photographs train{words}'


CROP = {'name': 'aligned', 'hash': 'aaaa'}


@pytest.mark.parametrize(
    ('own', 'other', 'says'),
    [
        (None, None, ''),
        (CROP, dict(CROP), ''),
        (CROP, {'name': 'aligned', 'hash': 'bbbb'}, 'crop policy aaaa.*policy bbbb'),
        (CROP, None, 'aaaa.*the model: as released'),
        (None, CROP, 'cropped as released.*the model: aligned .crop policy aaaa'),
    ],
)
def test_differing_crops(own, other, says):
    data = People(subjects=['anna'])
    data._metainfo['crop'] = own
    warning = provenance.differing_crop(data, other, None, 'the model')
    if says:
        assert re.search(says, warning)
    else:
        assert warning == ''


OF_CAMERA = {**CROP, 'source': {'camera': 'left'}, 'hash': 'bbbb'}


@pytest.mark.parametrize(
    ('own', 'other', 'of', 'alike'),
    [
        (CROP, OF_CAMERA, 'DISFA', True),
        (CROP, OF_CAMERA, 'People', False),  # the other camera of the same people
        (CROP, {**CROP, 'name': 'box'}, 'DISFA', False),
        (None, None, 'DISFA', False),  # each as its release has it
        (None, None, 'People', True),
        (None, None, None, True),
        (None, CROP, 'DISFA', False),
    ],
)
def test_crops_of_another_dataset(own, other, of, alike):
    data = People(subjects=['anna'])
    data._metainfo['crop'] = own
    warning = provenance.differing_crop(data, other, of, 'the model')
    assert (warning == '') is alike


def test_a_joined_split_in_words():
    parts = [People(subjects=['anna', 'ben']), Photographs(split='train')]
    joined = JoinedDataset(parts, lazy_init=True)
    assert (
        provenance.describe_split(joined)
        == 'People all (2 subjects) + Photographs train'
    )


@pytest.mark.parametrize(('held_out', 'refused'), [(5, False), (4, True), (0, True)])
def test_parts_of_a_joined_dataset_hold_out_as_the_validation_does(held_out, refused):
    train = JoinedDataset(
        [People(), Photographs(split='train', hold_out=held_out)], lazy_init=True
    )
    val = Photographs(split='val', hold_out=5)
    if refused:
        with pytest.raises(provenance.SubjectLeakError, match='Set hold_out alike'):
            provenance.check_held_out_alike(train, val)
    else:
        provenance.check_held_out_alike(train, val)
