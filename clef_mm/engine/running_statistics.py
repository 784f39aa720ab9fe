"""What a forward pass leaves in a model in training: statistics of BatchNorm."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase


class RunningStatistics:
    """The running statistics of a model, kept in order to be put back.

    Args:
        model: Any; one without BatchNorm, such as a ViT, has none.
    """

    def __init__(self, model: nn.Module) -> None:
        self._current: list[Tensor] = [
            statistic
            for module in model.modules()
            if isinstance(module, _NormBase)
            for statistic in module.buffers(recurse=False)
        ]
        self.keep()

    def keep(self) -> None:
        """Remember them as they are."""
        self._kept = [statistic.clone() for statistic in self._current]

    @torch.no_grad()
    def put_back(self) -> None:
        """Make them what they were when they were kept."""
        for statistic, kept in zip(self._current, self._kept, strict=True):
            statistic.copy_(kept)
