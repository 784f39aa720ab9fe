"""Columns against what they stand for: a list of dicts."""

import copy
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from clef_mm.datasets.frame_table import Categories, FrameTable, Paths

SUBJECTS = ('F001', 'M007', 'Zoë', '李雷', 'with space')
FOLDERS = ('/data/BP4D/F001/T1', 'a b/ü', '.', 'деревня/c', '/')


def random_records(seed, count=None):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 40)) if count is None else count
    width = int(rng.integers(1, 13))
    return [
        {
            'img_path': str(Path(str(rng.choice(FOLDERS)), f'bild ä{row}.jpg')),
            'subject': str(rng.choice(SUBJECTS)),
            'sequence': f'T{rng.integers(1, 9)}',
            'frame': int(rng.integers(0, 5000)),
            'score': float(rng.random()),
            'gt_aus': rng.integers(-1, 2, width).astype(np.int8),
        }
        for row in range(count)
    ]


def plain(records):
    return [{**record, 'gt_aus': record['gt_aus'].tolist()} for record in records]


@pytest.mark.parametrize('seed', range(8))
def test_a_table_reads_like_its_records(seed):
    records = random_records(seed)
    table = FrameTable.of(records)
    assert len(table) == len(records)
    assert plain(table) == plain(records)
    assert plain(table[row] for row in range(len(table))) == plain(records)
    assert plain(table[-row] for row in range(1, len(table) + 1)) == plain(
        reversed(records)
    )
    assert plain(reversed(table)) == plain(reversed(records))


@pytest.mark.parametrize('seed', range(8))
def test_values_are_plain_python_but_rows_of_numbers(seed):
    table = FrameTable.of(random_records(seed))
    record = table[0]
    kinds = {name: type(value) for name, value in record.items()}
    assert kinds == {
        'img_path': str,
        'subject': str,
        'sequence': str,
        'frame': int,
        'score': float,
        'gt_aus': np.ndarray,
    }
    assert record['gt_aus'].dtype == np.int8


@pytest.mark.parametrize('seed', range(8))
def test_take_is_a_list_of_rows(seed):
    rng = np.random.default_rng(seed)
    records = random_records(seed)
    table = FrameTable.of(records)

    rows = rng.integers(-len(records), len(records), 25)
    assert plain(table.take(rows)) == plain(records[row] for row in rows)

    mask = rng.random(len(records)) < 0.4
    kept = [record for record, keep in zip(records, mask, strict=True) if keep]
    assert plain(table.take(mask)) == plain(kept)
    assert plain(table.take(mask).take(np.arange(len(kept))[::-1])) == plain(kept[::-1])


@pytest.mark.parametrize('seed', range(8))
def test_concatenating_is_adding_lists(seed):
    records = random_records(seed, count=30)
    cuts = np.sort(np.random.default_rng(seed).integers(0, 31, 4))
    pieces = [
        records[start:end] for start, end in zip([0, *cuts], [*cuts, 30], strict=True)
    ]
    table = FrameTable.concatenate([FrameTable.of(piece) for piece in pieces])
    assert plain(table) == plain(records)
    codes = table.columns['subject'].codes
    names = table.columns['subject'].names
    assert [names[code] for code in codes] == [record['subject'] for record in records]
    assert len(set(names)) == len(names)


def test_an_empty_table():
    for table in (
        FrameTable.of([]),
        FrameTable({}),
        FrameTable.concatenate([]),
        FrameTable.concatenate([FrameTable({}), FrameTable.of([])]),
        FrameTable.of(random_records(0)).take(np.array([], int)),
    ):
        assert len(table) == 0
        assert list(table) == []
        with pytest.raises(IndexError, match='record 0 of 0'):
            table[0]


def test_rows_that_do_not_exist():
    table = FrameTable.of(random_records(0, count=5))
    for row in (5, -6, 100):
        with pytest.raises(IndexError, match=f'record {row} of 5'):
            table[row]


def test_columns_of_different_length():
    with pytest.raises(ValueError, match=r"'frame': 2.*'subject': 3"):
        FrameTable({'frame': np.arange(2), 'subject': Categories.of(['a', 'b', 'a'])})


def test_records_are_copies():
    records = random_records(1)
    table = FrameTable.of(records)
    record = table[0]
    record['gt_aus'][:] = 7
    record['frame'] = -5
    assert plain(table) == plain(records)


def test_a_table_survives_pickling_and_copying():
    table = FrameTable.of(random_records(2))
    for other in (pickle.loads(pickle.dumps(table)), copy.deepcopy(table)):
        assert plain(other) == plain(table)


@pytest.mark.parametrize('values', [['b', 'a', 'b', ''], ['ü b'], []])
def test_categories(values):
    column = Categories.of(values)
    assert len(column) == len(values)
    assert [column[row] for row in range(len(values))] == values
    assert column.isin(['b', 'unheard of']).tolist() == [v == 'b' for v in values]
    assert column.isin([]).tolist() == [False] * len(values)


def test_categories_that_no_row_uses_are_no_members():
    column = Categories.of(['a', 'b', 'a']).take(np.array([0, 2]))
    assert not column.isin(['b']).any()


@pytest.mark.parametrize('kind', ['bytes', 'str'])
def test_paths_take_names_as_bytes_or_text(kind):
    names = ['ä 1.jpg', '0002.jpg', '李.png']
    files = np.array([name.encode() for name in names] if kind == 'bytes' else names)
    paths = Paths(Categories.of(['/x y', 'ü', '/x y']), files)
    expected = ['/x y/ä 1.jpg', 'ü/0002.jpg', '/x y/李.png']
    assert [paths[row] for row in range(3)] == expected
    assert [paths.take(np.array([2, 0]))[row] for row in range(2)] == [
        expected[2],
        expected[0],
    ]


def test_a_table_as_large_as_bp4d_is_small():
    """146,847 records; a dict of each would take about 2 kB."""
    frames, sequences = 146_847, 328
    names = np.array([f'{row:04d}.jpg'.encode() for row in range(1000)])

    def sequence(number):
        count = frames // sequences + (number < frames % sequences)
        one = np.zeros(count, np.int32)
        return FrameTable(
            {
                'img_path': Paths(Categories(one, [f'/data/{number}']), names[:count]),
                'subject': Categories(one, [f'F{number // 8:03d}']),
                'sequence': Categories(one, [f'T{number % 8}']),
                'frame': np.arange(count, dtype=np.int32),
                'activity': np.full(count, number % 8, np.int8),
                'gt_aus': np.zeros((count, 12), np.int8),
            }
        )

    tracemalloc.start()
    try:
        table = FrameTable.concatenate([sequence(n) for n in range(sequences)])
        size = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(table) == frames
    assert table[frames - 1]['img_path'] == '/data/327/0446.jpg'
    assert size < 200 * frames
