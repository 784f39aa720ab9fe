"""A pair of towers so small that whole models run in milliseconds."""

import copy
from functools import cache

import open_clip
import pytest
import torch

from clef_mm import distributed
from clef_mm.models.encoders import OpenCLIPImageEncoder, OpenCLIPTextEncoder
from clef_mm.structures import FaceSample

_ARCH = {
    'embed_dim': 16,
    'quick_gelu': True,
    'vision_cfg': {
        'image_size': 16,
        'patch_size': 8,
        'layers': 2,
        'width': 16,
        'head_width': 8,
    },
    'text_cfg': {
        'context_length': 77,
        'vocab_size': 49408,
        'width': 16,
        'heads': 2,
        'layers': 2,
    },
}


@pytest.fixture(autouse=True, scope='session')
def _one_thread():
    # Towers this small are slower on several.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True, scope='session')
def _one_tokenizer():
    # Reading the vocabulary takes longer than most of these tests.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(open_clip, 'SimpleTokenizer', cache(open_clip.SimpleTokenizer))
        yield


@pytest.fixture(autouse=True)
def _same_numbers_every_time():
    torch.manual_seed(0)
    distributed.shared_random().seed(0)


@pytest.fixture
def arch():
    """Sizes of the tiny pair; a copy, for a test to change."""
    return copy.deepcopy(_ARCH)


@pytest.fixture
def towers(arch):
    """Configs of both towers, as a model takes them."""
    return {
        'image_encoder': {'type': OpenCLIPImageEncoder, 'arch': arch},
        'text_encoder': {'type': OpenCLIPTextEncoder, 'arch': arch},
    }


@pytest.fixture
def faces():
    """Return a function that makes a batch as the loader does: uint8 and samples."""

    def make(count, size=16, **labels):
        images = torch.randint(0, 256, (count, size, size, 3), dtype=torch.uint8)
        samples = [
            FaceSample(
                subject='F001',
                sequence='T1',
                frame=number,
                **{name: values[number] for name, values in labels.items()},
            )
            for number in range(count)
        ]
        return {'inputs': images, 'data_samples': samples}

    return make
