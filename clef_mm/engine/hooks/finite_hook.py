"""Stop a run whose losses or gradients are no numbers any more, or skip such steps."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from clef_mm import distributed
from clef_mm.engine.finite_steps import FiniteSteps, in_words, named, stacked
from clef_mm.engine.running_statistics import RunningStatistics
from clef_mm.registry import HOOKS
from clef_mm.structures import FaceSample


@HOOKS.register_module()
class FiniteHook(Hook):
    """Check each step; nothing is saved before the last one was checked.

    With ``optim_wrapper.non_finite='skip'`` the optimizer leaves such updates out, and
    they are told and counted here. Running statistics of BatchNorm are put back to what
    they were before the batches of the update: nothing is left of them.
    """

    priority = 'VERY_HIGH'

    def __init__(self) -> None:
        self.steps = FiniteSteps()
        self.skipped = 0
        self.samples: list[FaceSample] = []  # since the last update, newest batch first
        self.statistics: RunningStatistics | None = None  # where updates are skipped

    def before_train(self, runner: Runner) -> None:
        """Go on counting where the run was stopped."""
        self.skipped = runner.optim_wrapper.skipped
        if runner.optim_wrapper.skips:
            self.statistics = RunningStatistics(runner.model)

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Keep what the next update may have to put back."""
        if self.statistics is not None and not self.samples:
            self.statistics.keep()

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
        self.samples = [*data_batch['data_samples'], *self.samples]
        updated = wrapper.should_update()
        parts = dict(outputs)
        if updated:
            parts['gradient norm'] = wrapper.gradient_norm
        place = f'epoch {runner.epoch + 1}, iteration {runner.iter + 1}'
        if not wrapper.skips:
            if distributed.is_distributed():
                place = f'process {distributed.rank()}, {place}'
            self.steps.check(place, parts, self.samples)
        elif wrapper.skipped > self.skipped:
            self.skipped = wrapper.skipped
            self.statistics.put_back()
            # The gradients are the mean over all processes, which skip alike.
            batches = distributed.gather_objects(named(self.samples))
            runner.logger.warning(
                f'{place} skipped, number {self.skipped} of the run: '
                f'{in_words(list(parts), stacked(parts))}; batch of '
                f'{"; ".join(batches)}'
            )
        if updated:
            self.samples = []

    def after_train_epoch(self, runner: Runner) -> None:
        """Check the last step of the epoch."""
        self.steps.flush()

    def after_train(self, runner: Runner) -> None:
        """Say how many steps were skipped."""
        if self.skipped:
            runner.logger.warning(
                f'{self.skipped} updates of the run were skipped: their losses or '
                'gradients were not finite'
            )

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Check the last step before it is saved."""
        self.steps.flush()
