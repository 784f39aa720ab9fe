"""Stop a run whose losses or gradients are no numbers any more."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from clef_mm.engine.finite_steps import FiniteSteps
from clef_mm.registry import HOOKS


@HOOKS.register_module()
class FiniteHook(Hook):
    """Check each step; nothing is saved before the last one was checked.

    With ``optim_wrapper.non_finite='skip'`` the optimizer leaves such steps out, and
    they are counted here.
    """

    priority = 'VERY_HIGH'

    def __init__(self) -> None:
        self.steps = FiniteSteps()
        self.skipped = 0

    def before_train(self, runner: Runner) -> None:
        """Go on counting where the run was stopped."""
        self.skipped = runner.optim_wrapper.skipped

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict[str, Tensor] | None = None,
    ) -> None:
        """Look at losses and gradient norm.

        Raises:
            NonFiniteError: If one is NaN or infinite, unless such steps are skipped.
        """
        wrapper = runner.optim_wrapper
        place = f'epoch {runner.epoch + 1}, iteration {runner.iter + 1}'
        if wrapper.skips:
            if wrapper.skipped > self.skipped:
                self.skipped = wrapper.skipped
                names = ', '.join(sample.name for sample in data_batch['data_samples'])
                runner.logger.warning(
                    f'{place} skipped, the {self.skipped}. of the run: its gradients '
                    f'are not finite; batch of {names}'
                )
            return
        parts = dict(outputs)
        if wrapper.gradient_norm is not None:
            parts['gradient norm'] = wrapper.gradient_norm
        self.steps.check(place, parts, data_batch['data_samples'])

    def after_train_epoch(self, runner: Runner) -> None:
        """Check the last step of the epoch."""
        self.steps.flush()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Check the last step before it is saved."""
        self.steps.flush()
