"""BP4D by subjects, folds and every n-th frame."""

import pytest
from recording_trees import (
    oddities_of,
    read_slowly,
    records_of,
    subjects_of,
)

from clef_mm.datasets.bp4d import BP4D
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.folds import SplitError
from clef_mm.errors import UserError


@pytest.mark.parametrize(
    ('split', 'fold', 'expected'),
    [
        ('test', 1, {'F001', 'M007'}),
        ('test', 2, {'F003', 'M005'}),
        ('test', 3, {'F007', 'M006'}),
        ('train', 1, {'F003', 'M005', 'F007', 'M006'}),
        ('train', 3, {'F001', 'M007', 'F003', 'M005'}),
    ],
)
def test_splits_hold_their_subjects(released, split, fold, expected):
    dataset = BP4D(released.root, split=split, fold=fold)
    assert subjects_of(dataset) == expected
    assert (dataset.metainfo['split'], dataset.metainfo['fold']) == (split, fold)
    assert records_of(dataset) == [
        record for record in read_slowly(released.root) if record['subject'] in expected
    ]
    # only two subjects of each part lie on this disk, and that is said
    absent = len(dataset.subjects) - len(expected)
    assert oddities_of(dataset) == {'subjects asked for but without a frame': absent}


def test_held_out_subjects_leave_the_training_set(released):
    whole = BP4D(released.root, split='train', fold=1)
    for count in (6, 14):
        parts = [
            BP4D(released.root, split=split, fold=1, hold_out=count, lazy_init=True)
            for split in ('train', 'val', 'test')
        ]
        train, val, test = (set(part.subjects) for part in parts)
        assert len(val) == count
        assert train | val == set(whole.subjects)
        assert not train & val
        assert test == set(BP4D(released.root, split='test', fold=1).subjects)


def test_subjects_can_be_chosen(released):
    dataset = BP4D(released.root, subjects=['M006', 'F001', 'F999'])
    assert subjects_of(dataset) == {'M006', 'F001'}
    assert oddities_of(dataset) == {'subjects asked for but without a frame': 1}
    assert any('F999' in line for line in dataset.report.lines())


def test_subjects_of_whom_nothing_is_there_are_named(released):
    with pytest.raises(DataRootError, match='of F999, m006'):
        BP4D(released.root, subjects=['F999', 'm006'])


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'split': 'train'}, 'go together'),
        ({'fold': 1}, 'go together'),
        ({'split': 'test', 'fold': 1, 'subjects': ['F001']}, 'not both'),
        ({'split': 'dev', 'fold': 1}, "'train', 'val' or 'test', got 'dev'"),
        ({'split': 'test', 'fold': 4}, 'no fold 4'),
        ({'split': 'test', 'fold': 0}, 'no fold 0'),
        ({'split': 'val', 'fold': 1}, "no 'val' part of its own: set hold_out"),
        ({'hold_out': 3}, 'hold_out=3'),
        ({'every': 0}, 'every must be at least 1, got 0'),
        ({'frames': 'some'}, "'coded' or 'all', got 'some'"),
    ],
)
def test_contradicting_arguments(released, arguments, message):
    with pytest.raises(ValueError, match=message):
        BP4D(released.root, **arguments)


def test_split_errors_are_told_to_the_user(released):
    with pytest.raises(SplitError):
        BP4D(released.root, split='val', fold=1)
    assert issubclass(SplitError, UserError)


@pytest.mark.parametrize('frames', ['coded', 'all'])
@pytest.mark.parametrize('every', [2, 3, 50])
def test_every_nth_frame_of_each_sequence(released, every, frames):
    kept, place = [], {}
    for record in read_slowly(released.root, frames):
        key = record['subject'], record['sequence']
        place[key] = place.get(key, -1) + 1
        if place[key] % every == 0:
            kept.append(record)
    assert records_of(BP4D(released.root, frames=frames, every=every)) == kept
