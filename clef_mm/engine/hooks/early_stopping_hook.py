"""Early stopping whose patience outlives a stopped run."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import EarlyStoppingHook as MMEngineEarlyStoppingHook
from mmengine.runner import Runner

from clef_mm.registry import HOOKS

_KEY = 'early_stopping'


@HOOKS.register_module()
class EarlyStoppingHook(MMEngineEarlyStoppingHook):
    """mmengine's hook, which remembers in the checkpoint how long it has waited.

    Arguments are mmengine's: ``monitor``, ``patience``, ``min_delta``, ``rule``, ...
    """

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Store the best score so far and how many validations it is ago."""
        checkpoint['meta'][_KEY] = {
            'wait_count': self.wait_count,
            'best_score': self.best_score,
        }

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Take both over when the run goes on."""
        state = checkpoint['meta'].get(_KEY)
        if runner._resume and state:
            self.wait_count = state['wait_count']
            self.best_score = state['best_score']
