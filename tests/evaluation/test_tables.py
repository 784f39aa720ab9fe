"""Our rows beside published ones: what is ranked, refused, blank, and how written."""

import csv
import io
import itertools
import re

import numpy as np
import pytest
from made_results import made_result, predictions_of_fold

from clef_mm.errors import UserError
from clef_mm.evaluation import aggregate, read_summary
from clef_mm.evaluation.published import read_table
from clef_mm.evaluation.summary import Summary
from clef_mm.evaluation.tables import FORMATS, compare, write
from clef_mm.evaluation.tables.latex import escaped
from clef_mm.evaluation.tables.ranking import marks

AUS = read_table('table2').benchmarks[0].labels
SEVEN = read_table('table5').benchmarks[0].labels
CROP = {'name': 'aligned', 'hash': 'abc123def456'}
NOTICE = 'SYNTHETIC DATA: the images are generated; this is not a result on BP4D.'
FORM_NAMES = list(FORMATS)


def metric(mean, std=None, interval=None):
    return {
        **{'mean': mean, 'std': std, 'interval': interval},
        **{'pooled': mean, 'folds': {'1': [mean]}},
    }


def protocol(labels=AUS, **changes):
    return {
        'dataset': 'BP4D',
        'split': 'test',
        'preset': 'jaanet',
        'crop': CROP,
        'every': [1],
        'threshold': {'rule': 'fixed', 'values': dict.fromkeys(labels, 0.5)},
        'epoch_rule': 'last',
        'labels': list(labels),
        'subjects': ['F001'],
        **changes,
    }


def of_units(mean=0.6, name='CLEF', labels=AUS, **changes):
    """A summary of three folds of BP4D: each AU scores the mean."""
    scores = {f'au_f1/{label}': metric(mean) for label in labels}
    fields = {
        'name': name,
        'table': 'table2',
        'recipe': None,
        'measure': 'f1',
        'dataset': 'BP4D',
        'folds': [1, 2, 3],
        'seeds': [0],
        'metrics': {**scores, 'au_f1/mean': metric(mean)},
        'protocol': protocol(labels),
        'oracle': [],
        'notice': None,
    }
    return Summary(**{**fields, **changes})


def of_expressions(accuracy=0.9, dataset='RAF-DB', labels=SEVEN, **changes):
    fields = {
        'measure': 'accuracy',
        'dataset': dataset,
        'folds': [1],
        'metrics': {'expression/accuracy': metric(accuracy)},
        'protocol': protocol(labels, dataset=dataset, threshold=None, preset=None),
    }
    return of_units(table='table5', **{**fields, **changes})


def block_of(comparison, kind):
    return next(block for block in comparison.blocks if block.kind == kind)


def row_of(comparison, method):
    rows = (row for block in comparison.blocks for row in block.rows)
    return next(row for row in rows if row.method == method)


def best(comparison, column, mark='best'):
    return [
        row.method
        for block in comparison.blocks
        for row in block.rows
        if row.marks[column] == mark
    ]


def test_what_aggregation_writes_can_be_shown(tmp_path):
    results = [
        made_result(tmp_path, fold, predictions=predictions_of_fold(fold, names=AUS))
        for fold in (1, 2, 3)
    ]
    path = aggregate(results, 'CLEF', 'table2').write(tmp_path / 'summary.json')
    comparison = compare(read_table('table2'), {'mine': read_summary(path)})
    row = row_of(comparison, 'CLEF (ours)')
    for column in ('AU7', 'mean'):
        folds = [result.metrics[f'au_f1/{column}'] for result in results]
        shown = row.scores['Avg' if column == 'mean' else column].value
        assert shown == pytest.approx(100 * np.mean(folds))
    assert not row.unranked
    assert row.notes[0].startswith('Avg: 95 % interval, subjects resampled: ')
    assert 'preset jaanet' in block_of(comparison, 'ours').protocol


