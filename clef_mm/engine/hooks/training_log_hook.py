"""Hand losses to the log without stalling the device."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.hooks import LoggerHook, RuntimeInfoHook
from mmengine.runner import Runner
from torch import Tensor

from clef_mm.registry import HOOKS


@HOOKS.register_module()
class TrainingLogHook(RuntimeInfoHook):
    """Collect losses on the device and fetch them when a line is about to be logged.

    mmengine reads every loss of every iteration back from the device, which makes the
    host wait for each step to end. The logged numbers are the same.
    """

    def before_train(self, runner: Runner) -> None:
        """Take the logger's interval, so that no line is logged without its losses."""
        super().before_train(runner)
        self.pending: list[dict[str, Tensor]] = []
        intervals = [h.interval for h in runner.hooks if isinstance(h, LoggerHook)]
        self.interval = min(intervals, default=10)

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict[str, Tensor] | None = None,
    ) -> None:
        """Keep the losses; fetch all that are due at once."""
        self.pending.append(outputs)
        last = self.end_of_epoch(runner.train_dataloader, batch_idx)
        if last or self.every_n_inner_iters(batch_idx, self.interval):
            self._fetch(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Fetch what is left, so that the log goes on as if never stopped."""
        self._fetch(runner)

    def _fetch(self, runner: Runner) -> None:
        if not self.pending:
            return
        names = list(self.pending[0])
        rows = torch.stack(
            [torch.stack([row[name].float() for name in names]) for row in self.pending]
        )
        for row in rows.tolist():
            for name, value in zip(names, row, strict=True):
                runner.message_hub.update_scalar(f'train/{name}', value)
        self.pending.clear()
