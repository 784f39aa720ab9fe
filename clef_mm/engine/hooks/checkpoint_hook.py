"""When checkpoints are written, and which are kept."""

from __future__ import annotations

import operator
from pathlib import Path
from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from clef_mm import distributed
from clef_mm.engine.checkpoint_files import (
    CheckpointError,
    checkpoints,
    keep_best,
    mark_finished,
    remove_halves,
)
from clef_mm.engine.stop_signals import RunStoppedError
from clef_mm.registry import HOOKS

_BETTER = {'greater': operator.gt, 'less': operator.lt}
_KEY = 'best'  # in meta: the best score before this checkpoint's own validation


@HOOKS.register_module()
class CheckpointHook(Hook):
    """Write a checkpoint at the end of epochs, and inside them if asked.

    It is written once, before a validation: a run that goes on from it validates first,
    and so ends like one that was never stopped. What is best on validation is the same
    file under a second name.

    A checkpoint inside an epoch waits until its accumulated gradients are applied. A
    run that was asked to stop writes one as soon as it can, and ends.

    Args:
        interval: Epochs from one checkpoint to the next. The last epoch has one in any
            case, and so has one that is validated.
        iterations: Iterations from one checkpoint to the next, inside epochs too; None
            for the ends of epochs alone.
        max_keep_ckpts: How many of the newest are kept; -1 for all of epochs' ends.
        save_best: Metric of validation by which the best is kept, such as
            ``'au_f1/mean'``.
        rule: ``'greater'`` or ``'less'``: which score is better.

    Raises:
        ValueError: If a number is not positive, or the rule is another.
    """

    priority = 'LOWEST'  # all else that happens at the end of an epoch is in it

    def __init__(
        self,
        interval: int = 1,
        iterations: int | None = None,
        max_keep_ckpts: int = 2,
        save_best: str | None = None,
        rule: str = 'greater',
    ) -> None:
        for name, value, allowed in (
            ('interval', interval, interval > 0),
            ('iterations', iterations, iterations is None or iterations > 0),
            ('max_keep_ckpts', max_keep_ckpts, max_keep_ckpts > 0),
        ):
            if not allowed and (name, value) != ('max_keep_ckpts', -1):
                raise ValueError(f'{name} must be positive, got {value}')
        if rule not in _BETTER:
            raise ValueError(f"rule must be 'greater' or 'less', got {rule!r}")
        self.interval = interval
        self.iterations = iterations
        self.max_keep_ckpts = max_keep_ckpts
        self.save_best = save_best
        self.better = _BETTER[rule]
        self.best: float | None = None
        self.due = False
        self.stopping = False

    def before_train(self, runner: Runner) -> None:
        """Remove the halves that a killed run left."""
        if distributed.rank() == 0:
            remove_halves(Path(runner.work_dir))

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Write a checkpoint inside an epoch, if one is due and no gradient waits.

        Raises:
            RunStoppedError: If a signal has asked to stop.
        """
        done = runner.iter + 1
        self.due |= self.iterations is not None and done % self.iterations == 0
        self.stopping |= runner.stop_requested()
        if (
            (self.due or self.stopping)
            and runner.optim_wrapper.should_update()
            and not self.end_of_epoch(runner.train_dataloader, batch_idx)
        ):
            self._write(runner, f'iter_{done}.pth', runner.epoch, done)

    def after_train_epoch(self, runner: Runner) -> None:
        """Write the checkpoint of an epoch's end.

        Raises:
            RunStoppedError: If a signal has asked to stop.
        """
        epoch = runner.epoch + 1
        self.stopping |= runner.stop_requested()
        if (
            self.due
            or self.stopping
            or runner.train_loop.validates_after(epoch)
            or epoch % self.interval == 0
            or epoch == runner.max_epochs
        ):
            self._write(runner, f'epoch_{epoch}.pth', epoch, runner.iter)

    def before_val_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None
    ) -> None:
        """Leave a validation that a signal comes into; it is done when going on.

        Raises:
            RunStoppedError: As :meth:`after_train_iter`. Several processes validate to
                the end, as they may have different numbers of batches.
        """
        if not distributed.is_distributed() and runner.stop_requested():
            self._stop(runner, runner.iter)

    def after_val_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        """Keep the epoch if it is the best so far.

        Raises:
            CheckpointError: If the validation does not measure ``save_best``.
        """
        if self.save_best is None or not runner.epoch:  # a validation on its own
            return
        if self.save_best not in (metrics or {}):
            raise CheckpointError(
                f"default_hooks.checkpoint.save_best is '{self.save_best}', the "
                f'validation measures {", ".join(metrics or ()) or "nothing"}'
            )
        score = float(metrics[self.save_best])
        if self.best is None or self.better(score, self.best):
            self.best = score
            if distributed.rank() == 0:
                path = Path(runner.work_dir, f'epoch_{runner.epoch}.pth')
                best = keep_best(path, self.save_best.replace('/', '_'))
                runner.logger.info(f'best so far: {score:.4f}, kept as {best.name}')

    def after_train(self, runner: Runner) -> None:
        """Note that the run is finished: that its last validation was done."""
        if distributed.rank() == 0:
            mark_finished(Path(runner.work_dir))

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Store the best score, which the next ones are compared with."""
        checkpoint['meta'][_KEY] = self.best

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Take the best score over when the run goes on."""
        if runner._resume:
            self.best = checkpoint['meta'].get(_KEY)

    def _write(self, runner: Runner, name: str, epoch: int, done: int) -> None:
        self.due = False
        runner.write_checkpoint(name, epoch, done)
        if distributed.rank() == 0:
            self._remove_old(runner)
        if self.stopping:
            self._stop(runner, done)

    def _stop(self, runner: Runner, done: int) -> None:
        # What started the processes ends them all when one of them ends: not while the
        # first is writing.
        distributed.wait_for_all()
        raise RunStoppedError(
            f'stopped after {done} iterations, as asked; '
            f'{runner.work_dir} goes on with --resume'
        )

    def _remove_old(self, runner: Runner) -> None:
        found = checkpoints(Path(runner.work_dir), len(runner.train_dataloader))
        if self.max_keep_ckpts == -1:
            # Those inside an epoch only serve to go on.
            surplus = [path for path in found[2:] if path.name.startswith('iter')]
        else:
            surplus = found[self.max_keep_ckpts :]
        for path in surplus:
            path.unlink()
