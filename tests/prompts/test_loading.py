"""load_bank: by path, by name, from the registry; and files that cannot be used."""

import subprocess
import sys
from pathlib import Path

import pytest

from clef_mm.prompts import PromptBank, PromptBankError, load_bank
from clef_mm.registry import PROMPTS

BANK = """\
templates:
  name: a photo of a {name}
classes:
  C1:
    name: cat
  C2:
    name: dog
"""


def write(folder, text, name='pets.yaml'):
    path = folder / name
    path.write_text(text, encoding='utf-8')
    return path


@pytest.mark.parametrize('kind', [str, Path])
def test_bank_of_a_user_loads_by_path(tmp_path, kind):
    path = write(tmp_path, BANK)
    bank = load_bank(kind(path))
    assert bank.source == str(path)
    assert bank.texts('name', ['C2', 'C1']) == ['a photo of a dog', 'a photo of a cat']


@pytest.mark.parametrize(
    ('text', 'parts'),
    [
        (BANK + '  C1:\n    name: cow\n', ["'C1'", 'line 4', 'line 8']),
        (BANK + '    name: wolf\n', ["'name'", 'line 7', 'line 8']),
        ('{templates: {}, templates: {}}', ["'templates'", 'line 1']),
        (BANK.replace('cat', '!!python/name:os.system'), ['python/name:os.system']),
        (BANK.replace('cat', '!!python/object/apply:os.getcwd []'), ['os.getcwd']),
        (BANK.replace('cat', '[cat'), ['line']),
        (BANK.replace('cat', '2023-99-99'), ['month']),
        ('? [a, b]\n: c\n', ['unhashable']),
        (BANK.replace('cat', 'yes'), ["class 'C1'", "field 'name'", 'True (bool)']),
        ('', ['found nothing']),
    ],
)
def test_unusable_file_is_refused_by_name(tmp_path, text, parts):
    path = write(tmp_path, text)
    with pytest.raises(PromptBankError) as error:
        load_bank(path)
    assert str(path) in str(error.value)
    for part in parts:
        assert part in str(error.value)


def test_broken_characters_are_refused(tmp_path):
    path = tmp_path / 'pets.yaml'
    path.write_bytes(BANK.encode().replace(b'cat', b'\xff\xfe\xfa'))
    with pytest.raises(PromptBankError, match='no YAML file'):
        load_bank(path)


def test_merge_keys_may_be_overridden(tmp_path):
    text = BANK + '  C3:\n    <<: {name: cow}\n    name: calf\n'
    assert load_bank(write(tmp_path, text)).texts('name', ['C3']) == [
        'a photo of a calf'
    ]


def test_missing_file_and_folder_are_refused(tmp_path):
    with pytest.raises(PromptBankError, match=r'pets\.yaml: cannot be read: No such'):
        load_bank(tmp_path / 'pets.yaml')
    (tmp_path / 'folder.yaml').mkdir()
    with pytest.raises(PromptBankError, match=r'folder\.yaml: cannot be read'):
        load_bank(tmp_path / 'folder.yaml')


def test_unknown_name_lists_banks_and_the_nearest():
    with pytest.raises(PromptBankError) as error:
        load_bank('action_unit')
    for part in ("'action_unit' ", 'expressions', 'bp4d_activities'):
        assert part in str(error.value)
    assert str(error.value).endswith("did you mean 'action_units'?")


@pytest.fixture
def register():
    before = dict(PROMPTS.module_dict)
    yield PROMPTS.register_module
    PROMPTS.module_dict.clear()
    PROMPTS.module_dict.update(before)


def test_registered_function_is_a_bank(register, tmp_path):
    bank = load_bank(write(tmp_path, BANK))

    @register(name='my_pets')
    def my_pets() -> PromptBank:
        return bank

    assert load_bank('my_pets') is bank
    with pytest.raises(PromptBankError, match="mean 'my_pets'"):
        load_bank('my_pet')


def test_registered_function_must_return_a_bank(register):
    @register(name='my_pets')
    def my_pets() -> dict:
        return {}

    with pytest.raises(PromptBankError, match=r"'my_pets'.*dict"):
        load_bank('my_pets')


def test_neither_import_nor_a_short_bank_loads_torch(tmp_path):
    path = write(tmp_path, BANK)
    code = (
        'import sys; from clef_mm.prompts import load_bank; '
        f'load_bank({str(path)!r}); '
        "print([m for m in ('torch', 'mmengine', 'open_clip') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == '[]'
