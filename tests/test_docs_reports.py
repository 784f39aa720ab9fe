"""Every command and every claim of docs/reports.md."""

import glob
import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest

from clef_mm.evaluation.published import read_table
from clef_mm.evaluation.summary import Summary

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs/reports.md').read_text(encoding='utf-8')
SUMMARY = 'work_dirs/crossval/table2_clef/summary.json'
# Command: what it says.
COMMANDS = {
    'python tools/report.py --table table2': 'Ours: nothing was run yet.',
    f'python tools/report.py {SUMMARY}': 'Ours: mean of folds 1, 2, 3',
    'python tools/report.py work_dirs/crossval/*/summary.json --out report': (
        'report/table2_clef/fold_spread.png'
    ),
    'python tools/report.py work_dirs/crossval/table2_clef --table table6 '
    '--format latex': r'\begin{tabular}{lrrrrrrr}',
}


def blocks(language):
    return re.findall(rf'```{language}\n(.*?)```', PAGE, re.DOTALL)


@pytest.fixture
def typed(monkeypatch, tmp_path, capsys):
    """Type a command in a folder with a summary; return what it says."""
    labels = read_table('table2').benchmarks[0].labels
    metric = {
        **{'mean': 0.6, 'std': None, 'interval': [0.5, 0.7], 'pooled': 0.6},
        'folds': {'1': [0.5], '2': [0.6], '3': [0.7]},
    }
    protocol = {
        **{'dataset': 'BP4D', 'split': 'test', 'preset': 'jaanet', 'crop': None},
        **{'threshold': None, 'epoch_rule': 'last', 'labels': list(labels)},
    }
    Summary(
        **{'name': 'CLEF', 'table': 'table2', 'recipe': None, 'measure': 'f1'},
        **{'dataset': 'BP4D', 'folds': [1, 2, 3], 'seeds': [0], 'oracle': []},
        metrics={f'au_f1/{name}': metric for name in (*labels, 'mean')},
        protocol=protocol,
        notice=None,
    ).write(tmp_path / SUMMARY)
    (tmp_path / 'tools').symlink_to(ROOT / 'tools')
    monkeypatch.chdir(tmp_path)

    def type_in(command):
        words = [
            path
            for word in shlex.split(command)[1:]
            for path in (sorted(glob.glob(word)) if '*' in word else [word])
        ]
        monkeypatch.setattr(sys, 'argv', words)
        runpy.run_path(words[0], run_name='__main__')
        said = capsys.readouterr()
        return said.out + said.err

    return type_in


def test_every_command_is_known_to_this_test():
    lines = {line for block in blocks('bash') for line in block.splitlines() if line}
    assert lines == set(COMMANDS)


@pytest.mark.parametrize(('command', 'message'), COMMANDS.items())
def test_commands(typed, command, message):
    assert message in typed(command)


def test_the_page_shows_the_blank_table_as_it_is(typed):
    assert blocks('text') == [typed('python tools/report.py --table table2')]


def test_the_example_in_python(capsys):
    (code,) = blocks('python')
    exec(compile(code, 'docs/reports.md', 'exec'), {})
    said = code.split('# ')[1].strip()
    assert capsys.readouterr().out.strip() == said


def test_the_errors_of_the_paper_are_those_in_the_data():
    shown = re.findall(r'\| (\d) \| (\w+) \| average ([\d.]+) \| ([\d.]+) \|', PAGE)
    remarks = [
        (name, row.method, *re.findall(r'[\d.]*\d', row.remark))
        for name in '234'
        for row in read_table(f'table{name}').rows
        if 'Avg' in row.remark
    ]
    assert shown == remarks
    for name, columns in re.findall(r'\| (\d) \| (AU[^|]+) \| second best', PAGE):
        remarks = read_table(f'table{name}').remarks
        assert columns.split(', ') == [remark.split(':')[0] for remark in remarks]
