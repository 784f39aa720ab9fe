"""Several processes train on parts of a batch as one process does on the whole."""

import multiprocessing
import os
import socket
from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from clef_mm import distributed
from clef_mm.engine.runner import Runner
from clef_mm.models import (
    ActionUnitRecognizer,
    ActivityPretrainer,
    CaptionPretrainer,
    ExpressionRecognizer,
)
from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder
from clef_mm.models.losses import (
    ActionUnitLoss,
    CrossModalSupConLoss,
    ExpressionLoss,
    NameDescriptionLoss,
)
from clef_mm.structures import FaceSample

ARCH = {
    'embed_dim': 16,
    'quick_gelu': True,
    'vision_cfg': {
        **{'image_size': 16, 'patch_size': 8},
        **{'layers': 2, 'width': 16, 'head_width': 8},
    },
    'text_cfg': {
        **{'context_length': 77, 'vocab_size': 49408},
        **{'width': 16, 'heads': 2, 'layers': 1},
    },
}
IMAGE = {'image_encoder': {'type': OpenCLIPImageEncoder, 'arch': ARCH}}
TEXT = {'text_encoder': {'type': OpenCLIPTextEncoder, 'arch': ARCH}}
UNITS, EXPRESSIONS = ('AU1', 'AU4', 'AU12'), ('neutral', 'happiness', 'anger')
STAGE_1 = {
    **IMAGE,
    'type': ActivityPretrainer,
    'activities': 'bp4d_activities',
    'loss': {'type': CrossModalSupConLoss},
}
UNIT_STAGE_2 = {
    **IMAGE,
    'type': ActionUnitRecognizer,
    'classes': UNITS,
    'bank': 'action_units',
    'loss_label': {'type': ActionUnitLoss, 'positive_weight': [0.5, 2.0, 1.0]},
}
MODELS = {
    'stage 1': {**STAGE_1, **TEXT},
    'stage 1, SimCLR': {**STAGE_1, 'text_pairs': False, 'pairing': 'image'},
    'action units': {
        **UNIT_STAGE_2,
        **TEXT,
        'loss_text': {'type': NameDescriptionLoss},
    },
    'action units, no texts': {**UNIT_STAGE_2, 'texts': ()},
    'expressions': {
        **IMAGE,
        **TEXT,
        'type': ExpressionRecognizer,
        'classes': EXPRESSIONS,
        'bank': 'expressions',
        'loss_label': {'type': ExpressionLoss, 'class_weight': [0.5, 2.0, 1.0]},
        'texts': ('name',),
    },
    'captions': {**IMAGE, **TEXT, 'type': CaptionPretrainer},
}
LEARNT_TEMPERATURE = ('action units', 'expressions', 'captions')
# Images on each process; a last batch may be uneven, or a single image.
SHARES = [(4, 4), (7, 3), (1, 8), (2, 2, 2, 2), (3, 3, 2, 2), (1, 4, 3, 1)]
CASES = [(name, shares) for name in MODELS for shares in SHARES]


def build(name):
    torch.manual_seed(0)
    settings = dict(MODELS[name])
    return settings.pop('type')(**settings, precision='fp32').train()


def batch(name, rows):
    """Return these rows of one large batch: normalised views, and samples."""
    draw = np.random.default_rng(0)
    views = 2 if name.startswith('stage 1') else 1
    images = torch.randn(views, 12, 3, 16, 16, generator=torch.manual_seed(1))
    samples = [
        FaceSample(
            subject='F001',
            frame=number,
            activity=int(draw.integers(3)),
            gt_aus=draw.integers(-1, 2, len(UNITS)).astype(np.int8),
            gt_expression=int(draw.integers(len(EXPRESSIONS))),
            caption=f'{number} faces',
        )
        for number in range(12)
    ]
    return images[:, rows].flatten(0, 1), samples[rows]


def step(name, model, rows):
    """Return the loss, its parts and all gradients of a training step."""
    distributed.shared_random().seed(7)  # the templates
    plain = getattr(model, 'module', model)
    total, parts = plain.parse_losses(model(*batch(name, rows), mode='loss'))
    total.backward()
    return parts, {key: weight.grad for key, weight in plain.named_parameters()}


def deviation(name, shares, expected):
    """Return how a step of these processes differs from that of one, or ''."""
    runner = Runner.__new__(Runner)  # of a Runner only what wraps a model
    runner._distributed, runner.cfg = True, {}
    bounds = [0, *np.cumsum(shares)]
    rows = [slice(*pair) for pair in pairwise(bounds)][distributed.rank()]
    losses, gradients = step(name, runner.wrap_model(None, build(name)), rows)
    for value in losses.values():
        dist.all_reduce(value)
        value /= len(shares)
    try:
        for found, alone in zip((losses, gradients), expected, strict=True):
            assert list(found) == list(alone)
            for key, value in alone.items():
                torch.testing.assert_close(
                    found[key],
                    value,
                    rtol=1e-4,
                    atol=1e-5 * value.abs().max().item(),
                    msg=lambda text, key=key: f'{key}: {text}',
                )
    except AssertionError as error:
        return str(error)
    return ''


def work(rank, count, port, folder):
    os.environ.update(
        {'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': str(port), 'RANK': str(rank)},
        LOCAL_RANK=str(rank),
        WORLD_SIZE=str(count),
    )
    torch.set_num_threads(1)
    distributed.init_process_group()
    expected = torch.load(f'{folder}/alone.pt')
    found = {
        (name, shares): deviation(name, shares, expected[name, sum(shares)])
        for name, shares in CASES
        if len(shares) == count
    }
    torch.save(found, f'{folder}/{count}_{rank}.pt')
    distributed.leave_process_group()


@pytest.fixture(scope='module')
def alone():
    """The step of one process, by model and size of the batch."""
    sizes = sorted({sum(shares) for shares in SHARES})
    return {
        (name, size): step(name, build(name), slice(size))
        for name in MODELS
        for size in sizes
    }


@pytest.fixture(scope='module')
def deviations(alone, tmp_path_factory):
    """What each process found to differ, by case."""
    folder = tmp_path_factory.mktemp('ranks')
    torch.save(alone, folder / 'alone.pt')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('CUDA_VISIBLE_DEVICES', '')
        # One server imports what the ranks, its forks, need.
        multiprocessing.set_forkserver_preload([Runner.__module__])
        for count in (2, 4):
            with socket.socket() as free:
                free.bind(('127.0.0.1', 0))
                port = free.getsockname()[1]
            arguments = (count, port, str(folder))
            mp.start_processes(work, arguments, count, start_method='forkserver')
    found = [torch.load(path) for path in folder.glob('[24]_*.pt')]
    return {case: [each[case] for each in found if case in each] for case in CASES}


@pytest.mark.slow
@pytest.mark.parametrize('case', CASES, ids=str)
def test_loss_and_gradients_are_those_of_one_process(deviations, case):
    assert deviations[case] == [''] * len(case[1])


@pytest.mark.parametrize('name', MODELS)
def test_the_objective_reaches_every_parameter(alone, name):
    """So that equal gradients say something."""
    losses, gradients = alone[name, 10]
    assert losses['loss'] > 0
    assert ('logit_scale.log' in gradients) == (name in LEARNT_TEMPERATURE)
    for key, gradient in gradients.items():
        assert gradient is not None, key
        assert gradient.abs().max() > 0, key
