"""Damaged prompt banks: texts for every class, or refused by the name of the file."""

import pytest
from garbage import GARBAGE, damaged, read_or_refused
from hypothesis import given
from hypothesis import strategies as st

from clef_mm.prompts import PromptBankError, load_bank

BANK = b"""\
templates:
  name: a photo of a person with {name}
  description:
  - a photo of a face with {description}
  - a close-up of a face that has {description}
classes:
  AU1:
    name: inner brow raiser
    description: the inner ends of the eyebrows pulled upward
  AU4:
    name: brow lowerer
    description: [eyebrows drawn together, "a frown"]
absence:
  name: a photo of a person without {name}
"""
TAGS = ('bool', 'int', 'float', 'timestamp', 'binary', 'set', 'python/name:os.system')
YAML = st.sampled_from(
    [
        *(f'!!{tag} x' for tag in TAGS),
        *('1:60:60', '2023-99-99', '0x', '&a [*a]', '*gone', '<<: x', '<<: [1]', '? ['),
        *('.inf', '!!null', '!!omap [a]', '!!pairs [[1]]', '!!str', '|', '%YAML 9.9'),
        *('[' * 3000, '{a: ' * 3000, 'y' * 100_000, '\u4e16' * 3000, '&nbsp;' * 2000),
        *('{name', '{name.__class__}', '{name!r}', '{0}', '{}', '{{name}}', '---'),
    ]
)


def read(path):
    bank = load_bank(path)
    for kind in bank.kinds:
        for number in range(bank.count(kind)):
            texts = bank.texts(kind, index=number)
            assert len(texts) == len(bank.classes)
            assert all(isinstance(text, str) and text.strip() for text in texts)


@pytest.fixture(scope='module')
def path(tmp_path_factory):
    return tmp_path_factory.mktemp('garbage') / 'bank.yaml'


def test_the_valid_bank_is_read(path):
    path.write_bytes(BANK)
    read(path)


@GARBAGE
@given(content=damaged(BANK) | st.binary(max_size=300))
def test_a_damaged_bank_is_read_or_refused(path, content):
    read_or_refused(read, path, content)


@GARBAGE
@given(word=st.sampled_from(BANK.decode().split()), token=YAML)
def test_what_yaml_alone_can_say_is_read_or_refused(path, word, token):
    read_or_refused(read, path, BANK.decode().replace(word, token).encode())


@pytest.mark.parametrize('part', ['templates', 'classes', 'absence', 'other'])
def test_names_of_names_do_not_fill_the_memory(path, part):
    """Each list holds the one before ten times: 10**30 texts in a few lines."""
    lines = ['all:', '- &a0 [' + ', '.join('x' * 10) + ']']
    for level in range(1, 30):
        again = ', '.join([f'*a{level - 1}'] * 10)
        lines.append(f'- &a{level} [{again}]')
    bank = '\n'.join([*lines, f'{part}: *a29', BANK.decode()])
    path.write_text(bank.replace('all:\n', f'{part}:\n', 1))
    with pytest.raises(PromptBankError):
        load_bank(path)
    path.write_text('\n'.join(lines[1:]))
    with pytest.raises(PromptBankError, match='expected keys with values'):
        load_bank(path)
