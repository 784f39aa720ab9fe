"""The published parts, what others call them, and split files."""

import json

import pytest

from clef_mm.datasets.fold_presets import (
    FoldPreset,
    SplitError,
    dataset_names,
    find_preset,
    folds_of_repository,
    numberings,
    parts_id,
    preset_names,
)


def ids(letter, last):
    return {f'{letter}{n:03d}' for n in range(1, last + 1)}


BP4D = ids('F', 23) | ids('M', 18)
BP4D_PLUS = ids('F', 82) | ids('M', 58)
DISFA = ids('SN', 32) - {'SN014', 'SN015', 'SN019', 'SN020', 'SN022'}

PRESETS = [
    ('BP4D', 'jaanet', [14, 14, 13], BP4D),
    ('BP4D', 'fera2015', [20, 21], BP4D),
    ('BP4DPlus', 'fmae', [35, 35, 35, 35], BP4D_PLUS),
    ('BP4DPlus', 'bigsmall', [46, 47, 47], BP4D_PLUS),
    ('DISFA', 'jaanet', [9, 9, 9], DISFA),
]


@pytest.mark.parametrize(('dataset', 'name', 'sizes', 'everyone'), PRESETS)
def test_parts_cover_everyone_once(dataset, name, sizes, everyone):
    preset = find_preset(dataset, name)
    assert (preset.dataset, preset.name) == (dataset, name)
    assert [len(part) for part in preset.parts] == sizes
    assert len(preset.subjects) == sum(sizes) == len(everyone)
    assert set(preset.subjects) == everyone


def test_every_published_preset_is_checked_here_and_the_first_is_the_default():
    found = [
        (dataset, name)
        for dataset in dataset_names().values()
        for name in preset_names(dataset)
    ]
    assert found == [(dataset, name) for dataset, name, _, _ in PRESETS]
    for dataset in ('BP4D', 'BP4DPlus', 'DISFA'):
        assert find_preset(dataset).name == preset_names(dataset)[0]


# One subject of each part, read off the repositories' own lists.
@pytest.mark.parametrize(
    ('dataset', 'name', 'witnesses'),
    [
        ('BP4D', 'jaanet', ['F001', 'M011', 'F007']),
        ('BP4D', 'fera2015', ['M018', 'F023']),
        ('BP4DPlus', 'fmae', ['M040', 'F074', 'F029', 'M058']),
        ('BP4DPlus', 'bigsmall', ['F006', 'F046', 'F078']),
        ('DISFA', 'jaanet', ['SN002', 'SN013', 'SN003']),
    ],
)
def test_parts_stand_in_their_order(dataset, name, witnesses):
    for part, witness in zip(find_preset(dataset, name).parts, witnesses, strict=True):
        assert witness in part


@pytest.mark.parametrize(
    ('dataset', 'repository', 'folds'),
    [
        ('BP4D', 'ME-GraphAU', {'fold1': 3, 'fold2': 2, 'fold3': 1}),
        ('BP4D', 'AU-Net', {'1': 3, '2': 2, '3': 1}),
        ('BP4D', 'FG-Net', {'0': 1, '1': 2, '2': 3}),
        ('BP4D', 'AUNets', {'0': 1, '1': 2, '2': 3}),
        ('BP4D', 'fmae-iat', {'1': 1, '2': 2, '3': 3}),
        ('BP4D', 'JAA-Net', {'part1': 1, 'part2': 2, 'part3': 3}),
        ('DISFA', 'ME-GraphAU', {'fold1': 3, 'fold2': 2, 'fold3': 1}),
        ('DISFA', 'AU-Net', {'1': 1, '2': 2, '3': 3}),
        ('BP4D+', 'BigSmall', {'Split1': 1, 'Split2': 2, 'Split3': 3}),
    ],
)
def test_what_repositories_call_the_folds(dataset, repository, folds):
    entry = folds_of_repository(dataset, repository)
    assert entry.folds == folds
    assert entry.repository.lower() == repository.lower()
    assert entry in numberings(dataset)


