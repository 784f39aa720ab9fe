"""Towers of which each process keeps a part: for those that fit on no single GPU."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from mmengine.dist import broadcast
from mmengine.optim import OptimWrapper
from mmengine.registry import MODEL_WRAPPERS
from torch import Tensor, nn
from torch.optim import Optimizer

from clef_mm import distributed
from clef_mm.structures import FaceSample


@MODEL_WRAPPERS.register_module()
class FullyShardedModel(nn.Module):
    """Split parameters, gradients and optimizer state over the processes (FSDP).

    A block of a tower is whole only while it computes. Weights are read and written
    whole, so that checkpoints are those of any other run and go on with any number of
    processes. Chosen by ``model_wrapper_cfg = dict(type='FullyShardedModel')``.

    Args:
        module: The model. Each of its parts is split that has parameters and is called
            by its ``forward``; a scalar, such as the temperature, is kept whole.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self._started = False
        module.to(memory_format=torch.contiguous_format)  # FSDP splits no other
        for value in module.state_dict().values():
            broadcast(value)  # random weights may differ, as with diff_rank_seed
        for part in module.children():
            if any(parameter.ndim for parameter in part.parameters()):
                for block in _blocks(part):
                    distributed.shard(block)
                distributed.shard(part)
            for parameter in part.parameters():
                if not parameter.ndim and parameter.requires_grad:
                    parameter.register_post_accumulate_grad_hook(_average_gradient)
        for part in module.modules():
            part.register_load_state_dict_pre_hook(_take_parts)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """Call the model."""
        return self.module(*inputs, **named)

    def train_step(
        self, data: dict[str, Any], optim_wrapper: OptimWrapper
    ) -> dict[str, Tensor]:
        """Train on a batch; return the losses."""
        if not self._started:
            _split_state(optim_wrapper.optimizer)
            self._started = True
        return self.module.train_step(data, optim_wrapper)

    def val_step(self, data: dict[str, Any]) -> list[FaceSample]:
        """Predict a batch."""
        return self.module.val_step(data)

    def test_step(self, data: dict[str, Any]) -> list[FaceSample]:
        """Predict a batch."""
        return self.module.test_step(data)


def _blocks(part: nn.Module) -> Iterable[nn.Module]:
    """Return the blocks of a tower of open_clip or timm; none of other parts."""
    tower = getattr(part, 'tower', part)
    tower = getattr(tower, 'trunk', tower)
    tower = getattr(tower, 'transformer', tower)
    return getattr(tower, 'resblocks', getattr(tower, 'blocks', ()))


def _average_gradient(parameter: nn.Parameter) -> None:
    # With accumulation this averages the mean of earlier steps again: no change.
    parameter.grad = distributed.mean_over_ranks(parameter.grad)


def _take_parts(
    module: nn.Module, state: dict[str, Tensor], prefix: str, *_: Any
) -> None:
    """Of the whole tensors of a checkpoint, leave a module its parts."""
    for name, own in module.named_parameters(recurse=False):
        if prefix + name in state:
            state[prefix + name] = distributed.part_like(state[prefix + name], own)


def _split_state(optimizer: Optimizer) -> None:
    """Split what a resumed run has read whole."""
    for parameter, state in optimizer.state.items():
        for name, value in state.items():
            if value.shape == parameter.shape:
                state[name] = distributed.part_like(value, parameter)