@pytest.mark.parametrize(
    ('values', 'expected'),
    [
        ([1.0, 3.0, 2.0], [None, 'best', 'second']),
        ([3.0, 3.0, 2.0, 2.0, 1.0], ['best', 'best', 'second', 'second', None]),
        ([65.94, 65.86, 65.8], ['best', 'best', 'second']),  # both print 65.9
        ([None, 2.0, 1.0], [None, 'best', 'second']),
        ([2.0, 2.0], ['best', 'best']),
        ([None, 2.0], [None, None]),  # there is nothing to be better than
        ([None, None], [None, None]),
        ([], []),
    ],
)
def test_marks(values, expected):
    assert marks(values, decimals=1) == expected


def test_marks_do_not_depend_on_the_order():
    values = (61.0, None, 63.3, 63.3, 58.4)
    by_value = dict(zip(values, marks(values, 1), strict=True))
    for order in itertools.permutations(values):
        assert marks(order, 1) == [by_value[value] for value in order]


def test_without_results_our_rows_are_blank():
    for name, ours in {'table2': 1, 'table3': 1, 'table4': 3, 'table6': 13}.items():
        comparison = compare(read_table(name), {})
        assert [block.kind for block in comparison.blocks] == ['published', 'ours']
        block = block_of(comparison, 'ours')
        assert len(block.rows) == ours
        assert not any(row.scores for row in block.rows)
        assert block.protocol == 'nothing was run yet'


def test_the_paper_marks_as_we_do_where_it_is_right():
    table = read_table('table2')
    for column in table.columns:
        bracketed = [row.method for row in table.rows if column in row.bracketed]
        assert best(compare(table, {}), column, 'second') == bracketed


def test_our_row_is_ranked_with_the_published_ones():
    comparison = compare(read_table('table2'), {'a.json': of_units(0.659)})
    assert best(comparison, 'Avg') == ['CLEF', 'CLEF (ours)']  # 65.9 twice
    assert best(comparison, 'Avg', 'second') == ['ANFL']
    assert best(comparison, 'AU2') == ['CLEF (ours)']
    assert best(comparison, 'AU2', 'second') == ['SEV-Net']
    row = row_of(comparison, 'CLEF (ours)')
    assert row.scores['AU1'].value == pytest.approx(65.9)
    assert (row.source, row.notes) == ('a.json', ())
    assert block_of(comparison, 'ours').protocol == (
        'mean of folds 1, 2, 3; split test; preset jaanet; F1 at the fixed threshold '
        '0.5; epoch last; crops aligned (abc123def456); images all'
    )


def test_a_row_that_the_paper_does_not_have_comes_last():
    summaries = {'a': of_units(0.5, 'SimCLR'), 'b': of_units(0.6)}
    rows = block_of(compare(read_table('table2'), summaries), 'ours').rows
    assert [row.method for row in rows] == ['CLEF (ours)', 'SimCLR (ours)']


@pytest.mark.parametrize(
    ('changes', 'note'),
    [
        (
            {'oracle': ['threshold chosen on the test frames']},
            'ORACLE, not ranked: threshold chosen on the test frames',
        ),
        ({'folds': [1, 3]}, 'not ranked: 2 of 3 folds, without fold 2'),
    ],
)
def test_what_cannot_be_compared_is_shown_but_never_best(changes, note):
    comparison = compare(read_table('table2'), {'a': of_units(0.99, **changes)})
    row = row_of(comparison, 'CLEF (ours)')
    assert row.scores['Avg'].value == pytest.approx(99)
    assert row.unranked == set(comparison.table.columns)
    assert row.notes == (note,)
    assert set(row.marks.values()) == {None}
    assert best(comparison, 'Avg') == ['CLEF']
    for form in FORM_NAMES:
        assert '99.0' in write(comparison, form)
        assert note in write(comparison, form)


