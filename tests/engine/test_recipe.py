"""Recipes: ours are cross-validations, and what is none is refused with the reason."""

import json
from pathlib import Path

import pytest
from tiny_recipe import PARTS, ROOT, write, write_recipe

from clef_mm.engine.recipe import RecipeError, check_recipe, load_stage, read_recipe

RECIPES = sorted((ROOT / 'configs/recipes').glob('*.py'))


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder with two stages and a recipe; the data is not there."""
    monkeypatch.chdir(tmp_path)
    write_recipe(tmp_path, tmp_path / 'nowhere')
    return tmp_path / 'own'


@pytest.mark.parametrize('path', RECIPES, ids=lambda path: path.stem)
def test_our_recipes_are_sound(path):
    recipe = read_recipe(path)
    check_recipe(recipe)
    first = path.stem.split('_')[0]
    assert recipe.table == (first if first.startswith('table') else None)
    assert recipe.seeds == (0,)
    name = path.relative_to(ROOT).as_posix()
    docstring = path.read_text().split('"""')[1]
    assert f'python tools/crossval.py {name}' in docstring
    assert 'Expect ' in docstring


def test_there_is_a_recipe_for_every_row_of_the_tables():
    tables = [path.stem.split('_')[0] for path in RECIPES]
    counts = {name: tables.count(name) for name in tables if name.startswith('table')}
    assert counts == {'table2': 1, 'table3': 1, 'table4': 3, 'table5': 4, 'table6': 26}


def test_stages_are_found_from_the_recipes_folder(own, monkeypatch):
    recipe = read_recipe('own/recipe.py')
    assert recipe.stages == (Path('own/first.py'), Path('own/second.py'))
    assert (recipe.folds, recipe.seeds, recipe.table) == ((1, 2), (0,), None)
    check_recipe(recipe)


@pytest.mark.parametrize(
    ('entries', 'message'),
    [
        (dict(folds=[1]), r'BP4D has folds 1 to 2, the recipe has \[1\]'),
        (dict(folds=[1, 2, 3]), 'no fold 3|folds 1 to 2'),
        (dict(folds=[]), 'folds 1 to 2, the recipe has none'),
        (dict(folds=[1, 1, 2]), 'folds has 1 twice'),
        (dict(folds=[1, 2], seeds=[0, 0]), 'seeds has 0 twice'),
        (dict(folds=[1, 2], sedes=[0]), "has 'sedes'; did you mean 'seeds'"),
        (dict(), 'does not say folds'),
        (dict(folds=[1, 2], stages=['third.py']), 'no stage own/third.py'),
        (dict(folds=[1, 2], stages=[]), 'has no stages'),
        (dict(folds=3), 'folds is 3, not a list'),
        (dict(folds=['1', '2']), r"folds\[0\] is '1', not of type int"),
        (dict(folds=[1, 2], seeds=0), 'seeds is 0, not a list'),
        (dict(folds=[1, 2], seeds=[]), 'seeds is empty'),
    ],
)
def test_mistakes_in_a_recipe_are_named(own, entries, message):
    path = write(own, 'mine', **entries)
    with pytest.raises(RecipeError, match=message):
        check_recipe(read_recipe(path))


def test_one_stage_that_is_no_list_is_named(own):
    path = own / 'mine.py'
    path.write_text("name = 'tiny'\nstages = 'first.py'\nfolds = [1, 2]\n")
    with pytest.raises(RecipeError, match=r'stages is .*, not a list'):
        read_recipe(path)


def test_a_missing_recipe():
    with pytest.raises(RecipeError, match=r'no recipe nowhere\.py'):
        read_recipe('nowhere.py')


def test_a_stage_that_does_not_start_from_the_one_before_is_refused(own):
    path = write(own, 'mine', ['second.py', 'first.py'], folds=[1, 2])
    with pytest.raises(RecipeError, match=r'starts from None, not from .*second_fold1'):
        check_recipe(read_recipe(path))


def test_a_stage_that_trains_on_those_tested_is_refused(own):
    """Stage 1 on everybody: its own file leaves the split out."""
    stage = own / 'first.py'
    stage.write_text(
        stage.read_text()
        + 'train_dataloader.dataset.split = None\n'
        + 'train_dataloader.dataset.preset = None\n'
    )
    with pytest.raises(RecipeError, match=r'first\.py trains on people .* BP4D/F001'):
        check_recipe(read_recipe('own/recipe.py'))


def test_a_stage_of_another_preset_is_refused(own):
    """Its fold 1 tests others, so that it trains on some of those tested here."""
    others = [PARTS[0][:2] + PARTS[1][:2], PARTS[0][2:] + PARTS[1][2:]]
    (own / 'others.json').write_text(json.dumps(dict(dataset='BP4D', parts=others)))
    stage = own / 'first.py'
    stage.write_text(stage.read_text().replace('own/parts', 'own/others'))
    with pytest.raises(RecipeError, match='trains on people that fold 1 tests'):
        check_recipe(read_recipe('own/recipe.py'))


def test_folds_that_test_the_same_people_are_refused(own):
    """The last stage knows no folds: all of them would be the same one."""
    stage = own / 'second.py'
    stage.write_text(
        stage.read_text()
        .replace(
            'fold = 1\n',
            'train_dataloader.dataset.fold = 1\ntest_dataloader.dataset.fold = 1\n',
        )
        .replace("'work_dirs/first_fold{fold}'", 'None')
    )
    path = write(own, 'mine', ['second.py'], folds=[1, 2])
    with pytest.raises(RecipeError, match='folds 1 and 2 overlap: both test BP4D/F001'):
        check_recipe(read_recipe(path))


def test_a_last_stage_that_is_not_tested_is_refused(own):
    stage = own / 'second.py'
    nothing = 'test_dataloader = None\ntest_evaluator = None\ntest_cfg = None\n'
    stage.write_text(stage.read_text() + nothing)
    with pytest.raises(RecipeError, match=r'nothing tests .*second\.py'):
        check_recipe(read_recipe('own/recipe.py'))


def test_a_stage_without_folds_is_the_same_for_all():
    path = ROOT / 'configs/clef/clef_pretrain_vitb16_bp4d_plus_all.py'
    homes = {load_stage(path, fold).work_dir for fold in (None, 1, 2)}
    assert homes == {'work_dirs/clef_pretrain_vitb16_bp4d_plus_all'}
    path = ROOT / 'configs/clef/clef_vitb16_bp4d.py'
    assert load_stage(path, 3, {'model.label_weight': 1.0}).fold == 3
