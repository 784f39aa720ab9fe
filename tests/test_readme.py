"""Every command and every file that the README shows."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clef_mm.registry import DATASETS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / 'README.md').read_text(encoding='utf-8')

# .ci/run calls these two in a fresh clone; they cannot run inside the suite.
RUN_BY_CI = {'make demo', 'make test'}
_CLEF = 'configs/clef/clef_vitb16_bp4d_fold1.py'
_ALIGNED = '--data-root data/bp4d_aligned'
# Command: what it says where the licensed data is not.
NEED_LICENSED_DATA = {
    'python tools/dataset_tools/doctor.py bp4d data/bp4d': 'data/bp4d is no folder',
    'python tools/dataset_tools/prepare.py bp4d --src data/bp4d '
    '--dst data/bp4d_aligned': 'BP4D is not in data/bp4d',
    f'python tools/dataset_tools/browse.py {_CLEF} {_ALIGNED}': (
        'data/bp4d_aligned/ is missing'
    ),
    'python tools/train.py configs/clef/clef_pretrain_vitb16_bp4d_fold1.py '
    f'{_ALIGNED}': 'data/bp4d_aligned/ is missing',
    f'python tools/train.py {_CLEF} {_ALIGNED}': 'data/bp4d_aligned/ is missing',
    f'python tools/test.py {_CLEF} work_dirs/clef_vitb16_bp4d_fold1 {_ALIGNED}': (
        'data/bp4d_aligned/ is missing'
    ),
}
OWN_BANK = (
    'python tools/train.py configs/demo/clef_tiny_bp4d_fold1.py '
    '--work-dir work_dirs/my_bank --cfg-options model.bank=my_bank.yaml'
)
# The Makefile does the same, for the tests on top; CI runs it in a fresh clone.
INSTALL = "pip install --editable '.[prepare]'"
COPY_BANK = 'cp clef_mm/prompts/banks/action_units.yaml my_bank.yaml'


def blocks(language):
    return re.findall(rf'```{language}\n(.*?)```', README, re.DOTALL)


def commands():
    return {line for block in blocks('bash') for line in block.splitlines() if line}


def test_every_command_is_known_to_this_test():
    assert commands() == {
        *(*RUN_BY_CI, *NEED_LICENSED_DATA, INSTALL, OWN_BANK, COPY_BANK)
    }


def test_the_makefile_installs_as_the_readme_says():
    makefile = (ROOT / 'Makefile').read_text()
    assert INSTALL.replace('prepare', 'tests').removeprefix('pip ') in makefile.replace(
        '--quiet ', ''
    )


def test_ci_runs_the_two_make_targets():
    script = (ROOT / '.ci/run').read_text()
    assert all(command in script for command in RUN_BY_CI)


@pytest.mark.parametrize(('command', 'message'), NEED_LICENSED_DATA.items())
def test_commands_on_the_real_data_say_what_is_missing(command, message, tmp_path):
    words = re.sub(r'(?<= )(tools|configs)/', rf'{ROOT}/\1/', command)
    done = subprocess.run(
        [sys.executable, *words.split()[1:]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert message in done.stderr
    assert 'Traceback' not in done.stderr


@pytest.mark.slow
def test_own_bank_trains(demo_config, tmp_path, monkeypatch):
    from clef_mm.engine import Runner

    shutil.copy(ROOT / COPY_BANK.split()[1], tmp_path / 'my_bank.yaml')
    monkeypatch.chdir(tmp_path)
    key, value = OWN_BANK.split()[-1].split('=')
    config = demo_config('finetune', **{key: value, 'train_cfg.max_epochs': 1})
    runner = Runner.from_cfg(config)
    runner.train()
    assert runner.model.bank.source.endswith('my_bank.yaml')


def test_own_dataset_in_one_file(tmp_path, monkeypatch):
    import cv2
    import numpy as np

    from clef_mm.datasets.samplers import SubjectBalancedSampler
    from clef_mm.datasets.synthetic import Identity, render
    from clef_mm.engine.config import load_config

    code = next(block for block in blocks('python') if 'my_faces.py' in block)
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) <= 60
    (tmp_path / 'my_faces.py').write_text(code)
    monkeypatch.syspath_prepend(tmp_path)

    rows = ['file,person,clip,frame,AU1,AU12']
    for index, person in enumerate(('anna', 'anna', 'ben', 'cleo')):
        face = render(Identity.draw(np.random.default_rng(index)), {12: index / 4})
        cv2.imwrite(str(tmp_path / f'{index}.png'), face[..., ::-1])
        rows.append(f'{index}.png,{person},c1,{index},{index % 2},-1')
    (tmp_path / 'labels.csv').write_text('\n'.join(rows))

    from my_faces import MyFaces

    dataset = MyFaces(tmp_path, subjects=['anna', 'ben'])
    assert [dataset.get_data_info(i)['subject'] for i in range(len(dataset))] == [
        'anna',
        'anna',
        'ben',
    ]
    assert dataset.get_data_info(1)['gt_aus'].tolist() == [1, -1]
    assert Path(dataset.get_data_info(2)['img_path']).is_file()
    assert DATASETS.get('MyFaces') is MyFaces

    # A config beside it finds it.
    (tmp_path / 'mine.py').write_text(
        'from my_faces import MyFaces\n\n'
        "train_dataloader = dict(dataset=dict(type=MyFaces, data_root='.'))\n"
    )
    monkeypatch.setattr(sys, 'path', [p for p in sys.path if p != str(tmp_path)])
    sys.modules.pop('my_faces')
    DATASETS.module_dict.pop('MyFaces')
    config = load_config(tmp_path / 'mine.py')
    assert config.train_dataloader.dataset.type.__name__ == 'MyFaces'

    # As the README says, preparation works on it without a line more.
    crops = tmp_path.parent / 'my_crops'
    done = subprocess.run(
        [
            *(sys.executable, ROOT / 'tools/dataset_tools/prepare.py', 'MyFaces'),
            *('--import', 'my_faces', '--src', tmp_path, '--dst', crops),
            *('--workers', '2'),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    prepared = MyFaces(crops)
    assert prepared.column('gt_aus').tolist() == [[0, -1], [1, -1], [0, -1], [1, -1]]
    assert prepared.metainfo['crop']['name'] == 'aligned'
    sampler = SubjectBalancedSampler(prepared, seed=0)
    assert len(list(sampler)) == 4


def test_pictures_and_files_exist():
    for target in re.findall(r'\]\((?!http)([^)]+)\)', README):
        assert (ROOT / target).is_file(), target
    for folder in ('clef_mm/prompts', 'configs', 'tools', 'tests'):
        assert (ROOT / folder).is_dir()