@pytest.mark.parametrize('dataset', ['BP4D', 'BP4DPlus', 'DISFA'])
def test_a_repository_names_each_fold_of_its_preset_once(dataset):
    for entry in numberings(dataset):
        folds = find_preset(dataset, entry.preset).num_folds
        assert sorted(entry.folds.values()) == list(range(1, folds + 1))


def test_unknown_names_are_answered_with_the_known():
    with pytest.raises(SplitError, match=r"'fera'.*jaanet, fera2015.*mean 'fera2015'"):
        find_preset('BP4D', 'fera')
    with pytest.raises(SplitError, match=r"ME-GraphAU, AU-Net.*did you mean 'JAA-Net'"):
        folds_of_repository('BP4D', 'JAANet')
    with pytest.raises(SplitError, match="no folds for 'RAFDB', only for bp4d"):
        preset_names('RAFDB')


def test_ids_tell_parts_apart_and_nothing_else():
    parts = [['F001', 'F002'], ['M001']]
    first = parts_id('BP4D', parts)
    assert len(first) == 8
    assert int(first, 16) >= 0
    assert parts_id('bp4d', [['F002', 'F001'], ['M001']]) == first
    others = [
        parts_id('BP4DPlus', parts),
        parts_id('BP4D', parts[::-1]),
        parts_id('BP4D', [['F001'], ['F002', 'M001']]),
    ]
    assert len({first, *others}) == 4
    assert find_preset('BP4D').id == parts_id('BP4D', find_preset('BP4D').parts)


@pytest.mark.parametrize('parts', [(('a', 'a'), ('b',)), (('a',), ('b', 'a'))])
def test_nobody_stands_twice(parts):
    with pytest.raises(SplitError, match=r'subjects a (stand|are in both part 1)'):
        FoldPreset('mine', 'x', 'me', parts, 2)


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a split file of a dataset of one's own."""

    def write_file(**fields):
        content = {'dataset': 'Mine', 'parts': [['a', 'b'], ['c'], ['d']], **fields}
        path = tmp_path / 'mine.json'
        path.write_text(json.dumps(content))
        return str(path)

    return write_file


def test_a_split_file_of_a_dataset_that_nobody_published_folds_of(write):
    preset = find_preset('mine', write(preset='by hand', source='me', num_folds=2))
    assert (preset.dataset, preset.name, preset.source) == ('Mine', 'by hand', 'me')
    assert preset.parts == (('a', 'b'), ('c',), ('d',))
    assert preset.num_folds == 2
    assert find_preset('mine', write(id=preset.id)).id == preset.id
    assert find_preset('mine', write()).name == 'mine'
    assert find_preset('mine', write(num_folds=None, id=None)).num_folds == 3


@pytest.mark.parametrize(
    ('fields', 'message'),
    [
        ({'dataset': 'Other'}, 'divides the subjects of Other, not of Mine'),
        ({'dataset': None}, 'no split file: split.dataset is None'),
        ({'parts': [['a']]}, 'two or more lists'),
        ({'parts': [['a'], []]}, 'none empty'),
        ({'parts': ['ab', 'cd']}, r"parts\[0\] is 'ab', not a list"),
        ({'parts': [[1], [2]]}, r'parts\[0\]\[0\] is 1, not of type str'),
        ({'parts': {'1': ['a'], '2': ['b']}}, 'parts is .*, not a list'),
        ({'parts': [['a', 'b'], ['b']]}, 'mine.json: subjects b are in both'),
        ({'num_folds': 4}, "'num_folds' must be 1 to 3, got 4"),
        ({'num_folds': 'all'}, "num_folds is 'all'"),
        ({'id': '00000000'}, 'its id is 00000000, but .* were changed'),
    ],
)
def test_split_files_that_are_refused(write, fields, message):
    with pytest.raises(SplitError, match=message) as caught:
        find_preset('Mine', write(**fields))
    assert 'mine.json' in str(caught.value)


def test_files_that_are_no_split_files(tmp_path):
    path = tmp_path / 'x.json'
    with pytest.raises(SplitError, match='there is no split file'):
        find_preset('Mine', str(path))
    for text, message in (('{', 'damaged or no split file'), ('[]', 'no split file')):
        path.write_text(text)
        with pytest.raises(SplitError, match=message):
            find_preset('Mine', str(path))
