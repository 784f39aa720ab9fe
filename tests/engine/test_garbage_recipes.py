"""Damaged recipes and recorded configs: read as what they should be, or refused."""

import pytest
from garbage import GARBAGE, damaged, read_or_refused
from hypothesis import given
from hypothesis import strategies as st

from clef_mm.engine.recipe import read_recipe
from clef_mm.engine.recorded_config import TRAINING, differences, recorded_config

RECIPE = b"""\
name = 'tiny'
table = 'table2'
stages = ['../stages/first.py', '../stages/second.py']
folds = [1, 2]
seeds = [0]
"""
RECORD = b"""\
custom_hooks = [
    dict(type='clef_mm.engine.hooks.LabelWeightHook'),
]
fold = 1
how_to_get = dict({
    'work_dirs/x':
    'Run stage 1 first'
})
load_from = None
model = dict(
    classes=('AU1', 'AU2'), temperature=0.25, weights='work_dirs/x', scale=-1e-3)
train_cfg = dict(by_epoch=True, max_epochs=5)
"""


def recipe(path):
    found = read_recipe(path)
    assert isinstance(found.name, str)
    assert found.table is None or isinstance(found.table, str)
    assert all(stage.is_file() for stage in found.stages)
    assert found.stages
    for numbers in (found.folds, found.seeds):
        assert len(set(numbers)) == len(numbers)
        assert all(isinstance(number, int) for number in numbers)
    assert found.seeds


def record(path):
    found = recorded_config(path.parent)
    assert found is None or all(isinstance(key, str) for key in found)
    return found


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('garbage')
    for name in ('stages', 'recipes', 'run'):
        (folder / name).mkdir()
    for name in ('first.py', 'second.py'):
        (folder / 'stages' / name).touch()
    return folder


def test_the_valid_files_are_read(folder):
    (folder / 'recipes/mine.py').write_bytes(RECIPE)
    recipe(folder / 'recipes/mine.py')
    (folder / 'run/config.py').write_bytes(RECORD)
    assert record(folder / 'run/config.py') == {
        'custom_hooks': [{'type': 'clef_mm.engine.hooks.LabelWeightHook'}],
        'fold': 1,
        'how_to_get': {'work_dirs/x': 'Run stage 1 first'},
        'load_from': None,
        'model': {
            'classes': ('AU1', 'AU2'),
            'temperature': 0.25,
            'weights': 'work_dirs/x',
            'scale': -1e-3,
        },
        'train_cfg': {'by_epoch': True, 'max_epochs': 5},
    }


@pytest.mark.filterwarnings('ignore::SyntaxWarning')
@pytest.mark.filterwarnings('ignore::DeprecationWarning')
@GARBAGE
@given(content=damaged(RECIPE))
def test_a_damaged_recipe_is_read_or_refused(folder, content):
    read_or_refused(recipe, folder / 'recipes/mine.py', content)


@pytest.mark.filterwarnings('ignore::SyntaxWarning')
@pytest.mark.filterwarnings('ignore::DeprecationWarning')
@GARBAGE
@given(content=damaged(RECORD) | st.binary(max_size=300))
def test_a_damaged_record_is_plain_values_or_none(folder, content):
    path = folder / 'run/config.py'
    if read_or_refused(record, path, content) is None:
        missing = ['there is no config beside the checkpoint']
        assert differences(path.parent, None, TRAINING) == missing
