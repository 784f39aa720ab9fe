"""The rooms of the house, who may call whom, and the manners of every file."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import clef_mm

PACKAGE = Path(clef_mm.__file__).parent
ROOT = PACKAGE.parent
FILES = sorted(PACKAGE.rglob('*.py'))
PYTHON = [
    path
    for folder in ('clef_mm', 'tools', 'configs', 'tests')
    for path in sorted((ROOT / folder).rglob('*.py'))
]

GROUND = {
    'registry',
    'structures',
    'compat',
    'distributed',
    'launchers',
    'errors',
    'command_line',
    'randomness',
    'whole_file',
    'outside_files',
    'array_archive',
    'plain_shape',
}
TOP = {'explain', 'inference', 'study'}
# Room -> what it may import beside itself and the ground floor.
MAY_CALL = {
    'registry': set(),
    'structures': set(),
    'compat': set(),
    'distributed': set(),
    'launchers': set(),
    'errors': set(),
    'command_line': set(),
    'randomness': {'distributed'},
    'whole_file': set(),
    'outside_files': set(),
    'array_archive': set(),
    'plain_shape': set(),
    'prompts': set(),
    'faces': set(),
    'datasets': {'prompts', 'faces'},
    'evaluation': set(),
    'models': {'prompts'},
    'engine': {'prompts', 'models', 'evaluation'},
    'explain': {'prompts', 'models', 'engine', 'datasets', 'evaluation'},
    'study': {'engine', 'datasets', 'evaluation'},
    'inference': {
        'prompts',
        'models',
        'engine',
        'datasets',
        'evaluation',
        'explain',
        'faces',
    },
}


def name_of(path):
    return str(path.relative_to(ROOT))


@cache
def parsed(path):
    return ast.parse(path.read_text())


def imported(path):
    """Yield the full name of everything that a file imports, at any depth."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f'{path}: imports are absolute'
            yield node.module
            yield from (f'{node.module}.{alias.name}' for alias in node.names)


def rooms(names):
    words = (name.split('.') for name in names)
    known = {room.stem for room in PACKAGE.iterdir()}
    return {
        parts[1] for parts in words if parts[0] == 'clef_mm' and parts[1:2] != []
    } & known


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix('.py')


def test_every_room_has_its_place_in_the_house():
    found = {room_of(path) for path in FILES if path.parent != PACKAGE}
    found |= {path.stem for path in PACKAGE.glob('*.py') if path.stem != '__init__'}
    assert found <= set(MAY_CALL), 'say here what a new room may import'


@pytest.mark.parametrize('path', FILES, ids=name_of)
def test_a_room_calls_only_those_it_may(path):
    room = room_of(path)
    if room == '__init__':
        assert rooms(imported(path)) == set()
        return
    allowed = MAY_CALL[room] | GROUND | {room}
    assert rooms(imported(path)) <= allowed


def test_the_rule_notices_a_wrong_import(tmp_path):
    late, plain = tmp_path / 'late.py', tmp_path / 'plain.py'
    late.write_text('def late():\n    from clef_mm.models import base\n')
    plain.write_text('from clef_mm import engine\nimport clef_mm.datasets.bp4d\n')
    assert rooms(imported(late)) == {'models'}
    assert rooms(imported(plain)) == {'engine', 'datasets'}


def test_nothing_imports_what_stands_on_top():
    for path in FILES:
        names = set(imported(path))
        assert not {name.split('.')[0] for name in names} & {
            'tools',
            'configs',
            'tests',
        }
        if room_of(path) not in TOP:
            assert not rooms(names) & TOP, path


def test_one_file_talks_to_torch_distributed():
    def talks(path):
        return any(
            name.startswith('torch.distributed') for name in imported(path)
        ) or any(
            isinstance(node, ast.Attribute) and ast.unparse(node) == 'torch.distributed'
            for node in ast.walk(parsed(path))
            if getattr(node, 'attr', '') == 'distributed'
        )

    talkers = [name_of(path) for path in FILES if talks(path)]
    assert talkers == ['clef_mm/distributed.py']


def test_every_file_is_named_by_its_subject():
    bags = {'utils', 'util', 'misc', 'common', 'helpers', 'helper'}
    assert not [
        path
        for path in PYTHON
        if bags & set(path.relative_to(ROOT).with_suffix('').parts)
    ]


def test_every_file_can_be_read_in_one_sitting():
    sources = [path for path in PYTHON if ROOT / 'tests' not in path.parents]
    assert len(sources) > 80
    assert not [p for p in sources if len(p.read_text().splitlines()) > 400]


def test_a_folder_holds_two_files_or_more():
    folders = {path.parent for path in FILES} | {
        path for path in PACKAGE.rglob('*') if path.is_dir()
    }
    for folder in folders:
        if folder.name == '__pycache__':
            continue
        held = [
            entry
            for entry in folder.iterdir()
            if entry.name not in ('__init__.py', '__pycache__')
        ]
        assert len(held) >= 2, folder


def public(body, prefix=''):
    """Yield the public classes, functions and methods of a module's body."""
    for node in body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef):
            continue
        name = f'{prefix}{node.name}'
        if not node.name.startswith('_'):
            yield name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f'{name}.')
        elif node.name == '__init__':
            yield name, node


@pytest.mark.parametrize('path', FILES, ids=name_of)
def test_public_names_say_what_they_do_and_what_they_take(path):
    tree = parsed(path)
    assert ast.get_docstring(tree)
    for name, node in public(tree.body):
        if not name.endswith('__init__'):  # the docstring of the class says it
            assert ast.get_docstring(node), name
        if isinstance(node, ast.FunctionDef):
            given = node.args
            for argument in given.posonlyargs + given.args + given.kwonlyargs:
                if argument.arg not in ('self', 'cls'):
                    assert argument.annotation is not None, (name, argument.arg)
            assert node.returns is not None, name


@pytest.mark.parametrize(
    ('module', 'absent'),
    [
        ('clef_mm', ('torch', 'mmengine', 'numpy')),
        ('clef_mm.prompts', ('torch', 'mmengine')),
    ],
)
def test_importing_loads_nothing_heavy(module, absent):
    code = f"""
import sys, time
start = time.perf_counter()
import {module}
print(time.perf_counter() - start)
print([name for name in {absent} if name in sys.modules])
"""
    took, loaded = subprocess.run(
        [sys.executable, '-c', code], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert loaded == '[]'
    if module == 'clef_mm':
        assert float(took) < 0.3
