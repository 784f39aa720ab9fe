"""Seed every epoch by its number."""

from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.runner import Runner

from clef_mm.engine.randomness import seed_epoch
from clef_mm.registry import HOOKS


@HOOKS.register_module()
class SeedEpochHook(Hook):
    """Runs before the loader is iterated, which draws the seed of its workers."""

    priority = 'VERY_HIGH'

    def before_train_epoch(self, runner: Runner) -> None:
        """Make the randomness of the epoch a function of (seed, epoch, rank)."""
        seed_epoch(runner.seed, runner.epoch)
