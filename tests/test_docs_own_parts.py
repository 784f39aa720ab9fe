"""The files that docs/own_parts.md shows, used outside the repository."""

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from clef_mm.datasets.synthetic import Identity, render

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs/own_parts.md').read_text(encoding='utf-8')
README = (ROOT / 'README.md').read_text(encoding='utf-8')
COMMANDS = {
    'python tools/train.py my_config.py': 'hello',
    'python tools/test.py my_config.py work_dirs/my_config': 'mean_score',
}


@pytest.fixture
def folder(tmp_path):
    """A folder with the files of the page, the README's dataset and a few faces."""
    for code in re.findall(r'```python\n(.*?)```', README + PAGE, re.DOTALL):
        if name := re.match(r'# (my_\w+\.py)', code):
            (tmp_path / name[1]).write_text(code)
    (tmp_path / 'faces').mkdir()
    rows = ['file,person,clip,frame,AU1,AU12']
    for index, person in enumerate(('anna', 'anna', 'ben', 'ben', 'cleo', 'cleo')):
        face = render(Identity.draw(np.random.default_rng(index)), {12: index % 2})
        cv2.imwrite(str(tmp_path / f'faces/{index}.png'), face[..., ::-1])
        rows.append(f'{index}.png,{person},c1,{index},{index // 2 % 2},{index % 2}')
    (tmp_path / 'faces/labels.csv').write_text('\n'.join(rows))
    return tmp_path


def run(folder, command):
    words = command.replace('tools/', f'{ROOT}/tools/').split()[1:]
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_every_command_is_known_to_this_test():
    block = re.search(r'```bash\n(.*?)```', PAGE, re.DOTALL)[1]
    assert block.splitlines() == list(COMMANDS)


def test_parts_of_every_kind_train_and_test(folder):
    for command, message in COMMANDS.items():
        code, printed = run(folder, command)
        assert code == 0, printed
        assert message in printed


def test_parts_named_by_texts(folder):
    config = (folder / 'my_config.py').read_text()
    config = re.sub(r'from my_parts import .*\n', '', config)
    for name in re.findall(r'class (\w+)', (folder / 'my_parts.py').read_text()):
        config = config.replace(f'type={name}', f"type='{name}'")
    config += "custom_imports = dict(imports=['my_parts'])\n"
    (folder / 'my_config.py').write_text(config)
    code, printed = run(folder, next(iter(COMMANDS)))
    assert code == 0, printed
    assert 'hello' in printed


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('custom_hooks =', '_unused =', 'BrierLoss has no method set_weight'),
        ('batch_size=2', 'batch_size=8', 'fill no batch of 8'),
        ('pipeline=_pipeline', 'pipeline=[]', 'what PackFace returns'),
    ],
)
def test_what_is_missing_is_said(folder, old, new, message):
    config = (folder / 'my_config.py').read_text()
    assert old in config
    (folder / 'my_config.py').write_text(config.replace(old, new))
    code, printed = run(folder, next(iter(COMMANDS)))
    assert code == 1
    assert message in printed
    assert 'Traceback' not in printed


def test_a_tower_that_lacks_something(folder):
    parts = (folder / 'my_parts.py').read_text()
    parts = parts.replace('self.embed_dim, self.image_size', 'self.embed_dim, _')
    (folder / 'my_parts.py').write_text(parts)
    code, printed = run(folder, next(iter(COMMANDS)))
    assert code == 1
    assert 'error: TwoConvolutions has no image_size' in printed
