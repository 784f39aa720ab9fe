"""Every command of docs/texts.md, in a folder that holds models of the demos."""

import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs/texts.md').read_text(encoding='utf-8')
_RAFDB = 'configs/demo/clef_tiny_rafdb.py work_dirs/demo_rafdb'
_FARL = 'weights/FaRL-Base-Patch16-LAIONFace20M-ep64.pth'
_ALL = 'model.test_texts=description model.test_template=all model.test_wording=all'

# Command: exit code and what it says. Run in this order.
COMMANDS = {
    'cp clef_mm/prompts/banks/expressions.yaml my_bank.yaml': (0, ''),
    f'python tools/test.py {_RAFDB} --cfg-options model.bank=my_bank.yaml': (
        (0, 'metrics.json')
    ),
    f'python tools/test.py {_RAFDB} --cfg-options {_ALL}': ((0, 'metrics.json')),
    f'python tools/prompt_study.py {_RAFDB} --banks my_bank.yaml': (
        (0, 'written: work_dirs/demo_rafdb/prompt_study/prompt_study.csv')
    ),
    'python tools/prompt_study.py configs/demo/clef_tiny_bp4d_fold1.py work_dirs/demo '
    '--split val': (0, 'written: work_dirs/demo/prompt_study/prompt_study.csv'),
    'python tools/test.py configs/zero_shot/tiny_aus_to_rafdb.py work_dirs/demo': (
        (0, 'ExpressionRecognizer')
    ),
    'python tools/test.py configs/zero_shot/clef_aus_to_rafdb.py '
    'work_dirs/clef_vitb16_bp4d_fold1': (1, 'data/rafdb/ is missing'),
    f'python tools/test.py configs/zero_shot/farl_rafdb.py {_FARL}': (
        (1, 'data/rafdb/ is missing')
    ),
    f'python tools/test.py configs/zero_shot/farl_bp4d.py {_FARL}': (
        (1, 'data/bp4d/ is missing')
    ),
    'python tools/train.py configs/clef/clef_vitb16_disfa_intensity.py': (
        (1, 'clef_vitb16_bp4d_fold1')
    ),
}


def commands():
    blocks = re.findall(r'```bash\n(.*?)```', PAGE, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


def test_every_command_is_known_to_this_test():
    assert commands() == list(COMMANDS)


def test_every_config_is_there_and_on_the_page():
    for name in re.findall(r'`((?:clef|clip|farl)_\w+\.py)`', PAGE):
        assert (ROOT / 'configs/zero_shot' / name).is_file(), name
    for path in (ROOT / 'configs/zero_shot').glob('clef_*.py'):
        assert path.name in PAGE


def test_the_absence_shown_is_that_of_the_bank():
    (shown,) = re.findall(r'```yaml\n(.*?)```', PAGE, re.DOTALL)
    assert shown in (ROOT / 'clef_mm/prompts/banks/action_units.yaml').read_text()


@pytest.mark.slow
def test_commands_in_their_order(synthetic_bp4d, tmp_path, monkeypatch, capfd):
    for folder in ('tools', 'configs', 'clef_mm'):
        (tmp_path / folder).symlink_to(ROOT / folder)
    make_data(tmp_path / 'data/synthetic', synthetic_bp4d)
    save_untrained('demo/clef_tiny_bp4d_fold1', tmp_path / 'work_dirs/demo')
    save_untrained('demo/clef_tiny_rafdb', tmp_path / 'work_dirs/demo_rafdb')
    monkeypatch.chdir(tmp_path)
    for command, (code, message) in COMMANDS.items():
        words = command.split()
        if words[0] == 'cp':
            shutil.copy(*words[1:])
            continue
        # In this process: a new one would spend ten times as long on its imports.
        monkeypatch.setattr(sys, 'argv', words[1:])
        error = run_script(words[1])
        said = capfd.readouterr().out + error
        assert bool(error) is bool(code), said
        assert message in said, said


def run_script(path):
    """Run a script; return the message that it ended with, or ''."""
    try:
        runpy.run_path(path, run_name='__main__')
    except SystemExit as ended:
        return str(ended.code)
    return ''


def make_data(folder, bp4d):
    from clef_mm.datasets.synthetic import write_rafdb

    write_rafdb(folder / 'rafdb', n_train=14, n_test=14, size=32, workers=1)
    (folder / 'bp4d').symlink_to(bp4d)


def save_untrained(config, work_dir):
    """Leave a checkpoint of a model as a run would, without the minutes it takes."""
    import torch

    from clef_mm.engine.config import load_config
    from clef_mm.registry import MODELS

    model = MODELS.build(load_config(ROOT / f'configs/{config}.py').model)
    work_dir.mkdir(parents=True)
    checkpoint = {'state_dict': model.state_dict(), 'meta': {}}
    torch.save(checkpoint, work_dir / 'epoch_1.pth')
    (work_dir / 'last_checkpoint').write_text('epoch_1.pth')
