"""Every command of docs/weights.md, typed in a folder that holds what it speaks of."""

import glob
import json
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import open_clip
import pytest
import torch

from clef_mm.models.encoders import OpenCLIPImageEncoder

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs/weights.md').read_text(encoding='utf-8')
FARL = 'weights/FaRL-Base-Patch16-LAIONFace20M-ep64.pth'
DEMO = 'configs/demo/clef_tiny_bp4d_fold1.py'
PUBLISHED = 'published/clef_tiny_bp4d_fold1-*.safetensors'
_INSPECT = 'python tools/model_converters/inspect.py'
_CONVERT = 'python tools/model_converters/convert.py'
# Command: exit code and what it says. Run in this order.
COMMANDS = {
    f'{_INSPECT} open_clip:ViT-B-16-quickgelu/openai': (
        (1, 'put it at weights/open_clip/ViT-B-16-quickgelu_openai.safetensors')
    ),
    f'{_INSPECT} {FARL}': (0, 'naming     FaRL'),
    f'{_INSPECT} work_dirs/demo': (0, 'ActionUnitRecognizer by '),
    f'{_CONVERT} weights/ViT-B-16.pt weights/clip.safetensors': (
        (0, 'weights/clip.safetensors: ')
    ),
    f'{_CONVERT} work_dirs/demo pair.safetensors --naming openai': (
        (0, 'pair.safetensors: ')
    ),
    'python tools/model_converters/publish.py work_dirs/demo published '
    '--result work_dirs/demo/test': (0, 'written: published/clef_tiny_bp4d_fold1-'),
    f'{_INSPECT} {PUBLISHED}': (0, ', as its name says'),
    f'python tools/test.py {DEMO} {PUBLISHED}': (0, 'AU24'),
}
TOOLS = ('inspect', 'convert', 'publish')


def blocks(language):
    return re.findall(rf'```{language}\n(.*?)```', PAGE, re.DOTALL)


@pytest.fixture
def type_in(monkeypatch, tmp_path, capsys):
    """Type a command in a folder of its own; return exit code and what it says."""
    for folder in ('tools', 'configs'):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(huggingface_hub.constants, 'HF_HUB_OFFLINE', True)

    def run(command, *more):
        words = [
            path
            for word in (*shlex.split(command)[1:], *map(str, more))
            for path in (glob.glob(word) if '*' in word else [word])
        ]
        monkeypatch.setattr(sys, 'argv', words)
        code, message = 0, ''
        try:
            runpy.run_path(words[0], run_name='__main__')
        except SystemExit as end:
            code, message = 1, str(end.code)
        said = capsys.readouterr()
        return code, said.out + said.err + message

    return run


def test_every_command_is_known_to_this_test():
    lines = [line for block in blocks('bash') for line in block.splitlines()]
    assert set(lines) == set(COMMANDS)


@pytest.mark.filterwarnings('ignore:.*torch.jit.*:FutureWarning')
@pytest.mark.filterwarnings('ignore::torch.jit.TracerWarning')
@pytest.mark.slow
def test_commands_in_their_order(synthetic_bp4d, tmp_path, type_in):
    (tmp_path / 'weights').mkdir()
    clip = open_clip.CLIP(
        16,
        {'image_size': 16, 'patch_size': 8, 'layers': 1, 'width': 64},
        {'width': 64, 'heads': 1, 'layers': 1},
        quick_gelu=True,
    ).eval()
    state = {**clip.state_dict(), 'visual.mask_token': torch.zeros(64)}
    torch.save({'state_dict': state}, FARL)
    inputs = (torch.zeros(1, 3, 16, 16), torch.zeros(1, 77, dtype=torch.int64))
    torch.jit.save(torch.jit.trace(clip, inputs), 'weights/ViT-B-16.pt')

    small = 'train_cfg.max_epochs=1 model.weights=None'
    few = 'train_dataloader.num_workers=0 test_dataloader.num_workers=0'
    data = ('--data-root', synthetic_bp4d)
    for command in (
        f'python tools/train.py {DEMO} --cfg-options {small} {few}',
        f'python tools/test.py {DEMO} work_dirs/demo',
    ):
        code, said = type_in(command, *data)
        assert code == 0, said
    for command, (expected, message) in COMMANDS.items():
        code, said = type_in(command, *(data if 'test.py' in command else ()))
        assert code == expected, said
        assert message in said, said
    # The last command tested the published file: how its epoch was chosen is known.
    report = json.loads((tmp_path / 'work_dirs/demo/test/metrics.json').read_text())
    assert 'published/' in report['protocol']['checkpoint']
    assert report['protocol']['epoch_rule'] == 'best on validation'


@pytest.mark.parametrize('tool', TOOLS)
def test_help_answers_before_torch_is_imported(tool):
    done = subprocess.run(
        [sys.executable, '-X', 'importtime', f'tools/model_converters/{tool}.py', '-h'],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert 'usage: ' in done.stdout
    assert '| torch\n' not in done.stderr


def test_a_script_runs_beside_one_named_like_pythons_own_inspect(tmp_path):
    """And a user's mistake ends with one message."""
    done = subprocess.run(
        [
            *(sys.executable, ROOT / 'tools/model_converters/publish.py'),
            *('none.pth', 'out'),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert 'error: there is no weights file none.pth' in done.stderr
    assert 'Traceback' not in done.stderr


def test_the_vit_is_one_that_can_be_built():
    from mmengine.config import ConfigDict

    model = ConfigDict(image_encoder={}, data_preprocessor={})
    exec(blocks('python')[0], {'model': model})
    assert set(model.data_preprocessor) == {'mean', 'std'}
    model.image_encoder.arch.vision_cfg.timm_model_name = 'vit_tiny_patch16_224'
    model.image_encoder.arch.embed_dim = 192  # as tiny's class token
    assert OpenCLIPImageEncoder(**model.image_encoder).image_size == 224