def test_synthetic_rows_stand_apart():
    summaries = {
        'real': of_units(0.5),
        'synthetic': of_units(0.99, notice=NOTICE),
        'other': of_units(0.98, 'SimCLR', notice=NOTICE),
    }
    comparison = compare(read_table('table2'), summaries)
    assert [block.kind for block in comparison.blocks] == [
        'published',
        'ours',
        'synthetic',
    ]
    block = block_of(comparison, 'synthetic')
    assert block.heading == NOTICE
    assert [row.method for row in block.rows] == [
        'CLEF (synthetic)',
        'SimCLR (synthetic)',
    ]
    # Ranked among themselves, and what is real as if they were not there.
    assert [row.marks['Avg'] for row in block.rows] == ['best', 'second']
    alone = compare(read_table('table2'), {'real': summaries['real']})
    assert comparison.blocks[:2] == alone.blocks
    for form in FORM_NAMES:
        assert NOTICE in write(comparison, form).replace('\\', '')


def test_a_single_synthetic_row_is_not_called_best():
    comparison = compare(read_table('table2'), {'a': of_units(notice=NOTICE)})
    assert set(block_of(comparison, 'synthetic').rows[0].marks.values()) == {None}
    real = block_of(comparison, 'ours')
    assert [row.method for row in real.rows] == ['CLEF (ours)']
    assert real.rows[0].scores == {}


def test_seeds_and_intervals_are_shown():
    metrics = {
        **of_units().metrics,
        'au_f1/mean': metric(0.6512, std=0.0034, interval=[0.6301, 0.6698]),
    }
    summary = of_units(seeds=[0, 1, 2], metrics=metrics)
    comparison = compare(read_table('table2'), {'a': summary})
    assert row_of(comparison, 'CLEF (ours)').notes == (
        'Avg: mean ± std of seeds 0, 1, 2; 95 % interval, subjects resampled: 63.0 to '
        '67.0',
    )
    assert '65.1 ± 0.3' in write(comparison, 'terminal')
    assert r'65.1 $\pm$ 0.3' in write(comparison, 'latex')
    row = list(csv.DictReader(io.StringIO(write(comparison, 'csv'))))[-1]
    found = [row[f'Avg{x}'] for x in ('', ' std', ' low', ' high')]
    assert found == ['65.1', '0.3', '63.0', '67.0']


def test_a_score_that_does_not_exist_is_a_dash():
    metrics = {**of_units().metrics, 'au_f1/AU2': metric(None)}
    comparison = compare(read_table('table2'), {'a': of_units(metrics=metrics)})
    row = row_of(comparison, 'CLEF (ours)')
    assert row.scores['AU2'] is None
    assert row.marks['AU2'] is None
    assert re.search(r'CLEF \(ours\) +\*60.0\* +- +60.0', write(comparison, 'terminal'))
    assert row.scores['AU1'].value == pytest.approx(60)


def test_an_f1_by_convention_is_told():
    summary = of_units(unseen={'2': ['AU2', 'AU24']})
    row = row_of(compare(read_table('table2'), {'a': summary}), 'CLEF (ours)')
    (note,) = row.notes
    assert note.startswith('no test image of fold 2 is known to show AU2, AU24')


def test_one_row_of_expressions_is_made_of_several_datasets():
    eight = (*SEVEN, 'contempt')
    summaries = {
        'seven': of_expressions(0.66, 'AffectNet'),
        'eight': of_expressions(0.61, 'AffectNet', eight, oracle=['best on test']),
        'ferplus': of_expressions(0.9, 'FERPlus', eight),
    }
    comparison = compare(read_table('table5'), summaries)
    (row,) = block_of(comparison, 'ours').rows
    scores = {name: round(score.value) for name, score in row.scores.items()}
    assert scores == {'AN-7': 66, 'AN-8': 61, 'FER+': 90}
    assert row.notes == ('AN-8: ORACLE, not ranked: best on test',)
    # One number of the row flatters; the others are as good as any.
    assert row.marks == {'AN-7': 'best', 'AN-8': None, 'RAF-DB': None, 'FER+': 'best'}
    last = write(comparison, 'markdown').split('CLEF (ours)')[1].splitlines()[0]
    assert last.endswith('</sup> | **66.00** | 61.00 |  | **90.00** |')
    assert '| 59.50 | - | 86.90 |' in write(comparison, 'markdown')
    assert block_of(comparison, 'ours').protocol.startswith('AN-7: split test')


