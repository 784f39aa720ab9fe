"""docs/configs.md: every config of a table's row, with the figure that it quotes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs/configs.md').read_text(encoding='utf-8')
FOLDERS = ('clef', 'clip', 'farl', 'vit')
CONFIGS = {
    path.relative_to(ROOT).as_posix()
    for folder in FOLDERS
    for path in (ROOT / 'configs' / folder).glob('*.py')
    if not re.search(r'_fold\d$', path.stem)  # named with the row they are a fold of
}
RECIPES = {
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / 'configs/recipes').glob('table*.py')
}
# Command: exit code and what it says where no data is.
COMMANDS = {
    'python tools/train.py configs/clef/clef_vitb16_bp4d.py --cfg-options fold=2': (
        (1, 'configs/clef/clef_pretrain_vitb16_bp4d_fold2.py')
    ),
    'python tools/crossval.py configs/recipes/table2_clef.py --dry-run': (
        (0, 'fold 3, seed 0, stage 2: clef_vitb16_bp4d')
    ),
    'python tools/crossval.py configs/recipes/table2_clef.py '
    '--data-root data/bp4d_aligned': (1, 'data/bp4d_aligned/ is missing'),
}


def linked():
    links = re.findall(r'\]\(\.\./(configs/[^)]+\.py)\)', PAGE)
    assert all((ROOT / link).is_file() for link in links)
    return links


def table_rows():
    return [
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in PAGE.splitlines()
        if line.startswith('|') and '../configs/' in line
    ]


def test_the_page_lists_every_config_and_recipe_and_no_other():
    assert set(linked()) == CONFIGS | RECIPES


def test_each_recipe_is_listed_once():
    assert sorted(link for link in linked() if 'recipes' in link) == sorted(RECIPES)


@pytest.mark.parametrize('row', table_rows(), ids=lambda row: row[0][:40])
def test_figures_are_those_that_the_files_quote(row):
    """In a row, a figure belongs to the files before it."""
    files = []
    for cell in row:
        files += re.findall(r'\.\./(configs/[^)]+\.py)', cell)
        if re.fullmatch(r'\d\d\.\d+', cell):
            for file in files:
                quoted = (ROOT / file).read_text().split('"""')[1]
                numbers = re.findall(r'(?:F1|accuracy)\s+of\s+(\d\d\.\d+)', quoted)
                assert numbers == [cell], file
            assert len(files) == 2
            files = []


def test_figures_are_those_of_the_published_tables():
    table = (ROOT / 'clef_mm/evaluation/published/table6.csv').read_text()
    figures = [cell for row in table_rows() for cell in row]
    for line in table.splitlines()[1:]:
        f1, accuracy = re.findall(r'(?<=,)\d\d\.\d+(?=,)', line)[:2]
        assert {f1, accuracy} <= set(figures), line


def test_every_command_is_known_to_this_test():
    blocks = re.findall(r'```bash\n(.*?)```', PAGE, re.DOTALL)
    lines = {line for block in blocks for line in block.splitlines() if line}
    assert lines == set(COMMANDS)


@pytest.mark.parametrize(('command', 'expected'), COMMANDS.items())
def test_commands_where_there_is_no_data(command, expected, tmp_path):
    for folder in ('tools', 'configs'):
        (tmp_path / folder).symlink_to(ROOT / folder)
    done = subprocess.run(
        [sys.executable, *command.split()[1:]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    code, message = expected
    assert done.returncode == code, said
    assert message in said
    assert 'Traceback' not in said
