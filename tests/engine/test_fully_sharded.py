"""Parts of the towers on each process train as whole ones do."""

import multiprocessing
import os
import shutil
import socket

import pytest
import torch
import torch.multiprocessing as mp
from mmengine.config import Config

from clef_mm import distributed
from clef_mm.engine.config import ConfigError
from clef_mm.engine.runner import Runner

# Blocks, and no batch norm, which would blow rounding up.
VIT = dict(
    embed_dim=16,
    vision_cfg=dict(image_size=32, patch_size=8, layers=2, width=32, head_width=16),
)
SHARDED = {'type': 'FullyShardedModel'}


def train(path, work_dir, **options):
    """Train; return how much of the towers this process keeps."""
    config = Config.fromfile(path)
    config.merge_from_dict({'work_dir': str(work_dir), **options})
    runner = Runner.from_cfg(config)
    runner.train()
    parts = [
        getattr(weight, '_local_tensor', weight).numel()
        for weight in runner.model.parameters()
    ]
    return sum(parts) / sum(weight.numel() for weight in runner.model.parameters())


def work(rank, folder, port):
    os.environ.update(
        {'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': str(port), 'RANK': str(rank)},
        LOCAL_RANK=str(rank),
        WORLD_SIZE='2',
    )
    torch.set_num_threads(1)
    os.chdir(folder)
    kept = [
        train('config.py', 'whole'),
        train('config.py', 'parts', model_wrapper_cfg=SHARDED),
    ]
    distributed.wait_for_all()
    if rank == 0:
        os.mkdir('resumed')
        shutil.copy('parts/epoch_1.pth', 'resumed')
    distributed.wait_for_all()
    kept.append(train('config.py', 'resumed', model_wrapper_cfg=SHARDED, resume=True))
    averaged = {'custom_hooks': [dict(type='EMAHook')], 'model_wrapper_cfg': SHARDED}
    with pytest.raises(ConfigError, match='EMAHook copies a whole model'):
        train('config.py', 'averaged', **averaged)
    torch.save(kept, f'kept_{rank}.pt')
    distributed.leave_process_group()


@pytest.fixture
def runs(demo_config, tmp_path):
    """Folder with the checkpoints of three runs."""
    config = demo_config('finetune', launcher='pytorch')
    config.model.image_encoder.arch = VIT
    config.model.image_encoder.pop('channels_last')
    config.optim_wrapper.clip_grad = dict(max_norm=5.0)
    # The bias of attention's keys has no gradient but rounding, which Adam would blow
    # up to whole steps.
    config.optim_wrapper.optimizer.eps = 1e-3
    config.dump(tmp_path / 'config.py')
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('CUDA_VISIBLE_DEVICES', '')
        # One server imports what the ranks, its forks, need.
        multiprocessing.set_forkserver_preload([Runner.__module__])
        mp.start_processes(work, (str(tmp_path), port), 2, start_method='forkserver')
    return tmp_path


def tensors(value, name=''):
    """Yield every tensor of a checkpoint with its place."""
    if isinstance(value, torch.Tensor):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from tensors(item, f'{name}/{key}')


@pytest.mark.slow
def test_training_and_resuming_are_those_of_whole_towers(runs):
    for rank in range(2):
        whole, parts, resumed = torch.load(runs / f'kept_{rank}.pt')
        assert whole == 1
        assert parts == resumed == pytest.approx(0.5, abs=0.02)
    states = [
        {
            part: dict(tensors(torch.load(runs / name / 'epoch_2.pth')[part]))
            for part in ('state_dict', 'optimizer')
        }
        for name in ('whole', 'parts', 'resumed')
    ]
    for part in ('state_dict', 'optimizer'):
        whole, parts, resumed = (state[part] for state in states)
        assert list(whole) == list(parts) == list(resumed)
        assert len(whole) > 40
        for key, value in whole.items():
            torch.testing.assert_close(
                parts[key],
                value,
                rtol=1e-3,
                atol=1e-3 * value.abs().max().item(),
                msg=lambda text, key=key: f'{key}: {text}',
            )
            assert torch.equal(resumed[key], parts[key]), key
