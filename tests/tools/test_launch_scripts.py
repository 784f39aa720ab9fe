"""tools/dist_train.sh and slurm_train.sh: what they ask for, and what then runs."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG = 'configs/demo/clef_pretrain_tiny_bp4d_fold1.py'
# Says what it was asked; with TASKS, starts that many processes as Slurm does and
# returns the largest of their exit codes.
SRUN = """#!/usr/bin/env bash
printf '%s\\n' "$@" > "$RECORD"
processes=()
for ((task = 0; task < ${TASKS:-0}; task++)); do
    while [ "${1#--}" != "$1" ]; do shift; done
    SLURM_PROCID=$task SLURM_LOCALID=$task SLURM_NTASKS=$TASKS \\
        SLURM_JOB_ID=$$ SLURM_STEP_ID=0 SLURM_STEP_NODELIST='node[01-02]' "$@" &
    processes+=($!)
done
code=${ENDS_WITH:-0}
for process in "${processes[@]}"; do
    wait "$process" || code=$?
done
exit "$code"
"""


@pytest.fixture
def typed(tmp_path):
    """Type a command where ``srun`` and ``python`` only say what they were asked."""
    programs = {
        'srun': SRUN,
        'python': '#!/bin/sh\nprintf "%s\\n" "$@" > "$RECORD"\n',
    }
    folder = tmp_path / 'bin'
    folder.mkdir()
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(stat.S_IRWXU)
    record = tmp_path / 'record'

    def type_in(*words, expect=0, **environment):
        done = subprocess.run(
            [str(word) for word in words],
            cwd=ROOT,
            env={
                **{name: os.environ[name] for name in ('HOME',) if name in os.environ},
                'PATH': f'{folder}:{os.environ["PATH"]}',
                'RECORD': str(record),
                'OMP_NUM_THREADS': '1',
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=300,
        )
        printed = done.stdout + done.stderr
        assert done.returncode == expect, printed[-3000:]
        return record.read_text().splitlines() if record.exists() else [], printed

    return type_in


def test_slurm_is_asked_for_what_the_environment_says(typed):
    asked, _ = typed(
        *('tools/slurm_train.sh', 'faces', 'clef', CONFIG, '--resume', '--work-dir'),
        'a b',
        GPUS='16',
        GPUS_PER_NODE='4',
        CPUS_PER_TASK='6',
        SRUN_ARGS='--time=1:00:00  --qos=low',
    )
    assert asked == [
        *('--partition=faces', '--job-name=clef', '--ntasks=16'),
        *('--ntasks-per-node=4', '--gres=gpu:4', '--cpus-per-task=6'),
        *('--signal=USR1@120', '--kill-on-bad-exit=1', '--time=1:00:00', '--qos=low'),
        *('python', '-u', 'tools/train.py', CONFIG, '--launcher', 'slurm'),
        *('--resume', '--work-dir', 'a b'),
    ]


@pytest.mark.parametrize(('gpus', 'on_node'), [('', '8'), ('2', '2'), ('16', '8')])
def test_slurm_defaults(typed, gpus, on_node):
    asked, _ = typed('tools/slurm_train.sh', 'faces', 'clef', CONFIG, GPUS=gpus)
    assert f'--ntasks={gpus or 8}' in asked
    assert f'--ntasks-per-node={on_node}' in asked
    assert f'--gres=gpu:{on_node}' in asked


def test_the_exit_code_of_a_stopped_run_comes_through(typed):
    typed(*('tools/slurm_train.sh', 'faces', 'clef', CONFIG), ENDS_WITH='75', expect=75)


def test_one_machine_finds_a_port_itself(typed):
    asked, _ = typed('tools/dist_train.sh', CONFIG, '2', '--resume')
    assert asked == [
        *('-m', 'torch.distributed.run', '--standalone', '--nproc-per-node=2'),
        *('tools/train.py', CONFIG, '--launcher', 'pytorch', '--resume'),
    ]


def test_several_machines_meet_at_the_first(typed):
    several = {'NNODES': '2', 'NODE_RANK': '1', 'MASTER_ADDR': 'host0'}
    asked, _ = typed('tools/dist_train.sh', CONFIG, '8', **several)
    assert asked[2:7] == [
        *('--nnodes=2', '--node-rank=1', '--master-addr=host0'),
        *('--master-port=29500', '--nproc-per-node=8'),
    ]
    asked, _ = typed('tools/dist_train.sh', CONFIG, '8', **several, PORT='1234')
    assert '--master-port=1234' in asked


@pytest.mark.parametrize('missing', ['NODE_RANK', 'MASTER_ADDR'])
def test_what_several_machines_need_is_named(typed, missing):
    several = {'NNODES': '2', 'NODE_RANK': '1', 'MASTER_ADDR': 'host0'}
    del several[missing]
    _, printed = typed('tools/dist_train.sh', CONFIG, '8', **several, expect=1)
    assert f'{missing}: set it to' in printed


@pytest.mark.parametrize('script', ['dist_train', 'slurm_train'])
def test_too_few_words_show_the_usage(typed, script):
    asked, printed = typed(f'tools/{script}.sh', CONFIG, expect=2)
    assert printed.startswith(f'usage: tools/{script}.sh')
    assert asked == []


@pytest.mark.slow
def test_two_processes_of_slurm_train(typed, synthetic_bp4d, tmp_path):
    _, printed = typed(
        *('tools/slurm_train.sh', 'faces', 'clef', CONFIG),
        *('--work-dir', tmp_path / 'run', '--data-root', synthetic_bp4d),
        *('--cfg-options', 'train_cfg.max_epochs=1', 'train_dataloader.num_workers=0'),
        'train_dataloader.batch_size=8',
        PYTHON=sys.executable,
        TASKS='2',
        MASTER_ADDR='127.0.0.1',  # node01 is a name of Slurm's only
    )
    assert '2 process(es)' in printed
    assert (tmp_path / 'run/epoch_1.pth').is_file()


@pytest.mark.slow
def test_processes_that_nobody_started_are_told_how():
    for launcher, script in (('pytorch', 'dist_train'), ('slurm', 'slurm_train')):
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(('SLURM', 'RANK', 'MASTER'))
        }
        done = subprocess.run(
            [sys.executable, 'tools/train.py', CONFIG, '--launcher', launcher],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert f'tools/{script}.sh' in done.stderr
        assert 'Traceback' not in done.stderr