def test_components_are_ticked():
    summaries = {
        'a': of_units(0.6, 'CLEF PA+PI+I'),
        'b': of_units(0.61),
        'c': of_expressions(0.8, name='CLEF PA+PI+I'),
        'd': of_units(0.5, 'CLEF SimCLR'),
    }
    comparison = compare(read_table('table6'), summaries)
    rows = block_of(comparison, 'ours').rows
    given = {
        (row.method, row.components): [
            s and round(s.value) for s in row.scores.values()
        ]
        for row in rows
        if row.scores
    }
    assert given == {
        ('CLEF (ours)', ('PA', 'PI', 'I')): [60, 80],
        ('CLEF (ours)', ('PA', 'PI', 'I', 'N', 'D')): [61],
        ('CLEF SimCLR (ours)', ()): [50],
    }
    assert len(rows) == 14


@pytest.mark.parametrize(
    ('table', 'summary', 'reason'),
    [
        ('table3', of_units(), 'measured on BP4D, the table is of DISFA'),
        ('table2', of_expressions(dataset='BP4D'), 'gives the accuracy, .* the f1'),
        ('table2', of_units(labels=AUS[:5]), 'has the labels AU1, AU2, AU4, AU6, AU7,'),
        ('table2', of_units(folds=[1, 2, 3, 4]), 'has fold 4, the table is of folds'),
        ('table2', of_units(metrics={}), 'does not hold au_f1/AU1'),
        ('table5', of_expressions(labels=SEVEN[:6]), 'a mean over other labels'),
    ],
)
def test_what_does_not_fit_the_table_is_refused(table, summary, reason):
    with pytest.raises(UserError, match=rf'mine.json does not fit {table}.*{reason}'):
        compare(read_table(table), {'mine.json': summary})


DIFFERENT = [
    ({'preset': 'fera2015'}, 'preset: jaanet and fera2015'),
    ({'preset': None}, 'preset: jaanet and not stated'),
    (
        {'crop': {'name': 'box', 'hash': '0'}},
        r'crops: aligned \(abc123def456\) and box',
    ),
    ({'crop': {**CROP, 'hash': '0'}}, r'crops: aligned \(abc123def456\) and aligned'),
    ({'epoch_rule': 'best on test'}, 'epoch: last and best on test'),
    ({'split': 'val'}, 'split: test and val'),
    ({'every': [10]}, 'images: all and one in 10'),
    (
        {'threshold': {'rule': 'oracle', 'values': {}}},
        'threshold: the fixed threshold 0.5 and ORACLE thresholds',
    ),
    (
        {'threshold': {'rule': 'fixed', 'values': dict.fromkeys(AUS, 0.3)}},
        'the fixed threshold 0.5 and the fixed threshold 0.3',
    ),
]


@pytest.mark.parametrize(('changes', 'reason'), DIFFERENT)
@pytest.mark.parametrize('notice', [None, NOTICE])
def test_different_protocols_are_refused(changes, reason, notice):
    summaries = {
        'one.json': of_units(notice=notice),
        'two.json': of_units(name='other', protocol=protocol(**changes), notice=notice),
    }
    with pytest.raises(
        UserError, match=rf'one.json and two.json.*{reason}.*--separate'
    ):
        compare(read_table('table2'), summaries)


