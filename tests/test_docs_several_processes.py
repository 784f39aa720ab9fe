"""Every command and the plainer claims of docs/several_processes.md."""

import os
import re
import stat
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
from mmengine.dataset import DefaultSampler

from clef_mm.engine.stop_signals import EXIT_CODE

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs/several_processes.md').read_text(encoding='utf-8')
BLOCKS = re.findall(r'```bash\n(.*?)```', PAGE, re.DOTALL)
STAGE_1 = 'configs/clef/clef_pretrain_vitb16_bp4d_fold1.py'
# What a stand-in for the program writes down; it ends with the codes given, in turn.
STAND_IN = """#!/bin/sh
echo "$@" >> asked
code=$(head -n 1 codes)
sed -i 1d codes
exit "${code:-0}"
"""


@pytest.fixture
def typed(synthetic_bp4d, tmp_path):
    """Type a block of commands in a folder with a small rendered BP4D."""
    for folder in ('tools', 'configs'):
        (tmp_path / folder).symlink_to(ROOT / folder)
    (tmp_path / 'data/synthetic').mkdir(parents=True)
    (tmp_path / 'data/synthetic/bp4d').symlink_to(synthetic_bp4d)
    programs = tmp_path / 'programs'
    programs.mkdir()

    def type_in(block, stand_in=None, codes=()):
        (tmp_path / 'codes').write_text('\n'.join(map(str, codes)))
        if stand_in:
            (programs / stand_in).write_text(STAND_IN)
            (programs / stand_in).chmod(stat.S_IRWXU)
        path = [str(programs), str(Path(sys.executable).parent), os.environ['PATH']]
        done = subprocess.run(
            ['bash', '-c', block],
            cwd=tmp_path,
            env={**os.environ, 'PATH': ':'.join(path), 'OMP_NUM_THREADS': '1'},
            capture_output=True,
            text=True,
            timeout=600,
        )
        printed = done.stdout + done.stderr
        assert done.returncode == 0, printed[-3000:]
        asked = tmp_path / 'asked'
        return printed, asked.read_text().splitlines() if asked.exists() else []

    return type_in


def small(block):
    """Let a command that trains do so for one epoch."""
    return f'{block.strip()} train_cfg.max_epochs=1 train_dataloader.num_workers=0'


def test_every_block_is_typed_here():
    starts = [block.split()[0] for block in BLOCKS]
    assert starts == [
        *('tools/dist_train.sh', 'torchrun', 'NNODES=2', 'GPUS=16'),
        *('export', 'python', 'tools/dist_train.sh'),
    ]


@pytest.mark.slow
def test_two_processes_train_and_test(typed, tmp_path):
    printed, _ = typed(small(BLOCKS[0]))
    assert '2 process(es)' in printed
    assert (tmp_path / 'work_dirs/two/epoch_1.pth').is_file()
    printed, _ = typed(BLOCKS[1])
    assert 'probe/accuracy' in printed
    typed(small(BLOCKS[6]))  # with towers in parts
    assert (tmp_path / 'work_dirs/parts/epoch_1.pth').is_file()


@pytest.mark.slow
def test_towers_that_compute_their_blocks_again_train(typed, tmp_path):
    typed(small(BLOCKS[5]))
    assert (tmp_path / 'work_dirs/recomputed/epoch_1.pth').is_file()


def test_several_machines(typed):
    _, asked = typed(BLOCKS[2], stand_in='python')
    assert [re.search(r'--node-rank=(\d)', line)[1] for line in asked] == ['0', '1']
    for line in asked:
        assert '--nnodes=2' in line
        assert '--master-addr=host0 --master-port=29500' in line
        assert f'tools/train.py {STAGE_1} --launcher pytorch' in line


def test_slurm(typed):
    _, (asked,) = typed(BLOCKS[3], stand_in='srun')
    assert '--ntasks=16' in asked
    assert '--time=4:00:00 python -u' in asked
    assert f'tools/train.py {STAGE_1} --launcher slurm' in asked


@pytest.mark.parametrize(
    ('codes', 'runs'),
    [((EXIT_CODE, EXIT_CODE, 0), 3), ((EXIT_CODE, 1), 2), ((0,), 1)],
)
def test_slurm_is_asked_again_while_a_run_can_go_on(typed, codes, runs):
    _, asked = typed(BLOCKS[4], stand_in='srun', codes=codes)
    assert len(asked) == runs
    assert all(line.endswith('--resume') for line in asked)


def test_shares_of_a_batch_are_the_batch_of_one_process(monkeypatch):
    def batches(rank, count, size):
        place = 'mmengine.dataset.sampler.get_dist_info'
        monkeypatch.setattr(place, lambda: (rank, count))
        indices = list(DefaultSampler(range(64), seed=3))
        return [indices[first : first + size] for first in range(0, len(indices), size)]

    shares = [batches(rank, 4, 4) for rank in range(4)]
    together = [sorted(chain(*parts)) for parts in zip(*shares, strict=True)]
    assert together == [sorted(batch) for batch in batches(0, 1, 16)]
