"""The one place that talks to torch.distributed: ranks, gathers, shared randomness."""

from __future__ import annotations

import os
import random
from functools import cache
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

_shared_random = random.Random(0)


def is_distributed() -> bool:
    """Tell whether several processes train together."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def rank() -> int:
    """Return this process's number, 0 when alone."""
    return dist.get_rank() if is_distributed() else 0


def world_size() -> int:
    """Return the number of processes, 1 when alone."""
    return dist.get_world_size() if is_distributed() else 1


def shared_random() -> random.Random:
    """Return the random numbers on which all ranks agree (prompt templates).

    The seeding hook sets it from (seed, epoch), never from the rank.
    """
    return _shared_random


def init_process_group() -> None:
    """Join the processes that torchrun started: NCCL on GPUs, Gloo on CPUs.

    mmengine's own initialisation calls ``torch.cuda.set_device`` whatever the machine
    is and so fails without a GPU; its Runner leaves a group alone that already exists.
    """
    if dist.is_initialized():
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ['LOCAL_RANK']))
        dist.init_process_group('nccl')
    else:
        dist.init_process_group('gloo')


class _GatherRows(torch.autograd.Function):
    """Concatenate the rows of all ranks; the gradient is summed over the ranks."""

    @staticmethod
    def forward(ctx, rows: Tensor, sizes: list[int]) -> Tensor:  # noqa: ANN001
        ctx.sizes = sizes
        return torch.cat(_all_gather(rows, sizes))

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ANN001
        # Every rank's loss depends on every row: a row's gradient is the sum of all.
        # A copy: what autograd hands over may be the gradient of other tensors too.
        gradient = gradient.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(gradient)
        start = sum(ctx.sizes[: rank()])
        return gradient[start : start + ctx.sizes[rank()]], None


def _all_gather(rows: Tensor, sizes: list[int]) -> list[Tensor]:
    # Gloo and NCCL gather equal shapes only; a last batch may be uneven.
    padded = rows.new_zeros(max(sizes), *rows.shape[1:])
    padded[: len(rows)] = rows
    gathered = [torch.empty_like(padded) for _ in sizes]
    dist.all_gather(gathered, padded)
    return [part[:size] for part, size in zip(gathered, sizes, strict=True)]


@cache
def _host_group() -> dist.ProcessGroup:
    return dist.new_group(backend='gloo')


def gather_sizes(rows: Tensor) -> list[int]:
    """Return the number of rows on each rank.

    The numbers are known to the hosts, so they travel between the hosts: asking the
    GPUs would stall them at every step.
    """
    if not is_distributed():
        return [len(rows)]
    size = torch.tensor([len(rows)])
    sizes = [torch.empty_like(size) for _ in range(world_size())]
    dist.all_gather(sizes, size, group=_host_group())
    return torch.cat(sizes).tolist()


def gather_objects(value: Any) -> list[Any]:
    """Return the value of every rank, in rank order; the hosts exchange them."""
    if not is_distributed():
        return [value]
    values = [None] * world_size()
    dist.all_gather_object(values, value, group=_host_group())
    return values


class AnyRank:
    """Tell all ranks what one of them knows, one step later and without waiting."""

    def __init__(self) -> None:
        self._sent: tuple[dist.Work, Tensor] | None = None

    def tell(self, flag: bool) -> bool:
        """Send a flag; return whether any rank had sent True the time before.

        Alone, return the flag. All ranks must call it equally often.
        """
        if not is_distributed():
            return flag
        told = False
        if self._sent is not None:
            work, value = self._sent
            work.wait()
            told = bool(value)
        value = torch.tensor(int(flag))
        group = _host_group()
        self._sent = dist.all_reduce(value, dist.ReduceOp.MAX, group, True), value
        return told


def gather_rows(rows: Tensor, sizes: list[int]) -> Tensor:
    """Concatenate the rows of all ranks, in rank order, with gradient.

    Args:
        rows: (n_rank, ...) on this rank.
        sizes: Rows on each rank, from :func:`gather_sizes`.

    Returns:
        (sum(sizes), ...). The backward pass sums the gradients of all ranks, so that
        after DDP's averaging a loss scaled by the world size has exactly the parameter
        gradients that one process would have had on the whole batch.
    """
    if not is_distributed():
        return rows
    return _GatherRows.apply(rows, sizes)
