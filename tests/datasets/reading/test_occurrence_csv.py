"""AU_OCC files, good and bad; a bad one is named with its line."""

import csv
import random
import re

import numpy as np
import pytest

from clef_mm.datasets.reading.occurrence_csv import LabelFileError, read_occurrence
from clef_mm.errors import UserError

CONTIGUOUS = range(100)
BP4D_PLUS = [0, 1, 2, 4, 5, 6, 7, *range(9, 21), 22, 23, 24, *range(27, 40)]


@pytest.fixture
def write(tmp_path):
    def write(*lines, newline='\n', encoding='utf-8', end=True):
        path = tmp_path / 'F001_T1.csv'
        text = newline.join(lines) + newline * end
        path.write_bytes(text.encode(encoding))
        return path

    return write


def random_rows(header, count, seed, first=2440):
    rng = random.Random(seed)
    yield ','.join(map(str, header))
    for frame in range(first, first + count):
        codes = [rng.choice('0019') for _ in header[1:]]
        yield ','.join([str(frame), *codes])


def read_by_row(path, units):
    with open(path, newline='', encoding='utf-8-sig') as lines:
        rows = list(csv.DictReader(lines))
    frames = [int(row['0']) for row in rows]
    meaning = {'0': 0, '1': 1, '9': -1}
    return frames, [[meaning[row[str(unit)].strip()] for unit in units] for row in rows]


@pytest.mark.parametrize('header', [CONTIGUOUS, BP4D_PLUS, [0, *range(40, 0, -1)]])
@pytest.mark.parametrize(
    'form',
    [
        {},
        {'newline': '\r\n'},
        {'newline': '\r'},
        {'encoding': 'utf-8-sig'},
        {'end': False},
        {'encoding': 'utf-8-sig', 'newline': '\r\n', 'end': False},
    ],
)
@pytest.mark.parametrize('units', [(1, 2, 4, 6, 12, 24), (24, 1), (9,)])
def test_equals_a_reader_of_rows(write, header, form, units):
    path = write(*random_rows(header, 40, seed=str(units)), **form)
    frames, labels = read_occurrence(path, units)
    expected_frames, expected_labels = read_by_row(path, units)
    assert frames.tolist() == expected_frames == list(range(2440, 2480))
    assert labels.tolist() == expected_labels
    assert frames.dtype == np.int32
    assert labels.dtype == np.int8


def test_one_row(write):
    frames, labels = read_occurrence(write('0,1,2', '7,1,9'), [2, 1])
    assert frames.tolist() == [7]
    assert labels.tolist() == [[-1, 1]]


def test_blanks_around_cells_and_lines_at_the_end(write):
    path = write('0, 1, 2', '7, 1, 0', ' 8,0 ,1', '', '  ', '')
    frames, labels = read_occurrence(path, [1, 2])
    assert frames.tolist() == [7, 8]
    assert labels.tolist() == [[1, 0], [0, 1]]


def test_gaps_between_frames_are_kept(write):
    frames, _ = read_occurrence(write('0,1', '3,0', '4,1', '90,0'), [1])
    assert frames.tolist() == [3, 4, 90]


def test_columns_that_are_not_asked_for_may_hold_anything_numeric(write):
    path = write('0,1,2,99', '7,1,5,17', '8,0,-1,3')
    _, labels = read_occurrence(path, [1])
    assert labels.tolist() == [[1], [0]]


def test_uncodable_is_unknown(write):
    _, labels = read_occurrence(write('0,1', '7,9'), [1])
    assert labels.tolist() == [[-1]]


@pytest.mark.parametrize(
    ('lines', 'message'),
    [
        (['0,1,2', '7,1,0'], r'no column for AU 4, 12; its header names 1, 2'),
        (['0,01,4,12', '7,1,0,0'], r'no column for AU 1;'),
        (['4,1,12', '7,1,0'], r'no column for AU 4;'),  # the first is the frame
        (['7,1,0,1', '8,0,0,1'], r'no column for AU 4, 12;'),  # no header
        ([''], r'no column for AU 1, 4, 12'),
        (['0,1,4,12', '7,0,0,0', '8,1,2,1'], r'line 3, AU4: 2 is none of 0 .* 9 '),
        (['0,1,4,12', '7,0,0,-1'], r'line 2, AU12: -1 is none'),
        (['0,1,4,12', '7,0,999,1'], r'line 2, AU4: 999 is none'),
        (['0,1,4,12', '7,0,0,1', '8,0,1'], r"line 3: expected 4 integers.*'8,0,1'"),
        (['0,1,4,12', '7,0,0,1,1', '8,0,1,0'], r'line 2: expected 4 integers'),
        (['0,1,4,12', '7,0,0,1,1', '8,0,1'], r'line 2: expected 4 integers'),
        (['0,1,4,12', '7,0,,1'], r"line 2: expected 4 integers.*'7,0,,1'"),
        (['0,1,4,12', '7,0,0,1', ',,,'], r'line 3: expected 4 integers'),
        (['0,1,4,12', '7,0,0,1', '', '9,0,0,1'], r"line 3: expected 4 integers.*''"),
        (['0,1,4,12', '7,0,x,1'], r'line 2: expected 4 integers'),
        (['0,1,4,12', '7.0,0,0,1'], r'line 2: expected 4 integers'),
        (['0;1;4;12', '7;0;0;1'], r'no column for AU 1, 4, 12'),
        (['0,1,4,12', '8,0,0,1', '7,0,0,1'], r'line 3: frame 7 follows frame 8'),
        (['0,1,4,12', '8,0,0,1', '8,0,0,1'], r'line 3: frame 8 follows frame 8'),
        (['0,1,4,12', '99999999999,0,0,1'], r'not a table of 4 columns'),
        (['0,1,4,12'], r'no label row'),
        (['0,1,4,12', '', '  '], r'no label row'),
    ],
)
def test_bad_files_name_file_line_and_unit(write, lines, message):
    path = write(*lines)
    with pytest.raises(LabelFileError, match=message) as caught:
        read_occurrence(path, [1, 4, 12])
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, UserError)


def test_a_cell_too_many_does_not_make_up_for_one_too_few(write):
    path = write('0,1,4,12', '7,0,0,1,1', '8,0,1')
    with pytest.raises(LabelFileError, match='line 2: expected 4 integers'):
        read_occurrence(path, [1])  # both rows have the column of AU 1


@pytest.mark.parametrize(
    'content', [b'', b'\xff\xfe0\x00,\x001\x00', b'PK\3\4\x9c\x81']
)
def test_files_that_are_no_text_are_named(tmp_path, content):
    path = tmp_path / 'F001_T1.csv'
    path.write_bytes(content)
    with pytest.raises(LabelFileError, match=re.escape(str(path))):
        read_occurrence(path, [1])


def test_a_bad_byte_in_a_row_is_found(tmp_path):
    path = tmp_path / 'F001_T1.csv'
    path.write_bytes(b'0,1\n7,1\n8,\x81\n')
    with pytest.raises(LabelFileError, match='line 3'):
        read_occurrence(path, [1])
