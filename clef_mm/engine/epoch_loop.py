"""The training loop, which can begin at any batch of an epoch."""

from __future__ import annotations

from mmengine.registry import LOOPS
from mmengine.runner import EpochBasedTrainLoop
from torch import nn


@LOOPS.register_module()
class EpochLoop(EpochBasedTrainLoop):
    """mmengine's loop over epochs, continued inside an epoch without loading it anew.

    Where a run stands is one number, the iterations done: epoch and batch follow from
    it. Gradients are accumulated within an epoch; what is left at its end is applied.
    """

    def validates_after(self, epoch: int) -> bool:
        """Tell whether a validation follows when ``epoch`` epochs are done."""
        return (
            self.runner.val_loop is not None
            and epoch >= self.val_begin
            and (epoch % self.val_interval == 0 or epoch == self._max_epochs)
        )

    def run(self) -> nn.Module:
        """Train, and validate where it is due."""
        self.runner.call_hook('before_train')
        # A checkpoint is written before the validation, which is owed when going on.
        if self._epoch and self._iter == self._epoch * len(self.dataloader):
            self._validate()
        while self._epoch < self._max_epochs and not self.stop_training:
            self.run_epoch()
            self._validate()
        self.runner.call_hook('after_train')
        return self.runner.model

    def run_epoch(self) -> None:
        """Train on the batches of this epoch that are left."""
        batches = len(self.dataloader)
        first = self._iter - self._epoch * batches
        self.dataloader.batch_sampler.set_epoch(self._epoch, first)
        self.runner.optim_wrapper.start_epoch(first, batches)
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        for number, batch in enumerate(self.dataloader, first):
            self.run_iter(number, batch)
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1

    def _validate(self) -> None:
        self._decide_current_val_interval()
        if self.validates_after(self._epoch):
            self.runner.val_loop.run()
