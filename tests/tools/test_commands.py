"""The commands, as a user types them."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO1 = 'configs/demo/clef_pretrain_tiny_bp4d_fold1.py'
DEMO2 = 'configs/demo/clef_tiny_bp4d_fold1.py'
SMALL = [
    'train_cfg.max_epochs=1',
    'train_dataloader.num_workers=0',
    'test_dataloader.num_workers=0',
]


def run(*words, cwd=ROOT, expect=0, **environment):
    """Run a tool; return what it printed, stdout and stderr together."""
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=300,
    )
    printed = done.stdout + done.stderr
    assert done.returncode == expect, printed[-3000:]
    return printed


@pytest.fixture(scope='module')
def trained(synthetic_bp4d, tmp_path_factory):
    """Both demo stages trained by the command line for one epoch on a small tree."""
    out = tmp_path_factory.mktemp('runs')
    common = ['--data-root', synthetic_bp4d, '--cfg-options', *SMALL]
    batch = 'train_dataloader.batch_size=16'
    first = run('tools/train.py', DEMO1, '--work-dir', out / 'stage1', *common, batch)
    second = run(
        'tools/train.py',
        DEMO2,
        '--work-dir',
        out / 'stage2',
        *common,
        batch,
        f'model.weights={out / "stage1"}',
    )
    return out, first, second


@pytest.mark.slow
def test_training_says_what_it_does(trained):
    _, first, second = trained
    for text in ('The plan', 'random weights', 'SYNTHETIC stand-in', 'loss_image'):
        assert text in first
    for text in ('stage1', 'class weights', 'loss_label', 'loss_text', 'eta:'):
        assert text in second


@pytest.mark.slow
def test_testing_writes_table_json_and_chart(trained, synthetic_bp4d):
    out = trained[0]
    printed = run(
        'tools/test.py',
        DEMO2,
        out / 'stage2',
        '--data-root',
        synthetic_bp4d,
        '--work-dir',
        out / 'report',
    )
    assert '| AU24' in printed
    assert 'SYNTHETIC DATA' in printed
    report = json.loads((out / 'report/metrics.json').read_text())
    assert 0 <= report['metrics']['au_f1/mean'] <= 1
    assert report['protocol']['threshold']['rule'] == 'fixed'
    assert set(report['protocol']['threshold']['values'].values()) == {0.5}
    assert report['protocol']['subjects'] == ['F001', 'F002', 'M001', 'M004']
    assert report['protocol']['synthetic'] is True
    assert 'validation' in report['protocol']['epoch_rule']
    assert (out / 'report/per_au_f1.png').read_bytes().startswith(b'\x89PNG')


@pytest.mark.slow
def test_oracle_numbers_are_flagged(trained, synthetic_bp4d):
    out = trained[0]
    words = ['tools/test.py', DEMO2, out / 'stage2', '--data-root', synthetic_bp4d]
    words += ['--work-dir', out / 'oracle', '--threshold', 'oracle']
    assert 'ORACLE, not comparable: threshold chosen on the test' in run(*words)
    report = json.loads((out / 'oracle/metrics.json').read_text())
    assert report['protocol']['oracle'] == ['threshold chosen on the test frames']
    printed = run(*words, '--epoch', 'best-on-test', expect=1)
    assert 'max_keep_ckpts=-1' in printed


@pytest.mark.slow
def test_stage_1_is_probed(trained, synthetic_bp4d):
    out = trained[0]
    run(
        *('tools/test.py', DEMO1, out / 'stage1', '--data-root', synthetic_bp4d),
        *('--work-dir', out / 'probe'),
    )
    metrics = json.loads((out / 'probe/metrics.json').read_text())['metrics']
    assert {'probe/accuracy', 'probe/chance', 'probe/zero_shot_accuracy'} <= set(
        metrics
    )


@pytest.mark.slow
def test_two_processes_train_and_test_on_cpus(trained, synthetic_bp4d, tmp_path):
    """mmengine's own launcher asks for a GPU (T4) and names one to DDP (T5)."""
    out = trained[0]
    launch = ['-m', 'torch.distributed.run', '--nproc-per-node', '2', '--master-port']
    common = ['--launcher', 'pytorch', '--data-root', synthetic_bp4d]
    run(
        *launch,
        '29631',
        *('tools/train.py', DEMO1, '--work-dir', tmp_path / 'both', *common),
        *('--cfg-options', *SMALL, 'train_dataloader.batch_size=8'),
    )
    assert (tmp_path / 'both/epoch_1.pth').is_file()
    for processes, words in (('1', []), ('2', [*launch, '29632'])):
        run(
            *words,
            *('tools/test.py', DEMO2, out / 'stage2', '--data-root', synthetic_bp4d),
            *('--work-dir', tmp_path / processes),
            *(['--launcher', 'pytorch'] if words else []),
            *('--cfg-options', 'test_dataloader.batch_size=7'),
        )
    one, two = (
        json.loads((tmp_path / name / 'metrics.json').read_text())['metrics']
        for name in ('1', '2')
    )
    assert one == pytest.approx(two, abs=1e-9)


