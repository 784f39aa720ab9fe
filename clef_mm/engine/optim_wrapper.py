"""mmengine's optimizer wrapper, which accumulates within an epoch and never waits."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.optim import OptimWrapper as MMEngineOptimWrapper
from mmengine.registry import OPTIM_WRAPPERS
from torch import Tensor
from torch.nn.utils import clip_grad_norm_, get_total_norm

from clef_mm import distributed

STOP, SKIP = NON_FINITE = ('stop', 'skip')
"""What is done about gradients that are NaN or infinite."""


@OPTIM_WRAPPERS.register_module(name='clef_mm.OptimWrapper')
class OptimWrapper(MMEngineOptimWrapper):
    """Apply gradients, accumulated over some steps if asked.

    Other than with mmengine's own, the last steps of an epoch are applied with it, by
    their mean, so that no gradient waits where a run may be stopped; and the norm of
    the gradients is known without reading it back from the device at each step.

    Args:
        common: Arguments of mmengine's: ``optimizer``, ``accumulative_counts``,
            ``clip_grad``.
        non_finite: ``'stop'`` the run at a loss or gradient that is NaN or infinite, or
            ``'skip'`` the update: parameters and optimizer stay as they are, the
            schedule goes on. Skipping costs a wait for the device at each update.

    Attributes:
        gradient_norm: Of the last update, before clipping: L2, or what
            ``clip_grad.norm_type`` says; None before the first.
        skipped: Updates that were skipped, those before a resume included.

    Raises:
        ValueError: If ``non_finite`` is another word.
    """

    def __init__(self, *common: Any, non_finite: str = STOP, **named: Any) -> None:
        super().__init__(*common, **named)
        if non_finite not in NON_FINITE:
            raise ValueError(f'non_finite is one of {NON_FINITE}, got {non_finite!r}')
        self.skips = non_finite == SKIP
        self.gradient_norm: Tensor | None = None
        self.skipped = 0

    def initialize_count_status(self, *_: Any) -> None:
        """Count nothing over the whole run: see :meth:`start_epoch`."""

    def start_epoch(self, first: int, batches: int) -> None:
        """Count the steps that are left of an epoch.

        A run is stopped between two updates only, so the first group of gradients
        begins with the first step that is left, whatever was accumulated before.

        Args:
            first: Steps that were done before the run was stopped.
            batches: Steps of the whole epoch.
        """
        self._inner_count = 0
        self._max_counts = batches - first
        self._remainder_counts = self._max_counts % self._accumulative_counts

    def backward(self, loss: Tensor, **kwargs: Any) -> None:
        """Add the gradients of a loss."""
        if self.skips:
            # A loss that is no number may have gradients that are. As NaN they reach
            # the other processes too, and all of them skip the same update.
            loss = loss * torch.where(loss.detach().isfinite(), 1.0, torch.nan)
        super().backward(loss, **kwargs)

    def step(self, **kwargs: Any) -> None:
        """Measure, clip and apply the gradients."""
        parameters = [
            parameter
            for group in self.optimizer.param_groups
            for parameter in group['params']
            if parameter.grad is not None
        ]
        if self.clip_grad_kwargs and self.clip_func is clip_grad_norm_:
            norm = clip_grad_norm_(parameters, **self.clip_grad_kwargs)
        else:
            norm = get_total_norm([parameter.grad for parameter in parameters])
            if self.clip_grad_kwargs:
                self.clip_func(parameters, **self.clip_grad_kwargs)
        self.gradient_norm = norm = distributed.whole(norm.detach())
        if self.skips and not torch.isfinite(norm):
            self.skipped += 1
            return
        self.optimizer.step(**kwargs)

    def state_dict(self) -> dict[str, Any]:
        """Return mmengine's state and the number of skipped steps."""
        return {**super().state_dict(), 'skipped': self.skipped}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from :meth:`state_dict`."""
        state_dict = dict(state_dict)
        self.skipped = state_dict.pop('skipped', 0)
        super().load_state_dict(state_dict)
