"""Every command and every claim of docs/cross_dataset.md."""

import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest

from clef_mm.datasets import BP4D, DISFA, BP4DPlus, FERPlus
from clef_mm.engine.recipe import check_recipe, read_recipe

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs/cross_dataset.md').read_text(encoding='utf-8')
_CROSS = 'configs/cross_dataset'
_RECIPE = 'python tools/crossval.py configs/recipes/cross_bp4d_to_disfa.py'
_ALIGNED = '--data-root bp4d=data/bp4d_aligned disfa=data/disfa_aligned'

# Command: what it says where the licensed data is not.
WITHOUT_DATA = {
    f'{_RECIPE} --dry-run': 'stage 2: bp4d_to_disfa',
    f'{_RECIPE} {_ALIGNED}': 'data/bp4d_aligned/ is missing',
    f'python tools/train.py {_CROSS}/bp4d_to_disfa.py': (
        'python tools/train.py configs/cross_dataset/clef_pretrain_vitb16_bp4d_all.py'
    ),
    f'python tools/test.py {_CROSS}/bp4d_to_disfa.py work_dirs/bp4d_to_disfa': (
        'data/disfa/ is missing'
    ),
    f'python tools/dataset_tools/browse.py {_CROSS}/all_but_disfa.py --data-root '
    'bp4d=data/bp4d_aligned bp4d_plus=data/bp4d_plus_aligned '
    'disfa=data/disfa_aligned': 'data/bp4d_plus_aligned/ is missing',
}
# Command: what makes it quick, and what it says. Run in this order.
_MAKE = 'python tools/dataset_tools/make_synthetic.py'
_QUICK = '--cfg-options train_cfg.max_epochs=1 train_dataloader.batch_size=8'
_TINY = (f'{_CROSS}/tiny_bp4d_to_disfa', f'{_CROSS}/tiny_all_but_disfa')
ON_STAND_INS = {
    f'{_MAKE} bp4d data/synthetic/bp4d': (
        '--subjects 6 --frames-per-sequence 2 --size 32 --workers 1',
        'not BP4D itself',
    ),
    f'{_MAKE} bp4d_plus data/synthetic/bp4d_plus': (
        '--subjects 2 --frames-per-sequence 4 --size 32 --workers 1',
        'not BP4D+ itself',
    ),
    f'{_MAKE} disfa data/synthetic/disfa': (
        '--subjects 2 --frames-per-video 20 --size 32 --workers 1 --cameras left',
        'not DISFA itself',
    ),
    'python tools/train.py configs/demo/clef_pretrain_tiny_bp4d_fold1.py --resume': (
        f'{_QUICK} train_dataloader.sampler.block=2',
        'activity-balanced',
    ),
    f'python tools/train.py {_TINY[0]}.py': (_QUICK, 'DISFA all (2 subjects)'),
    f'python tools/test.py {_TINY[0]}.py work_dirs/tiny_bp4d_to_disfa': (
        '',
        'SYNTHETIC DATA',
    ),
    f'python tools/train.py {_TINY[1]}.py': (
        _QUICK,
        'dataset-balanced, BP4D and BP4DPlus',
    ),
    f'python tools/test.py {_TINY[1]}.py work_dirs/tiny_all_but_disfa': (
        '',
        'SYNTHETIC DATA',
    ),
}


def blocks(language):
    return re.findall(rf'```{language}\n(.*?)```', PAGE, re.DOTALL)


@pytest.fixture
def typed(monkeypatch, tmp_path, capfd):
    """Type a command in a folder without data; return what it says."""
    for folder in ('tools', 'configs'):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)

    def type_in(command, more=''):
        script, *words = shlex.split(f'{command} {more}')[1:]
        monkeypatch.setattr(sys, 'argv', [script, *words])
        ended = ''
        try:
            runpy.run_path(script, run_name='__main__')
        except SystemExit as error:
            ended = str(error.code or '')
        out, err = capfd.readouterr()
        return out + err + ended

    return type_in


def test_every_command_is_known_to_this_test():
    lines = {line for block in blocks('bash') for line in block.splitlines() if line}
    assert lines == {*WITHOUT_DATA, *ON_STAND_INS}


@pytest.mark.parametrize('command', WITHOUT_DATA)
def test_commands_where_the_licensed_data_is_not(command, typed):
    assert WITHOUT_DATA[command] in typed(command)


@pytest.mark.slow
def test_commands_on_stand_ins(typed):
    for command, (more, says) in ON_STAND_INS.items():
        assert says in typed(command, more), command
    assert Path('work_dirs/tiny_all_but_disfa/test/metrics.json').is_file()


def test_the_table_of_units():
    header, _, bp4d, coded, usual = (
        [cell.strip() for cell in line.split('|')[2:-1]]
        for line in re.search(r'(\| \| AU1 .*?)\n\n', PAGE, re.DOTALL)[1].splitlines()
    )
    units = [f'AU{cell.removeprefix("AU")}' for cell in header]

    def marked(cells):
        return {unit for unit, cell in zip(units, cells, strict=True) if cell == '•'}

    assert marked(bp4d) == set(BP4D.CODED_AUS) == set(BP4DPlus.METAINFO['au_names'])
    assert marked(coded) == set(DISFA.CODED_AUS)
    assert marked(usual) == set(DISFA.METAINFO['au_names'])


def test_every_cell_is_a_recipe_of_its_row_and_column():
    named = re.findall(r'`((?:cross|table)\w+)`', PAGE)
    cross = {name for name in named if name.startswith('cross_')}
    recipes = ROOT / 'configs/recipes'
    assert cross == {path.stem for path in recipes.glob('cross_*.py')}
    for name in set(named):
        check_recipe(read_recipe(recipes / f'{name}.py'))
    for table in re.findall(r'\| train ↓.*?\n\n', PAGE, re.DOTALL):
        header, _, *rows = (line.split('|')[1:-1] for line in table.split('\n')[:-2])
        for first, *cells in rows:
            for column, cell in zip(header[1:], cells, strict=True):
                row, column, name = (word.strip(' `') for word in (first, column, cell))
                title = f'CLEF, {row} to {column}'
                if row.startswith('all but'):
                    title = f'CLEF, all but {column}'
                if row != column:
                    assert read_recipe(recipes / f'{name}.py').name == title


def test_the_options_as_shown(tmp_path):
    shown = eval(  # the lines are of this repository
        f'[{",".join(blocks("python")[0].splitlines())}]',
        {'DISFA': DISFA, 'FERPlus': FERPlus},
    )
    names = []
    for options in shown:
        kind = options.pop('type')
        info = kind(**options, lazy_init=True).metainfo
        names.append(info.get('au_names') or info['expressions'])
    assert names == [
        ('AU1', 'AU2', 'AU4', 'AU6', 'AU12'),
        ('AU1', 'AU7'),
        ('happiness', 'anger'),
    ]
