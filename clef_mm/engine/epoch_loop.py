"""The training loop, which can begin at any batch of an epoch."""

from __future__ import annotations

from mmengine.registry import LOOPS
from mmengine.runner import EpochBasedTrainLoop


@LOOPS.register_module()
class EpochLoop(EpochBasedTrainLoop):
    """mmengine's loop over epochs, continued inside an epoch without loading it anew.

    Where a run stands is one number, the iterations done: epoch and batch follow from
    it.
    """

    def run_epoch(self) -> None:
        """Train on the batches of this epoch that are left."""
        first = self._iter - self._epoch * len(self.dataloader)
        self.dataloader.batch_sampler.set_epoch(self._epoch, first)
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        for number, batch in enumerate(self.dataloader, first):
            self.run_iter(number, batch)
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1
