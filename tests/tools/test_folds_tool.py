"""tools/dataset_tools/folds.py as a user calls it."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / 'tools' / 'dataset_tools' / 'folds.py'


@pytest.fixture
def call(monkeypatch, capsys):
    """Return a function that runs the tool and returns what it printed."""

    def run(*words):
        monkeypatch.setattr(sys, 'argv', [str(SCRIPT), *map(str, words)])
        runpy.run_path(str(SCRIPT), run_name='__main__')
        return capsys.readouterr().out

    return run


def cells(printed, first):
    """Return the cells of the table row that begins with ``first``."""
    rows = ([cell.strip() for cell in row.split('|')] for row in printed.splitlines())
    return next(row[1:-1] for row in rows if len(row) > 2 and row[1] == first)


def test_help_comes_before_any_heavy_import():
    done = subprocess.run(
        [sys.executable, '-X', 'importtime', str(SCRIPT), '--help'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert '--hold-out' in done.stdout
    imported = {line.rsplit('|', 1)[-1].strip() for line in done.stderr.splitlines()}
    assert 'argparse' in imported
    assert not imported & {'numpy', 'torch', 'mmengine', 'prettytable'}


def test_presets_and_their_numbering_need_no_data(call):
    printed = call('bp4d')
    assert cells(printed, 'jaanet (default)')[1:5] == [
        *('3', '41', '23 / 18', '14 + 14 + 13')
    ]
    assert cells(printed, 'fera2015')[1] == '1'
    assert 'FERA 2015' in printed
    assert cells(printed, 'ME-GraphAU')[1:] == ['fold3', 'fold2', 'fold1']
    assert 'unknown' in cells(call('DISFA'), 'jaanet (default)')
    assert cells(call('BP4D+'), 'bigsmall')[4] == '46 + 47 + 47'


def test_a_fold_lists_its_subjects(call):
    printed = call('BP4D', '--fold', 3, '--hold-out', 2)
    assert 'BP4D, fold 3 of jaanet' in printed
    assert [cells(printed, split)[1] for split in ('train', 'val', 'test')] == [
        *('26', '2', '13')
    ]
    assert cells(printed, 'test')[2].startswith('F004 F006 F007')
    printed = call('BP4D', '--fold', 1, '--preset', 'fera2015')
    assert cells(printed, 'test')[2].startswith('F002 F004 F006')


def test_frames_and_rates_of_a_fold(call, synthetic_bp4d):
    printed = call('BP4D', '--fold', 1, '--hold-out', 1, '--data-root', synthetic_bp4d)
    assert 'SYNTHETIC stand-in' in printed
    assert cells(printed, 'subjects')[1:] == [*('5 of 26', '1', '4 of 14', '10 of 41')]
    frames = [int(cell) for cell in cells(printed, 'frames')[1:]]
    assert sum(frames[:3]) == frames[3] == count_label_rows(synthetic_bp4d, 'AU4')[0]
    rate = float(cells(printed, 'AU4')[-1].removesuffix(' %'))
    assert rate == pytest.approx(count_label_rows(synthetic_bp4d, 'AU4')[1], abs=0.06)


def count_label_rows(root, unit):
    """Return frames and the rate in per cent of an AU, read from the files."""
    codes = []
    for path in sorted((root / 'AUCoding' / 'AU_OCC').glob('*.csv')):
        header, *rows = (line.split(',') for line in path.read_text().split())
        codes += [row[header.index(unit.removeprefix('AU'))] for row in rows]
    return len(codes), 100 * codes.count('1') / (len(codes) - codes.count('9'))


def test_parts_are_generated_shown_and_used(call, synthetic_bp4d, tmp_path):
    path = tmp_path / 'my_split.json'
    data = ('BP4D', '--data-root', synthetic_bp4d)
    printed = call(*data, '--generate', 2, '--seed', 3, '--out', path)
    content = json.loads(path.read_text())
    assert f'id {content["id"]}' in printed
    assert cells(printed, 'subjects')[1:] == ['5', '5', '10']
    assert content['synthetic'] is True
    shown = call('BP4D', '--fold', 2, '--preset', path)
    assert cells(shown, 'test')[2].split() == content['parts'][1]
    assert content['id'] in call('BP4D', '--preset', path)


def test_subjects_that_a_preset_lacks_are_named(call, synthetic_bp4d, tmp_path):
    path = tmp_path / 'few.json'
    path.write_text(json.dumps({'dataset': 'BP4D', 'parts': [['F001'], ['M001']]}))
    printed = call('BP4D', '--preset', path, '--data-root', synthetic_bp4d)
    assert 'in no part: F002 F003 F004 F005 F007 M002 M003 M004\n' in printed


def test_a_dataset_of_ones_own(call, tmp_path, monkeypatch):
    (tmp_path / 'my_faces_for_folds.py').write_text(
        'from clef_mm.datasets import FaceDataset\n'
        'from clef_mm.registry import DATASETS\n'
        '@DATASETS.register_module()\n'
        'class FacesForFolds(FaceDataset):\n'
        '    METAINFO = dict(dataset="FacesForFolds", au_names=("AU1",))\n'
        '    def load_frames(self):\n'
        '        return [\n'
        '            dict(img_path=f"{s}.png", subject=s, sequence="1", frame=f,\n'
        '                 gt_aus=[(n + f) % 2])\n'
        '            for n, s in enumerate("abcdef") for f in range(4)]\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / 'mine.json'
    words = ('FacesForFolds', '--import', 'my_faces_for_folds')
    words += ('--data-root', tmp_path, '--generate', 3, '--out', path)
    assert cells(call(*words), 'AU1')[1:] == ['50.0 %'] * 4
    shown = call('FacesForFolds', '--fold', 1, '--preset', path)
    assert cells(shown, 'test')[1] == '2'


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (['BP4D', '--fold', '4'], 'no fold 4'),
        (['BP4D', '--preset', 'jaa'], "did you mean 'jaanet'"),
        (['BP4D', '--preset', 'none.json'], 'no split file none.json'),
        (['Nobody'], "no folds for 'Nobody'"),
        (['BP4D', '--data-root', 'nowhere'], 'nowhere'),
        (['Nobody', '--generate', '2', '--out', 'x.json'], '--import MODULE'),
        (
            ['X', '--generate', '2', '--out', 'x.json', '--import', 'no_such'],
            'PYTHONPATH',
        ),
    ],
)
def test_a_users_mistake_ends_with_one_message(call, words, message):
    if '--generate' in words:
        words = [*words, '--data-root', 'nowhere']
    with pytest.raises(SystemExit, match='error: ') as caught:
        call(*words)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    'words',
    [
        [],
        ['BP4D', '--generate', '3'],
        ['BP4D', '--generate', '3', '--out', 'x.json'],
        ['BP4D', '--hold-out', '3'],
        ['BP4D', '--fold', '1', '--generate', '3', '--out', 'x', '--data-root', 'y'],
    ],
)
def test_words_that_do_not_go_together_are_a_usage_error(call, words, capsys):
    with pytest.raises(SystemExit) as caught:
        call(*words)
    assert caught.value.code == 2
    assert 'usage:' in capsys.readouterr().err
