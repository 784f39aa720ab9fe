"""The paper's tables as data: complete, and checked against themselves."""

import pytest

from clef_mm.datasets.names import CLASSES, find_dataset
from clef_mm.errors import UserError
from clef_mm.evaluation.published import read_table, table_names

TABLES = table_names()
# Rows whose printed Avg is not the mean of the printed columns: printed, mean. Numbers
# rounded to a tenth can differ from their rounded mean by a tenth, no more.
WRONG_AVERAGES = {
    ('table2', 'EAC'): (55.9, 55.58),
    ('table3', 'EAC'): (48.5, 57.41),
    ('table4', 'ViT'): (61.6, 61.76),
    ('table4', 'CLEF'): (63.1, 62.71),
}
# Columns whose printed brackets are not on the second best: where they are, and belong.
WRONG_BRACKETS = {
    ('table3', 'AU4'): ({'PIAP', 'ANFL'}, {'FAUT'}),
    ('table3', 'AU6'): ({'SEV-Net'}, {'ANFL'}),
    ('table3', 'AU9'): ({'CLEF'}, {'ANFL'}),
    ('table3', 'AU26'): ({'KSRL'}, {'JAA-Net'}),
    ('table4', 'AU2'): ({'CLIP'}, {'SEV-Net'}),
    ('table4', 'AU6'): ({'CLEF'}, {'JAA', 'CLEF'}),
    ('table4', 'AU12'): ({'ViT', 'CLIP'}, {'JAA'}),
}


@pytest.mark.parametrize(
    ('name', 'rows', 'columns', 'total'),
    [
        ('table2', 10, 13, 65.9),
        ('table3', 10, 9, 64.8),
        ('table4', 7, 13, 63.1),
        ('table5', 7, 4, 89.74),
        ('table6', 13, 2, 90.09),
    ],
)
def test_tables_are_complete(name, rows, columns, total):
    table = read_table(name)
    assert (len(table.rows), len(table.columns)) == (rows, columns)
    last = table.rows[-1]
    assert (last.method, last.reference, last.reproduced) == ('CLEF', None, True)
    assert last.values[table.columns[-1]] == total
    for row in table.rows:
        assert tuple(row.values) == table.columns
        assert row.citation
        assert row.source in (f'Table {name[-1]}', 'poster')
        for column, value in row.values.items():
            if value is None:
                assert name == 'table5'
                continue
            assert 0 < value < 100
            assert value == round(value, table.benchmark_of(column).decimals)


def test_only_table_5_has_gaps():
    gaps = {
        (row.method, column)
        for row in read_table('table5').rows
        for column, value in row.values.items()
        if value is None
    }
    assert gaps == {
        *(('RAN', 'AN-8'), ('RUL', 'AN-8')),
        *(('DMUE', 'AN-7'), ('EAC', 'AN-8')),
    }


@pytest.mark.parametrize('name', TABLES[:3])
def test_averages_are_those_of_their_row_but_for_the_known_ones(name):
    found = {}
    for row in read_table(name).rows:
        *units, average = row.values.values()
        mean = sum(units) / len(units)
        if abs(mean - average) > 0.1:
            found[name, row.method] = (average, round(mean, 2))
            assert f'the printed Avg is {average}' in row.remark
            assert row.remark.endswith(f'printed columns is {mean:.1f}')
        else:
            assert 'Avg' not in row.remark
    assert found == {k: v for k, v in WRONG_AVERAGES.items() if k[0] == name}


@pytest.mark.parametrize('name', TABLES[:4])
def test_brackets_are_on_the_second_best_but_for_the_known_ones(name):
    table, found = read_table(name), {}
    for column in table.columns:
        values = {
            row.method: row.values[column]
            for row in table.rows
            if row.values[column] is not None
        }
        second = sorted(set(values.values()))[-2]
        belong = {method for method, value in values.items() if value == second}
        printed = {row.method for row in table.rows if column in row.bracketed}
        if printed != belong:
            found[name, column] = (printed, belong)
    assert found == {k: v for k, v in WRONG_BRACKETS.items() if k[0] == name}
    assert [remark.split(':')[0] for remark in table.remarks] == [k[1] for k in found]


def test_table_6_agrees_with_the_tables_it_repeats():
    whole = read_table('table6').rows[-1]
    assert whole.components == ('PA', 'PI', 'I', 'N', 'D')
    assert whole.values['BP4D'] == read_table('table2').rows[-1].values['Avg']
    assert whole.values['RAF-DB'] == read_table('table5').rows[-1].values['RAF-DB']


def test_components_of_table_6():
    rows = read_table('table6').rows
    assert len({row.name for row in rows}) == len(rows)
    assert all(row.reproduced and 'I' in row.components for row in rows)
    # Texts of activities are never used without the pairs of images.
    assert all('PI' in row.components for row in rows if 'PA' in row.components)
    posters = [row for row in rows if row.source == 'poster']
    assert [row.name for row in posters] == ['CLEF PA+PI+I+D']
    assert posters[0].values == {'BP4D': 65.7, 'RAF-DB': 89.73}
    assert 'poster' in posters[0].remark


def test_methods_to_reproduce():
    assert {
        name: [row.method for row in read_table(name).rows if row.reproduced]
        for name in TABLES[:4]
    } == {
        'table2': ['CLEF'],
        'table3': ['CLEF'],
        'table4': ['ViT', 'CLIP', 'CLEF'],
        'table5': ['CLEF'],
    }


def test_one_method_has_one_reference_everywhere():
    rows = [row for name in TABLES for row in read_table(name).rows]
    cited = {}
    for row in rows:
        cited.setdefault(row.reference, set()).add(row.citation)
    assert all(len(citations) == 1 for citations in cited.values())
    # Two methods are called EAC; the table of expressions says so.
    references = {row.reference for row in rows if row.method == 'EAC'}
    assert references == {26, 59}
    assert 'another EAC' in read_table('table5').rows[-2].remark


def test_columns_are_measured_on_datasets_of_this_package():
    benchmarks = [part for name in TABLES for part in read_table(name).benchmarks]
    known = {cls.METAINFO['dataset']: cls for cls in map(find_dataset, CLASSES)}
    for part in benchmarks:
        labels = known[part.dataset].METAINFO.get('au_names')
        if part.measure == 'f1':
            assert set(part.labels) <= set(labels)
            assert part.folds == tuple(range(1, len(part.folds) + 1))
        else:
            assert set(part.labels) <= set(known[part.dataset].CODES.values())
            assert part.folds == ()
    assert {part.total: len(part.labels) for part in benchmarks[3:7]} == {
        **{'AN-7': 7, 'AN-8': 8},
        **{'RAF-DB': 7, 'FER+': 8},
    }


@pytest.mark.parametrize(
    ('table', 'name', 'row'),
    [
        ('table2', 'CLEF', 'CLEF'),
        ('table6', 'CLEF', 'CLEF PA+PI+I+N+D'),
        ('table6', 'CLEF PI+I', 'CLEF PI+I'),
        ('table6', 'CLIP', 'CLIP'),  # of three rows, none has every component
        ('table6', 'another', 'another'),
    ],
)
def test_names_of_rows(table, name, row):
    assert read_table(table).row_name(name) == row


def test_unknown_table():
    with pytest.raises(UserError, match=r"'tabel2'.*did you mean 'table2'"):
        read_table('tabel2')


def test_tables_cannot_be_changed_by_a_reader():
    table = read_table('table2')
    with pytest.raises(TypeError):
        table.rows[0].values['AU1'] = 100.0
