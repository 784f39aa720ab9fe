"""Report images that could not be read."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from clef_mm.registry import HOOKS


@HOOKS.register_module()
class BrokenImageHook(Hook):
    """Name each broken image once, and count them at the end of training.

    A dataset in training puts the next readable image in the place of a broken one and
    says so in the sample; loader workers could not count together.
    """

    def __init__(self) -> None:
        self.broken: set[str] = set()

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Warn of broken images in this batch that were not named before."""
        for sample in data_batch['data_samples']:
            if sample.broken_path and sample.broken_path not in self.broken:
                self.broken.add(sample.broken_path)
                runner.logger.warning(
                    f'{sample.broken_path}; {sample.name} was used in its place'
                )

    def after_train(self, runner: Runner) -> None:
        """Say how many there were."""
        if self.broken:
            runner.logger.warning(
                f'{len(self.broken)} images could not be read and were replaced by '
                'their neighbours; they are named above'
            )