@pytest.mark.parametrize(('changes', 'reason'), DIFFERENT)
def test_different_protocols_in_blocks_of_their_own(changes, reason):
    summaries = {
        'one': of_units(0.99),
        'two': of_units(0.98, protocol=protocol(**changes)),
        'three': of_units(0.97, 'other'),
    }
    comparison = compare(read_table('table2'), summaries, separate=True)
    published, first, second = comparison.blocks
    assert [row.method for row in first.rows] == [
        'CLEF (ours, protocol 1)',
        'other (ours, protocol 1)',
    ]
    assert [row.method for row in second.rows] == ['CLEF (ours, protocol 2)']
    assert first.protocol != second.protocol
    # Each by itself, the published rows as they were printed.
    assert published == compare(read_table('table2'), {}).blocks[0]
    assert [row.marks['Avg'] for row in first.rows] == ['best', 'second']
    assert second.rows[0].marks['Avg'] is None
    text = write(comparison, 'terminal')
    assert 'Ours, protocol 1: mean of folds' in text
    assert 'Ours, protocol 2: ' in text


def test_tuned_thresholds_of_other_values_are_one_protocol():
    tuned = {'rule': 'validation', 'values': {}}
    other = {'rule': 'validation', 'values': dict.fromkeys(AUS, 0.4)}
    summaries = {
        'a': of_units(protocol=protocol(threshold=tuned)),
        'b': of_units(name='other', protocol=protocol(threshold=other)),
    }
    comparison = compare(read_table('table2'), summaries)
    assert len(comparison.blocks) == 2
    assert 'tuned on validation subjects' in comparison.blocks[1].protocol


def test_protocols_of_different_datasets_may_differ():
    summaries = {'a': of_units(), 'b': of_expressions()}
    comparison = compare(read_table('table6'), summaries)
    assert comparison.blocks[1].protocol.startswith('BP4D: mean of folds 1, 2, 3')
    assert '. RAF-DB: split test' in comparison.blocks[1].protocol


@pytest.mark.parametrize('separate', [False, True])
def test_two_summaries_of_one_row_are_refused(separate):
    with pytest.raises(
        UserError, match=r"a\.json and b\.json both fill the row 'CLEF'"
    ):
        compare(
            read_table('table2'),
            {'a.json': of_units(), 'b.json': of_units(0.7, folds=[1])},
            separate,
        )


def everything():
    """A comparison with all that can happen in a table."""
    odd = 'R&D_50% {~^} $x$ #1 <b> \\ |[*]'
    return compare(
        read_table('table2'),
        {
            'dir_a/x & y.json': of_units(0.66, seeds=[0, 1]),
            'b': of_units(0.5, odd, oracle=['chosen on 100 % of_the test frames']),
            'c': of_units(0.9, notice=NOTICE),
        },
    )


def test_csv_gives_back_every_number():
    comparison = everything()
    rows = list(csv.DictReader(io.StringIO(write(comparison, 'csv'))))
    expected = [(block, row) for block in comparison.blocks for row in block.rows]
    assert len(rows) == len(expected)
    for found, (block, row) in zip(rows, expected, strict=True):
        assert found['method'] == row.method
        assert found['block'] == block.heading
        assert found['protocol'] == block.protocol
        assert found['source'] == row.source
        assert found['notes'] == '; '.join(row.notes)
        assert found['not ranked'] == ('Avg' if row.unranked else '')
        for column, score in row.scores.items():
            assert float(found[column]) == pytest.approx(score.value, abs=0.05)


def test_csv_of_a_blank_table():
    text = write(compare(read_table('table6'), {}), 'csv')
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row['BP4D'] for row in rows[13:]] == [''] * 13
    ticks = [[row[c] for c in ('PA', 'PI', 'I', 'N', 'D')] for row in rows]
    assert ticks[:13] == ticks[13:]
    assert ticks[11] == ['x', 'x', 'x', '', 'x']


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('a_b & 5 %', r'a\_b \& 5 \%'),
        ('{x} #1 $', r'\{x\} \#1 \$'),
        ('\\', r'\textbackslash{}'),
        ('~^<>', r'\textasciitilde{}\textasciicircum{}\textless{}\textgreater{}'),
        ('1 ± 2', r'1 $\pm$ 2'),
        ('✓', r'$\checkmark$'),
        ('[26] plain, text', '[26] plain, text'),
    ],
)
def test_latex_escapes(text, expected):
    assert escaped(text) == expected


