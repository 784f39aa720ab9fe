"""Folds: who is trained on, validated on and tested on."""

import itertools

import pytest

from clef_mm.datasets.fold_presets import check_disjoint
from clef_mm.datasets.folds import Fold, SplitError, get_fold, sex_of, subject_parts
from clef_mm.errors import UserError

# As JAA-Net, ME-GraphAU, AU-Net, AUNets, FG-Net and FMAE-IAT agree.
PART_1 = 'F001 M007 F018 F008 F002 M004 F010 F009 M012 M001 F016 M014 F023 M008'
PART_2 = 'M011 F003 M010 M002 F005 F022 M018 M017 F013 M016 F020 F011 M013 M005'
PART_3 = 'F007 F015 F006 F019 M006 M009 F012 M003 F004 F021 F017 M015 F014'
PARTS = [part.split() for part in (PART_1, PART_2, PART_3)]
EVERYONE = {f'F{n:03d}' for n in range(1, 24)} | {f'M{n:03d}' for n in range(1, 19)}


def test_parts_are_the_published_ones():
    parts = subject_parts('bp4d')
    assert [set(part) for part in parts] == [set(part) for part in PARTS]
    assert [len(part) for part in parts] == [14, 14, 13]
    assert set().union(*parts) == EVERYONE


@pytest.mark.parametrize('name', ['bp4d', 'BP4D'])
@pytest.mark.parametrize('number', [1, 2, 3])
def test_fold_k_tests_part_k(name, number):
    fold = get_fold(name, number)
    assert set(fold.test) == set(PARTS[number - 1])
    assert set(fold.train) == EVERYONE - set(PARTS[number - 1])
    assert len(fold.train) + len(fold.test) == 41
    assert fold.val == ()


@pytest.mark.parametrize('number', [1, 2, 3])
@pytest.mark.parametrize('count', [1, 2, 3, 4, 7, 12])
def test_held_out_subjects(number, count):
    whole, fold = get_fold('bp4d', number), get_fold('bp4d', number, hold_out=count)
    assert fold == get_fold('bp4d', number, hold_out=count)
    assert fold.test == whole.test
    assert len(fold.val) == len(set(fold.val)) == count
    assert set(fold.train) | set(fold.val) == set(whole.train)
    assert not set(fold.train) & set(fold.val)
    women = sum(name.startswith('F') for name in fold.val)
    assert women == -(-count // 2)  # women and men in turn, a woman first


def test_holding_out_more_keeps_those_held_out_before():
    for less, more in itertools.pairwise(range(27)):
        smaller = get_fold('bp4d', 1, hold_out=less).val
        assert get_fold('bp4d', 1, hold_out=more).val[:less] == smaller


def test_held_out_subjects_are_not_the_first_of_the_list():
    """A plain head of the list would be the same people in two of three folds."""
    fold = get_fold('bp4d', 1, hold_out=6)
    assert set(fold.val) != set(get_fold('bp4d', 1).train[:6])


DISFA_PART_2 = {f'SN{n:03d}' for n in (6, 11, 12, 13, 18, 21, 24, 28, 31)}


def test_fold_k_of_disfa_tests_part_k():
    assert set(get_fold('DISFA', 2).test) == DISFA_PART_2
    assert len(get_fold('disfa', 2).train) == 18


@pytest.mark.parametrize('count', [1, 4, 17])
def test_subjects_of_unknown_sex_are_held_out_too(count):
    fold = get_fold('DISFA', 2, hold_out=count)
    assert len(set(fold.val)) == count
    assert not set(fold.val) & DISFA_PART_2
    assert set(fold.val) | set(fold.train) == set(get_fold('DISFA', 2).train)


def test_fera_2015_tests_even_numbers_in_its_one_fold():
    fold = get_fold('BP4D', 1, preset='fera2015')
    assert {int(name[1:]) % 2 for name in fold.test} == {0}
    assert {int(name[1:]) % 2 for name in fold.train} == {1}
    assert set(fold.train + fold.test) == EVERYONE
    with pytest.raises(SplitError, match=r"one fold in 'fera2015'.*no fold 2"):
        get_fold('BP4D', 2, preset='fera2015')


@pytest.mark.parametrize(('preset', 'last'), [(None, 4), ('fmae', 4), ('bigsmall', 3)])
def test_bp4d_plus_has_the_folds_of_its_preset(preset, last):
    tested = [get_fold('BP4D+', n, preset=preset).test for n in range(1, last + 1)]
    assert len({name for test in tested for name in test}) == 140
    with pytest.raises(SplitError, match=f'folds 1 to {last} .*no fold {last + 1}'):
        get_fold('BP4D+', last + 1, preset=preset)


@pytest.mark.parametrize(
    ('subject', 'sex'),
    [('F001', 'F'), ('M058', 'M'), ('SN001', None), ('Frieda', None), ('', None)],
)
def test_the_id_tells_the_sex_or_not(subject, sex):
    assert sex_of(subject) == sex


@pytest.mark.parametrize('number', [0, 4, -1])
def test_folds_that_do_not_exist(number):
    with pytest.raises(SplitError, match=f'bp4d has folds 1 to 3.*no fold {number}'):
        get_fold('bp4d', number)


@pytest.mark.parametrize('count', [-1, 27, 100])
def test_too_many_to_hold_out(count):
    with pytest.raises(SplitError, match=f'cannot hold out {count} of 27'):
        get_fold('bp4d', 1, hold_out=count)


def test_unknown_datasets_name_the_nearest():
    with pytest.raises(SplitError, match=r"no folds for 'bp3d'.*mean 'bp4d'"):
        get_fold('bp3d', 1)
    with pytest.raises(SplitError, match=r"no folds for 'imagenet'"):
        subject_parts('imagenet')


@pytest.mark.parametrize('pair', [('train', 'val'), ('train', 'test'), ('val', 'test')])
def test_shared_subjects_are_named(pair):
    splits = {'train': ('F001', 'F002'), 'val': ('F003',), 'test': ('M001',)}
    splits = {name: (*names, 'x') for name, names in splits.items()}
    for name in pair:
        splits[name] += ('M009', 'F009')
    spared = ({'train', 'val', 'test'} - set(pair)).pop()
    splits[spared] = splits[spared][:-1]
    with pytest.raises(SplitError) as caught:
        Fold(**splits)
    message = str(caught.value)
    assert 'F009, M009, x' in message
    assert f'both {pair[0]} and {pair[1]}' in message
    assert isinstance(caught.value, UserError)


def test_disjoint_splits_pass():
    check_disjoint({'train': ('F001',), 'val': (), 'test': ('M001',)})
    assert Fold(('F001',), ('M001',)).subjects('val') == ()


def test_subjects_of_a_split():
    fold = Fold(train=('F001',), test=('M001',), val=('F002',))
    names = [fold.subjects(split) for split in ('train', 'val', 'test')]
    assert names == [('F001',), ('F002',), ('M001',)]
    with pytest.raises(SplitError, match="got 'validation'"):
        fold.subjects('validation')
