"""Give the label loss the class weights of the training data."""

from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.runner import Runner

from clef_mm.registry import HOOKS


@HOOKS.register_module()
class LabelWeightHook(Hook):
    """Weigh rare classes up by 1 / rate, normalised to mean 1, as AU papers do.

    The rates are those of the training subjects only, unknown labels left out.
    """

    def before_train(self, runner: Runner) -> None:
        """Set the weights, and print them with the names of the classes."""
        sampler = runner.train_dataloader.batch_sampler.sampler
        if getattr(sampler, 'balances_labels', False):
            runner.logger.warning(
                f'{type(sampler).__name__} already draws rare labels more often, and '
                'LabelWeightHook weighs them up once more: leave one of them out'
            )
        model = runner.plain_model
        weights = runner.train_dataloader.dataset.label_weights()
        model.set_label_weight(weights)
        runner.logger.info(
            'class weights from the training labels: '
            + ', '.join(
                f'{name} {weight:.2f}'
                for name, weight in zip(model.classes, weights, strict=True)
            )
        )