@pytest.mark.parametrize(
    'comparison',
    [everything(), compare(read_table('table6'), {})],
    ids=['everything', 'blank'],
)
def test_latex_is_well_formed(comparison):
    text = write(comparison, 'latex')
    body = re.sub(r'(?m)^%.*$', '', text)
    bare = re.sub(r'\\[\\{}&%$#_]', '', body)  # without escaped characters
    opened = re.findall(r'\\begin\{(\w+\*?)\}', bare)
    closed = re.findall(r'\\end\{(\w+\*?)\}', bare)
    assert sorted(opened) == sorted(closed)
    depth = 0
    for character in bare:
        depth += {'{': 1, '}': -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    assert bare.count('$') % 2 == 0
    assert not set('%#~<>') & set(bare.replace('}~', '}'))
    assert body.isascii()
    for rule in ('toprule', 'midrule', 'bottomrule'):
        assert body.count(f'\\{rule}') >= opened.count('tabular')
    # Every row has as many cells as its tabular has columns.
    for columns, rows in re.findall(
        r'\\begin\{tabular\}\{(\w+)\}(.*?)\\end\{tabular\}', body, re.DOTALL
    ):
        lines = [line for line in rows.splitlines() if line.endswith(r'\\')]
        assert len(lines) > 1
        for line in lines:
            cells = re.split(r'(?<!\\)&', line)
            assert len(cells) == len(columns)
            # A line that starts with a bracket is read as an option of \\.
            assert not line.startswith('[')


def test_latex_marks_as_the_paper():
    text = write(compare(read_table('table2'), {}), 'latex')
    line = next(line for line in text.splitlines() if line.startswith('{ANFL'))
    assert r'[80.1] & [85.3] & [89.2] & \textbf{69.4}' in line


def test_markdown_rows_have_as_many_cells_as_the_header():
    text = write(everything(), 'markdown')
    rows = [line for line in text.splitlines() if line.startswith('|')]
    assert len(rows) > 14
    assert {len(re.split(r'(?<!\\)\|', row)) for row in rows} == {16}
    assert r'R&D\_50% \{~^\} $x$ \#1 \<b\> \\ \|\[\*\] (ours)' in text
    assert '**65.9**' not in text  # ours is better
    assert r'\[65.9\]' in text


def test_terminal_lines_are_equally_wide():
    text = write(everything(), 'terminal')
    tables = text.split('*best*')[0]
    lines = [line for line in tables.splitlines() if '  ' in line]
    assert len(lines) > 13
    assert len({len(line) for line in lines if 'synthetic' not in line}) == 2
    notes = text.split('*best*')[1]
    assert all(len(line) <= 100 for line in notes.splitlines())


def test_footnotes_are_numbered_once_each():
    text = write(everything(), 'terminal')
    for number, note in (('¹', 'the printed Avg is 55.9'), ('³', 'ORACLE')):
        assert f'\n{number} {note}' in text
        assert len(re.findall(rf' {number} ', text.split('\n¹')[0])) == 1


@pytest.mark.parametrize('form', FORM_NAMES)
@pytest.mark.parametrize('table', ['table2', 'table3', 'table4', 'table5', 'table6'])
def test_every_table_says_how_it_was_measured(table, form):
    text = write(compare(read_table(table), {}), form)
    assert 'is not stated' in ' '.join(text.split())
    assert 'nothing was run yet' in text


def test_unknown_format():
    with pytest.raises(UserError, match=r"'latax'.*did you mean 'latex'"):
        write(everything(), 'latax')
