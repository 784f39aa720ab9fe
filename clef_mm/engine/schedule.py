"""Learning-rate schedule: linear warm-up, then cosine."""

from __future__ import annotations

import math
from typing import Any

from mmengine.optim.scheduler.lr_scheduler import LRSchedulerMixin
from mmengine.optim.scheduler.param_scheduler import _ParamScheduler
from mmengine.registry import PARAM_SCHEDULERS


@PARAM_SCHEDULERS.register_module()
class WarmupCosineLR(LRSchedulerMixin, _ParamScheduler):
    """Rise linearly to the base rate, then fall along a cosine to ``final_lr``.

    One schedule in iterations over the whole run, with the warm-up as a share of it:
    mmengine's own pair of schedulers fails when warm-up and run have the same length
    (a one-epoch try-out) and climbs again when an ``end`` is forgotten.

    Args:
        optimizer: The optimizer (wrapper).
        warmup: Share of the run spent rising, in [0, 1).
        final_lr: Learning rate of the last iteration.
        end: Iterations of the run; the Runner fills it in.
        last_step: Iteration to continue from.
        epoch_length: Not used; the Runner passes it to every schedule.
    """

    def __init__(
        self,
        optimizer: Any,
        warmup: float = 0.0,
        final_lr: float = 0.0,
        end: int = 1,
        last_step: int = -1,
        by_epoch: bool = False,
        epoch_length: int | None = None,
    ) -> None:
        if not 0 <= warmup < 1:
            raise ValueError(f'warmup must be a share in [0, 1), got {warmup}')
        if by_epoch:
            raise ValueError('WarmupCosineLR counts iterations: by_epoch=False')
        self.warmup = warmup
        self.final_lr = final_lr
        super().__init__(
            optimizer, end=end, last_step=last_step, by_epoch=False, verbose=False
        )

    def _get_value(self) -> list[float]:
        return [
            warmup_cosine(self.last_step, self.end, base, self.warmup, self.final_lr)
            for base in self.base_values
        ]


def warmup_cosine(
    step: int, steps: int, base: float, warmup: float, final: float
) -> float:
    """Return the learning rate of iteration ``step`` of ``steps``.

    With w = round(warmup * steps): base * (step + 1) / (w + 1) while step < w, then a
    half cosine from base to exactly ``final`` at the last iteration.
    """
    rising = round(warmup * steps)
    if step < rising:
        return base * (step + 1) / (rising + 1)
    progress = (step - rising) / max(1, steps - 1 - rising)
    return final + (base - final) * (1 + math.cos(math.pi * min(1.0, progress))) / 2
