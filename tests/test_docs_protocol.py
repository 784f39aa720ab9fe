"""Every command of docs/protocol.md, on a run of one epoch."""

import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest

from clef_mm.engine.config import load_config
from clef_mm.engine.epoch_choice import EPOCHS
from clef_mm.evaluation import read_summary
from clef_mm.evaluation.thresholds import ORACLE, VALIDATION

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs/protocol.md').read_text(encoding='utf-8')
CONFIG = 'configs/demo/clef_tiny_bp4d_fold1.py'
_TEST = f'python tools/test.py {CONFIG} work_dirs/demo'
# Command: exit code and what it says. Run in this order.
COMMANDS = {
    _TEST: (0, 'F1 at the fixed threshold 0.5; epoch: best on validation'),
    f'{_TEST} --threshold validation --epoch last': (
        (0, 'F1 at thresholds tuned on validation subjects; epoch: last')
    ),
    f'{_TEST} --threshold oracle --work-dir work_dirs/demo/test_oracle': (
        (0, 'ORACLE, not comparable: threshold chosen on the test frames.')
    ),
    f'{_TEST} --epoch best-on-test': (1, 'max_keep_ckpts=-1'),
}


def blocks(language):
    return re.findall(rf'```{language}\n(.*?)```', PAGE, re.DOTALL)


def test_every_command_is_known_to_this_test():
    lines = {line for block in blocks('bash') for line in block.splitlines()}
    assert lines == set(COMMANDS)


def test_every_rule_has_its_row():
    for word in (*EPOCHS, VALIDATION, ORACLE):
        assert re.search(rf'^\| `{word}`', PAGE, re.MULTILINE)


def test_the_demo_keeps_what_the_page_says():
    checkpoint = load_config(ROOT / CONFIG).default_hooks.checkpoint
    assert checkpoint.max_keep_ckpts == 2
    assert checkpoint.save_best == 'au_f1/mean'


@pytest.fixture
def typed(synthetic_bp4d, tmp_path, monkeypatch, capsys):
    """Type a command in a folder with a small tree; return exit code and words."""
    for folder in ('tools', 'configs'):
        (tmp_path / folder).symlink_to(ROOT / folder)
    root = tmp_path / 'data/synthetic/bp4d'
    root.parent.mkdir(parents=True)
    root.symlink_to(synthetic_bp4d)
    monkeypatch.chdir(tmp_path)

    def type_in(command):
        words = shlex.split(command)[1:]
        monkeypatch.setattr(sys, 'argv', words)
        code, problem = 0, ''
        try:
            runpy.run_path(words[0], run_name='__main__')
        except SystemExit as end:
            code, problem = 1, str(end)
        said = capsys.readouterr()
        return code, said.out + said.err + problem

    return type_in


@pytest.mark.slow
def test_commands_and_python_in_their_order(typed, tmp_path, capsys):
    train = f'python tools/train.py {CONFIG} --cfg-options train_cfg.max_epochs=1'
    code, said = typed(f'{train} model.weights=None')
    assert code == 0, said
    for command, (expected, message) in COMMANDS.items():
        code, said = typed(command)
        assert code == expected, said
        assert message in said
    (python,) = blocks('python')
    exec(python, {})
    assert 'tuned on validation subjects; epoch: last' in capsys.readouterr().out
    summary = read_summary(tmp_path / 'work_dirs/demo/summary.json')
    assert summary.metrics['au_f1/mean']['pooled'] is not None
