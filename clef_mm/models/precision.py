"""Which number format the towers compute in."""

from __future__ import annotations

import torch

PRECISIONS = ('auto', 'bf16', 'fp32')


def computes_bf16(device: torch.device) -> bool:
    """Tell whether ``device`` has bfloat16 instructions.

    On a CPU without them (AVX-512 BF16 or AMX) bfloat16 is emulated and slower than
    float32, so it is not enough that torch accepts it.
    """
    if device.type == 'cuda':
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == 'cpu':
        if not hasattr(torch.cpu, 'get_capabilities'):
            return False  # older torch cannot tell; float32 is never wrong
        capabilities = torch.cpu.get_capabilities()
        return any(capabilities.get(name) for name in ('avx512_bf16', 'amx_bf16'))
    return False


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Return the context in which the towers run on ``device``.

    Args:
        device: Where the towers are.
        precision: ``'auto'`` is bfloat16 where the device has it, else float32;
            ``'bf16'`` and ``'fp32'`` insist.
    """
    enabled = precision == 'bf16' or (precision == 'auto' and computes_bf16(device))
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled)
