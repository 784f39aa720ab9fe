"""The page of the study holds the numbers of the file beside it."""

import json
from pathlib import Path

import pytest

from clef_mm.study import charts
from clef_mm.study.page import BEGIN, END, PageError, tables, write_tables

DOCS = Path(__file__).resolve().parents[2] / 'docs'


@pytest.fixture(scope='module')
def findings():
    return json.loads((DOCS / 'study.json').read_text())


def test_the_tables_are_those_of_the_numbers(findings):
    text = (DOCS / 'study.md').read_text()
    assert text.split(BEGIN)[1].split(END)[0].strip() == tables(findings).strip()


def test_means_by_hand(findings):
    text = tables(findings)
    full, alone = (
        sum(findings['rows'][name]['0.1']) / len(findings['seeds'])
        for name in ('PA + PI + I + N + D', 'I')
    )
    assert f'{100 * full:.1f}' in text
    assert f'{100 * (full - alone):+.1f} [' in text


def test_tables_replace_what_stood_there(tmp_path, findings):
    page = tmp_path / 'page.md'
    page.write_text(f'before\n{BEGIN}\nold\n{END}\nafter\n')
    write_tables(page, findings)
    text = page.read_text()
    assert text.startswith('before\n')
    assert text.endswith('\nafter\n')
    assert 'old' not in text
    assert tables(findings) in text


def test_a_page_without_a_place_is_refused(tmp_path, findings):
    page = tmp_path / 'page.md'
    page.write_text('nothing here')
    with pytest.raises(PageError, match='needs the lines'):
        write_tables(page, findings)


def test_pictures_are_drawn(tmp_path, findings):
    for draw in (charts.draw_f1, charts.draw_identity):
        path = draw(tmp_path / f'{draw.__name__}.png', findings)
        assert path.read_bytes().startswith(b'\x89PNG')
