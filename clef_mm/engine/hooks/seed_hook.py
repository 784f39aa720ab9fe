"""Seed every step by its place in the run."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from clef_mm.randomness import seed_batch
from clef_mm.registry import HOOKS


@HOOKS.register_module()
class SeedHook(Hook):
    """Make what is random in a step a function of (seed, epoch, batch, rank)."""

    priority = 'VERY_HIGH'

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Seed before the batch is augmented."""
        seed_batch(runner.seed, runner.epoch, batch_idx)
