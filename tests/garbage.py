"""Files as they arrive when something went wrong: a valid one, damaged at random."""

import os
import re

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from clef_mm.errors import UserError

# CI tries the same few files each time; GARBAGE=2000 hunts among others.
HUNT = os.environ.get('GARBAGE')
GARBAGE = settings(
    max_examples=int(HUNT or 50),
    derandomize=HUNT is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

NUMBERS = ('-1', '2', '11', '1.5', '1e400', '-2147483649', '9' * 30, '9' * 5000)
WORDS = ('nan', 'inf', 'None', 'x', '٣', '½', '../../x', '/', '.', '', ' ')
MARKS = ('\0', '\ufeff', '\r', '\n', '\u2028', '\x85', '\t', ',', ';', '"', "'")
BRACKETS = ('{', '}', '[', ']', '[' * 3000, '{"a":' * 3000, '{0.__class__}')
TOKENS = [
    *(text.encode() for text in (*NUMBERS, *WORDS, *MARKS, *BRACKETS)),
    *(b'\xff\xfe', b'\xed\xa0\x80', b'\xc3', b'x' * 200_000),
]
_WORD = re.compile(rb'[^\s,:;"\[\]{}]+')


@st.composite
def damaged(draw, valid):
    """Bytes made of ``valid`` by one to three slips, or of nothing at all."""
    if draw(st.integers(0, 15)) == 0:
        return draw(st.binary(max_size=400))
    content = valid
    for _ in range(draw(st.integers(1, 3))):
        content = draw(st.sampled_from(SLIPS))(draw, content)
    return content


def _place(draw, content):
    return draw(st.integers(0, max(0, len(content) - 1)))


def flip_a_bit(draw, content):
    place = _place(draw, content)
    bits = content[place : place + 1]
    changed = bytes(byte ^ (1 << draw(st.integers(0, 7))) for byte in bits)
    return content[:place] + changed + content[place + 1 :]


def cut_short(draw, content):
    return content[: _place(draw, content)]


def leave_out(draw, content):
    place = _place(draw, content)
    return content[:place] + content[place + draw(st.integers(1, 40)) :]


def insert(draw, content):
    place, token = _place(draw, content), draw(st.sampled_from(TOKENS))
    return content[:place] + token + content[place:]


def replace_a_word(draw, content):
    words = list(_WORD.finditer(content))
    if not words:
        return content
    word = draw(st.sampled_from(words))
    token = draw(st.sampled_from(TOKENS))
    return content[: word.start()] + token + content[word.end() :]


def repeat_a_line(draw, content):
    lines = content.splitlines(keepends=True) or [b'']
    place = draw(st.integers(0, len(lines) - 1))
    other = draw(st.integers(0, len(lines)))
    return b''.join([*lines[:other], lines[place], *lines[other:]])


def lose_a_line(draw, content):
    lines = content.splitlines(keepends=True) or [b'']
    del lines[draw(st.integers(0, len(lines) - 1))]
    return b''.join(lines)


def change_a_column(draw, content):
    """Leave out, or repeat, the same cell of every line."""
    place, times = draw(st.integers(0, 3)), draw(st.sampled_from([0, 2]))
    rows = [line.split(b',') for line in content.split(b'\n')]
    for row in rows:
        row[place : place + 1] *= times
    return b'\n'.join(b','.join(row) for row in rows)


def as_windows_writes(draw, content):
    return b'\xef\xbb\xbf' * draw(st.integers(0, 2)) + content.replace(b'\n', b'\r\n')


SLIPS = (
    *(flip_a_bit, cut_short, leave_out, insert, replace_a_word),
    *(repeat_a_line, lose_a_line, change_a_column, as_windows_writes),
)


def read_or_refused(read, path, content):
    """Return what is read of a file with this content; None if it is refused by name.

    Any other error than one made for the user passes, and fails the test.
    """
    path.write_bytes(content)
    try:
        return read(path)
    except UserError as error:
        said = str(error)
    assert path.name in said or str(path.parents[1]) in said
    assert len(said) < 3000
    return None
