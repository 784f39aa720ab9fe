"""tools/report.py and what it calls: files in, tables and pictures out."""

import csv
import runpy
import sys
from pathlib import Path

import pytest

from clef_mm.errors import UserError
from clef_mm.evaluation.paper_tables import compare_all, read_summaries, write_all
from clef_mm.evaluation.published import read_table, table_names
from clef_mm.evaluation.summary import Summary

ROOT = Path(__file__).resolve().parents[2]
AUS = read_table('table2').benchmarks[0].labels
NOTICE = 'SYNTHETIC DATA: the images are generated; this is not a result on BP4D.'


def summary(**changes):
    def metric(value):
        folds = {str(fold): [value] for fold in (1, 2, 3)}
        ends = [value - 0.05, value + 0.05]
        spread = {'std': None, 'interval': ends, 'pooled': value}
        return {'mean': value, 'folds': folds, **spread}

    fields = {
        **{'name': 'CLEF', 'table': 'table2', 'recipe': None, 'measure': 'f1'},
        **{'dataset': 'BP4D', 'folds': [1, 2, 3], 'seeds': [0]},
        'metrics': {f'au_f1/{name}': metric(0.6) for name in (*AUS, 'mean')},
        'protocol': {
            **{'dataset': 'BP4D', 'split': 'test', 'preset': 'jaanet', 'crop': None},
            **{'threshold': None, 'epoch_rule': 'last', 'labels': list(AUS)},
        },
        **{'oracle': [], 'notice': None},
    }
    return Summary(**{**fields, **changes})


@pytest.fixture
def report(monkeypatch, tmp_path, capsys):
    """Call the tool in an empty folder as a command line does; return what it says."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr(sys, 'argv', ['report.py', *map(str, words)])
        runpy.run_path(str(ROOT / 'tools/report.py'), run_name='__main__')
        said = capsys.readouterr()
        return said.out + said.err

    return call


def test_without_summaries_every_table_is_blank(report):
    printed = report()
    titles = [line for line in printed.splitlines() if line.startswith('Table ')]
    assert [title[6] for title in titles] == list('23456')
    assert printed.count('nothing was run yet') == 5


def test_summaries_go_to_the_tables_that_they_name(report):
    summary().write('a/summary.json')
    summary(name='CLEF PA+PI+I', table='table6').write('b/summary.json')
    printed = report('b/summary.json', 'a')  # a folder will do
    assert printed.index('Table 2') < printed.index('Table 6')
    assert 'Table 3' not in printed
    assert printed.count('60.0') == len(AUS) + 3  # JAA-Net has it once


def test_a_table_can_be_chosen(report):
    summary().write('summary.json')
    printed = report('summary.json', '--table', 'table6', '--format', 'csv')
    rows = list(csv.DictReader(printed.splitlines()))
    assert [row['BP4D'] for row in rows][-1] == '60.0'
    assert {row[c] for row in rows[-1:] for c in ('PA', 'PI', 'I', 'N', 'D')} == {'x'}


def test_everything_is_written(report, tmp_path):
    summary().write('work_dirs/crossval/real/summary.json')
    summary(notice=NOTICE).write('synthetic.json')
    printed = report(
        'work_dirs/crossval/real/summary.json', 'synthetic.json', '--out', 'new/report'
    )
    out = tmp_path / 'new/report'
    written = {str(p.relative_to(out)) for p in out.rglob('*') if p.is_file()}
    assert written == {
        *(f'table2.{ending}' for ending in ('txt', 'md', 'csv', 'tex')),
        *('real/per_au_f1.png', 'real/fold_spread.png'),
        *('synthetic/per_au_f1.png', 'synthetic/fold_spread.png'),
    }
    assert all(str(Path('new/report', name)) in printed for name in written)
    for ending in ('txt', 'md', 'csv', 'tex'):
        assert NOTICE in (out / f'table2.{ending}').read_text(encoding='utf-8')


def test_only_real_results_are_drawn_beside_published_ones(tmp_path, monkeypatch):
    drawn = {}

    def draw(summary, place, published):
        drawn[place.name] = published
        return []

    monkeypatch.setattr('clef_mm.evaluation.paper_tables.plot_summary', draw)
    summaries = {
        'a/summary.json': summary(),
        'b/summary.json': summary(name='SimCLR'),
    }
    write_all(compare_all(summaries), summaries, tmp_path)
    assert drawn['a'] == pytest.approx(
        {name: read_table('table2').rows[-1].values[name] / 100 for name in AUS}
    )
    assert drawn['b'] is None


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (['missing.json'], 'there is no missing.json'),
        (['nowhere.json'], r'nowhere.json names no table of the paper: say which'),
        (['good.json', '--table', 'table3'], 'does not fit table3'),
        (['--table', 'table7'], "there is no table 'table7'"),
        (['good.json', 'other.json'], r'measured differently.*epoch: last and best'),
        (['good.json', 'again.json'], "both fill the row 'CLEF'"),
        (['broken.json'], 'broken.json is damaged'),
        (['no_summary.json'], 'no_summary.json is no summary'),
    ],
)
def test_mistakes_end_with_a_message(report, words, message):
    protocol = {**summary().protocol, 'epoch_rule': 'best on test'}
    summary().write('good.json')
    summary().write('again.json')
    summary(table=None).write('nowhere.json')
    summary(name='other', protocol=protocol).write('other.json')
    Path('broken.json').write_text('{')
    Path('no_summary.json').write_text('{}')
    with pytest.raises(SystemExit, match=message):
        report(*words)


def test_different_protocols_side_by_side_if_asked_for(report):
    protocol = {**summary().protocol, 'epoch_rule': 'best on test'}
    summary().write('good.json')
    summary(protocol=protocol).write('other.json')
    printed = report('good.json', 'other.json', '--separate')
    assert 'Ours, protocol 2: mean of folds 1, 2, 3; split test' in printed
    assert 'epoch best on test' in ' '.join(printed.split())


def test_pictures_of_two_summaries_in_one_folder_are_refused(tmp_path):
    summaries = {
        'x/run/summary.json': summary(),
        'y/run/summary.json': summary(name='SimCLR'),
    }
    with pytest.raises(UserError, match=r'x/run.* and y/run.* would both draw into'):
        write_all(compare_all(summaries), summaries, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / 'report').touch()
    with pytest.raises(UserError, match='report is a file: give a folder'):
        write_all([], {}, tmp_path / 'report')


def test_summaries_keep_their_order(tmp_path):
    paths = [str(tmp_path / name) for name in ('b.json', 'a.json')]
    for path in paths:
        summary().write(path)
    assert list(read_summaries(paths)) == paths
    assert len(compare_all({})) == len(table_names())


def test_help_answers_without_torch(monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['report.py', '--help'])
    monkeypatch.setitem(sys.modules, 'clef_mm.evaluation.paper_tables', None)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / 'tools/report.py'), run_name='__main__')
    assert ended.value.code == 0
    assert '--separate' in capsys.readouterr().out