@pytest.mark.parametrize('tool', ['train.py', 'test.py'])
def test_help_answers_at_once(tool):
    start = time.perf_counter()
    printed = run(f'tools/{tool}', '--help')
    assert time.perf_counter() - start < 2
    for flag in ('--work-dir', '--cfg-options', '--launcher'):
        assert flag in printed


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (['tools/train.py', 'configs/nowhere.py'], 'no config file'),
        (
            ['tools/train.py', DEMO2, '--cfg-options', 'modle.weights=x'],
            "no key 'modle'; did you mean 'model'",
        ),
        (['tools/train.py', DEMO2, '--cfg-options', 'model.weights'], 'KEY=VALUE'),
        (['tools/train.py', DEMO2, '--data-root', 'nowhere'], 'make_synthetic.py bp4d'),
        (
            ['tools/train.py', 'configs/clef/clef_vitb16_bp4d_fold3.py'],
            'clef_pretrain_vitb16_bp4d_fold3.py',
        ),
    ],
)
def test_a_users_mistake_ends_with_one_message(words, message, tmp_path):
    printed = run(*words, expect=1)
    assert message in printed
    assert 'error: ' in printed
    assert 'Traceback' not in printed


def test_wrong_checkpoint_ends_with_one_message(synthetic_bp4d, tmp_path):
    (tmp_path / 'bad.pth').write_bytes(b'not a checkpoint')
    printed = run(
        *('tools/test.py', DEMO2, tmp_path / 'bad.pth', '--data-root', synthetic_bp4d),
        *('--work-dir', tmp_path / 'out'),
        expect=1,
    )
    assert 'bad.pth' in printed
    assert 'Traceback' not in printed


@pytest.mark.slow
def test_a_wheel_brings_configs_banks_and_splits(tmp_path):
    """Unpacked outside the checkout, it builds a model from a config it ships."""
    source = tmp_path / 'source'
    shutil.copytree(
        ROOT,
        source,
        ignore=shutil.ignore_patterns('.*', 'data', 'work_dirs', 'tests', '*.egg-info'),
    )
    run('-m', 'pip', 'wheel', '--no-deps', '-q', '-w', tmp_path, source)
    wheel = next(tmp_path.glob('clef_mm-*.whl'))
    shutil.unpack_archive(wheel, tmp_path / 'site', 'zip')
    code = f"""
from pathlib import Path
import clef_mm
home = Path(clef_mm.__file__).parent
assert home == Path({str(tmp_path / 'site' / 'clef_mm')!r}), home
from clef_mm.engine.config import load_config
from clef_mm.datasets.folds import get_fold
from clef_mm.registry import MODELS
config = load_config(home / 'configs/demo/clef_tiny_bp4d_fold1.py')
from clef_mm.evaluation.published import read_table
assert read_table('table6').rows[-1].values['BP4D'] == 65.9
print(type(MODELS.build(config.model)).__name__, len(get_fold('bp4d', 1).test))
print(len(list((home / 'datasets').rglob('*.json'))))
"""
    printed = run(
        '-c', code, cwd=tmp_path, PYTHONPATH=str(tmp_path / 'site'), PYTHONSAFEPATH='1'
    )
    assert 'ActionUnitRecognizer 14' in printed
    data_files = list((ROOT / 'clef_mm/datasets').rglob('*.json'))
    assert printed.split()[-1] == str(len(data_files))
