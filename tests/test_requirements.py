"""What is imported is asked for: a fresh environment runs everything."""

import ast
import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALWAYS, TESTED = ('runtime',), ('runtime', 'prepare', 'optional', 'tests')
# Part of what open_clip itself asks for.
COMES_WITH = {'timm': 'open_clip_torch', 'huggingface_hub': 'open_clip_torch'}


def declared(extras):
    lines = (
        line
        for name in extras
        for line in (ROOT / 'requirements' / f'{name}.txt').read_text().splitlines()
    )
    return {re.match(r'[\w-]+', line)[0].lower().replace('-', '_') for line in lines}


def imported(folder, top_level_only):
    """Third-party modules of the files below a folder, with one file of each."""
    found = {}
    for path in sorted((ROOT / folder).rglob('*.py')):
        tree = ast.parse(path.read_text())
        for node in tree.body if top_level_only else ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for name in names:
                found.setdefault(name.split('.')[0], path.relative_to(ROOT))
    installed = packages_distributions().keys() - {'clef_mm'}
    return {name: path for name, path in found.items() if name in installed}


@pytest.mark.parametrize(
    ('folder', 'extras', 'top_level_only'),
    [
        ('clef_mm', ALWAYS, True),
        ('tools', ALWAYS, False),
        ('clef_mm', TESTED, False),
        ('tests', TESTED, False),
    ],
)
def test_every_import_is_asked_for(folder, extras, top_level_only):
    distributions = packages_distributions()
    asked = declared(extras)
    missing = {}
    for module, path in imported(folder, top_level_only).items():
        sources = [COMES_WITH.get(module), *distributions.get(module, [module])]
        names = {name.lower().replace('-', '_') for name in sources if name}
        if not names & asked:
            missing[module] = str(path)
    assert not missing
