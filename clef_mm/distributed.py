"""The one place that talks to torch.distributed: ranks, gathers, shared randomness."""

from __future__ import annotations

import os
import random
from functools import cache
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from clef_mm.launchers import LaunchError, process_variables

_shared_random = random.Random(0)
_store: dist.Store | None = None  # where all processes find what one has left there


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


def init_process_group(launcher: str = 'pytorch') -> None:
    """Join the processes that a launcher started: NCCL on GPUs, Gloo on CPUs.

    mmengine's own initialisation calls ``torch.cuda.set_device`` whatever the machine
    is, and under Slurm ``scontrol``; its Runner leaves a group alone that already
    exists.

    Args:
        launcher: ``'pytorch'`` (torchrun) or ``'slurm'``.

    Raises:
        LaunchError: If this process was started in another way.
    """
    global _store
    if dist.is_initialized():
        return
    os.environ.update(process_variables(launcher, os.environ))
    backend = 'gloo'
    if torch.cuda.is_available():
        torch.cuda.set_device(_own_gpu(int(os.environ['LOCAL_RANK'])))
        backend = 'nccl'
    _store, number, count = next(iter(dist.rendezvous('env://')))
    dist.init_process_group(backend, store=_store, rank=number, world_size=count)


def leave_process_group() -> None:
    """Part from the other processes, at the end of a run."""
    global _store
    if dist.is_initialized():
        dist.destroy_process_group()
        _host_group.cache_clear()
        _store = None


def _own_gpu(local_rank: int) -> int:
    count = torch.cuda.device_count()
    number = local_rank if count > 1 else 0  # Slurm may show each process its own only
    if number >= count:
        raise LaunchError(
            f'process {local_rank} of this machine finds no GPU for itself: there are '
            f'{count}. Start no more processes than GPUs.'
        )
    return number


def device_ids() -> list[int] | None:
    """Return the GPU of this process as DDP takes it; None on CPUs."""
    return [torch.cuda.current_device()] if torch.cuda.is_available() else None


def first_to_fail() -> bool:
    """Note that this process fails; return whether it is the first to do so.

    Where the process is gone that keeps count, nobody can tell: every one is the first.
    """
    try:
        return _store is None or _store.add('failures', 1) == 1
    except RuntimeError:
        return True


def lost_connection(error: BaseException) -> bool:
    """Tell whether an error only says that another process is gone."""
    return isinstance(error, dist.DistError) or (
        isinstance(error, RuntimeError) and 'gloo/transport' in str(error)
    )


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


def rows_per_rank(rows: Tensor) -> float:
    """Return how many rows a rank has on average.

    DDP averages gradients over ranks. A sum over this rank's rows that is divided by
    this number has the whole batch's mean as its average, whatever the share of a rank;
    the mean over its own rows would count each row of a small share for more.
    """
    sizes = gather_sizes(rows)
    return sum(sizes) / len(sizes)


def gather_objects(value: Any) -> list[Any]:
    """Return the value of every rank, in rank order; the hosts exchange them."""
    if not is_distributed():
        return [value]
    values = [None] * world_size()
    dist.all_gather_object(values, value, group=_host_group())
    return values


def wait_for_all() -> None:
    """Return when every process has come here; the hosts wait for each other."""
    if is_distributed():
        dist.barrier(group=_host_group())


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


def mean_over_ranks(value: Tensor) -> Tensor:
    """Return the mean of a tensor over the ranks, without gradient."""
    value = value.clone()
    dist.all_reduce(value)
    return value / world_size()


def shard(module: nn.Module) -> None:
    """Keep only a part of each parameter of a module, and of its gradient (FSDP).

    The parameters are whole while the module's ``forward`` or backward pass runs.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    device = next(module.parameters()).device.type
    mesh = init_device_mesh(device, (world_size(),))
    # By default the outermost modules would stay whole after a validation.
    fully_shard(module, mesh=mesh, reshard_after_forward=True)


def whole(value: Tensor) -> Tensor:
    """Return all of a tensor of which each rank keeps a part; others as they are.

    All ranks must ask for it.
    """
    return value.full_tensor() if _is_part(value) else value


def part_like(value: Tensor, own: Tensor) -> Tensor:
    """Return this rank's part of a tensor that all have, if it keeps one of ``own``."""
    if not _is_part(own) or _is_part(value):
        return value
    from torch.distributed.tensor import distribute_tensor

    value = value.to(own.device)
    return distribute_tensor(value, own.device_mesh, own.placements)


def _is_part(value: Tensor) -> bool:
    return hasattr(value, 'placements')  # DTensor, which takes long to import


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
