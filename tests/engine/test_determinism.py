"""The same seed gives the same numbers, unless they are given up for speed."""

import os
from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from clef_mm.engine import Runner
from clef_mm.engine.config import load_config
from clef_mm.engine.determinism import CUBLAS, set_deterministic
from clef_mm.models.encoders.weights import read_file

ROOT = Path(__file__).resolve().parents[2]
CUDNN = torch.backends.cudnn

# What torch.use_deterministic_algorithms says to have no deterministic kernel on a GPU,
# as the names of its operations begin.
WITHOUT = (
    *('avg_pool3d_backward', '_adaptive_avg_pool2d_backward'),
    *('_adaptive_avg_pool3d_backward', 'adaptive_max_pool2d_backward'),
    *('fractional_max_pool2d_backward', 'fractional_max_pool3d_backward'),
    *('max_unpool2d', 'max_unpool3d', 'upsample_linear1d_backward'),
    *('upsample_bilinear2d_backward', 'upsample_bicubic2d_backward'),
    *('_upsample_bilinear2d_aa_backward', '_upsample_bicubic2d_aa_backward'),
    *('upsample_trilinear3d_backward', 'reflection_pad1d_backward'),
    *('reflection_pad2d_backward', 'reflection_pad3d_backward', 'nll_loss2d'),
    *('_ctc_loss_backward', 'put', 'histc', 'bincount', 'median', 'kthvalue'),
    *('grid_sampler_2d_backward', 'grid_sampler_3d_backward', 'scatter_reduce'),
)


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """Leave the switches of the process as they were found."""
    monkeypatch.delenv(CUBLAS, raising=False)  # restored afterwards, whatever is set
    before = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        CUDNN.deterministic,
        CUDNN.benchmark,
        torch.utils.deterministic.fill_uninitialized_memory,
    )
    yield
    torch.use_deterministic_algorithms(before[0], warn_only=before[1])
    CUDNN.deterministic, CUDNN.benchmark = before[2:4]
    torch.utils.deterministic.fill_uninitialized_memory = before[4]
    os.environ.pop(CUBLAS, None)


def flags():
    return (
        torch.are_deterministic_algorithms_enabled(),
        CUDNN.deterministic,
        CUDNN.benchmark,
    )


def test_on():
    CUDNN.benchmark = True
    set_deterministic(True)
    assert flags() == (True, True, False)
    # Only to warn would leave attention with kernels that do not repeat.
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
    assert os.environ[CUBLAS] == ':4096:8'
    assert not torch.utils.deterministic.fill_uninitialized_memory  # slow, no use


@pytest.mark.parametrize('benchmark', [True, False])
def test_off_leaves_what_env_cfg_has_set(benchmark):
    set_deterministic(True)
    CUDNN.benchmark = benchmark
    set_deterministic(False)
    assert flags() == (False, False, benchmark)


def test_off_sets_no_workspace():
    set_deterministic(False)
    assert CUBLAS not in os.environ


def test_a_workspace_of_the_user_stays(monkeypatch):
    monkeypatch.setenv(CUBLAS, ':16:8')
    set_deterministic(True)
    assert os.environ[CUBLAS] == ':16:8'


def test_the_base_config_says_so():
    config = load_config(ROOT / 'configs/demo/clef_tiny_bp4d_fold1.py')
    assert config.randomness == dict(seed=0, deterministic=True)


@pytest.mark.parametrize(
    ('randomness', 'expected'),
    [
        (dict(seed=3), True),
        (dict(seed=3, deterministic=True), True),
        (dict(seed=3, deterministic=False), False),
    ],
)
def test_a_run_sets_it(randomness, expected):
    set_deterministic(not expected)
    runner = Runner.__new__(Runner)
    runner.set_randomness(**randomness)
    assert flags()[:2] == (expected, expected)
    assert runner.deterministic is expected
    assert runner.seed == 3
    first = torch.rand(4)
    runner.set_randomness(**randomness)
    assert torch.equal(torch.rand(4), first)


def tiny(demo_config, name, stage='finetune', workers=0, **options):
    config = demo_config(stage, name, **{'train_cfg.max_epochs': 1, **options})
    config.train_dataloader.dataset.share = 0.3
    config.train_dataloader.num_workers = workers
    for part in ('dataloader', 'evaluator', 'cfg'):
        config.pop(f'val_{part}', None)
    config.train_cfg.pop('val_interval', None)
    config.default_hooks.checkpoint.pop('save_best', None)
    config.custom_hooks = []
    return config


def weights_of(config):
    Runner.from_cfg(config).train()
    return read_file(Path(config.work_dir, 'epoch_1.pth'))['state_dict']


def test_neither_workers_nor_what_ran_before_change_a_number(demo_config):
    """Bit for bit, with images read by no worker, by two, and after other runs."""
    first = weights_of(tiny(demo_config, 'first'))
    other = weights_of(tiny(demo_config, 'other', **{'randomness.seed': 1}))
    again = weights_of(tiny(demo_config, 'again', workers=2))
    assert first.keys() == again.keys()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


class Recorder(TorchDispatchMode):
    """Collects the names of all operations, those of the backward pass included."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


VIT = dict(
    embed_dim=16,
    quick_gelu=True,
    vision_cfg=dict(image_size=32, patch_size=16, layers=1, width=64),
    text_cfg=dict(context_length=77, vocab_size=49408, width=16, heads=2, layers=1),
)


@pytest.mark.parametrize('stage', ['pretrain', 'finetune'])
@pytest.mark.parametrize('tower', ['ResNet', 'ViT'])
def test_no_training_step_needs_an_operation_that_cannot_repeat(
    stage, tower, demo_config
):
    """What torch refuses on a GPU is looked for by name, as there may be none here."""
    config = tiny(demo_config, 'run', stage)
    config.train_dataloader.sampler = dict(type='DefaultSampler', shuffle=True)
    if tower == 'ViT':
        config.model.image_encoder.arch = VIT
        config.model.text_encoder.arch = VIT
    runner = Runner.from_cfg(config)
    with Recorder() as recorder:
        runner.train()
    backward = {name for name in recorder.names if 'backward' in name}
    assert len(backward) > 5  # the recorder does see them
    assert not {name for name in recorder.names if name.startswith(WITHOUT)}
