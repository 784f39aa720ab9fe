"""Where the towers compute in bfloat16."""

import pytest
import torch

from clef_mm.models import precision
from clef_mm.models.precision import autocast, computes_bf16

CPU, CUDA = torch.device('cpu'), torch.device('cuda')


@pytest.mark.parametrize('can', [True, False])
@pytest.mark.parametrize('asked', ['auto', 'bf16', 'fp32'])
def test_auto_takes_bfloat16_exactly_where_the_device_has_it(monkeypatch, asked, can):
    monkeypatch.setattr(precision, 'computes_bf16', lambda device: can)
    with autocast(CPU, asked):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    half = {'auto': can, 'bf16': True, 'fp32': False}[asked]
    assert product.dtype == (torch.bfloat16 if half else torch.float32)


def test_fp32_holds_inside_another_autocast():
    with torch.autocast('cpu', dtype=torch.bfloat16), autocast(CPU, 'fp32'):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


@pytest.mark.parametrize(
    ('capabilities', 'expected'),
    [
        ({'avx512_bf16': True, 'amx_bf16': False}, True),
        ({'avx512_bf16': False, 'amx_bf16': True}, True),
        ({'avx512_bf16': False, 'avx2': True, 'architecture': 'x86_64'}, False),
        ({'architecture': 'aarch64'}, False),
    ],
)
def test_a_cpu_is_asked_for_its_instructions(monkeypatch, capabilities, expected):
    monkeypatch.setattr(
        torch.cpu, 'get_capabilities', lambda: capabilities, raising=False
    )
    assert computes_bf16(CPU) is expected


def test_an_older_torch_that_cannot_tell_means_float32(monkeypatch):
    monkeypatch.delattr(torch.cpu, 'get_capabilities', raising=False)
    assert computes_bf16(CPU) is False


@pytest.mark.parametrize('native', [True, False])
def test_a_gpu_must_compute_bfloat16_itself(monkeypatch, native):
    monkeypatch.setattr(
        torch.cuda,
        'is_bf16_supported',
        lambda including_emulation=True: native or including_emulation,
    )
    assert computes_bf16(CUDA) is native


def test_other_devices_keep_float32():
    assert computes_bf16(torch.device('meta')) is False
