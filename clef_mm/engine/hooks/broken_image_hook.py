"""Report images that could not be read."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner

from clef_mm import distributed
from clef_mm.registry import HOOKS


@HOOKS.register_module()
class BrokenImageHook(Hook):
    """Name each broken image once, and count them at the end of training.

    A dataset in training puts the next readable image in the place of a broken one and
    says so in the sample; loader workers could not count together. What other processes
    met, whose warnings are not shown, is told at the end of each epoch.
    """

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.met: list[tuple[str, str]] = []

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Warn of broken images in this batch that were not named before."""
        for sample in data_batch['data_samples']:
            if sample.broken_path:
                self._tell(runner, sample.broken_path, sample.name)

    def after_train_epoch(self, runner: Runner) -> None:
        """Warn of what the other processes met."""
        for met in distributed.gather_objects(list(self.met)):
            for path, stand_in in met:
                self._tell(runner, path, stand_in)
        self.met.clear()

    def _tell(self, runner: Runner, path: str, stand_in: str) -> None:
        if path not in self.broken:
            self.broken.add(path)
            self.met.append((path, stand_in))
            runner.logger.warning(f'{path}; {stand_in} was used in its place')

    def after_train(self, runner: Runner) -> None:
        """Say how many there were."""
        if self.broken:
            runner.logger.warning(
                f'{len(self.broken)} images could not be read and were replaced by '
                'their neighbours; they are named above'
            )
