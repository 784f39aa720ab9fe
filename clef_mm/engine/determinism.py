"""Whether the same seed gives the same numbers on the same machine."""

from __future__ import annotations

import os

import torch

CUBLAS = 'CUBLAS_WORKSPACE_CONFIG'


def set_deterministic(deterministic: bool) -> None:
    """Let torch choose kernels that repeat their numbers, or the fastest ones.

    An operation that has no such kernel raises. Only to warn of it would be no milder:
    of attention, torch then takes the kernels that do not repeat their gradients.

    Call it before the first matrix product on a GPU: cuBLAS is set up once.

    Args:
        deterministic: False leaves ``cudnn.benchmark`` as ``env_cfg`` has set it.
    """
    torch.use_deterministic_algorithms(deterministic)
    # Else each new tensor is filled with NaN first, for code that reads memory it has
    # not written. Nothing here does, and it made a small training step 8 % slower.
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.backends.cudnn.deterministic = deterministic
    if deterministic:
        torch.backends.cudnn.benchmark = False
        # Buffers of a fixed size per stream; a user's own choice stays.
        os.environ.setdefault(CUBLAS, ':4096:8')
