"""Warn by name of labels that are never there to be learnt from or tested on."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np
from mmengine.hooks import Hook
from mmengine.runner import Runner

from clef_mm import distributed
from clef_mm.engine import provenance
from clef_mm.registry import HOOKS
from clef_mm.structures import UNKNOWN, FaceSample

# Kind of label, as a model and a dataset's metainfo call it: where an image has it, and
# the sampler that draws all of its classes.
_COLUMNS = {
    'au_names': ('gt_aus', 'ActionUnitBalancedSampler'),
    'expressions': ('gt_expression', 'ClassBalancedSampler'),
    'activities': ('activity', 'ActivityBalancedSampler'),
}


@HOOKS.register_module()
class LabelPresenceHook(Hook):
    """Look for classes without a positive: in each split, and in what an epoch drew.

    Stage 1 learns from images of one activity, so an epoch whose batches never hold two
    of them has no positives beside an image's own second view and text.

    Batches are looked at on the host, where their labels are anyway, and only until
    nothing is missed any more: usually in the first ones of an epoch.
    """

    priority = 'VERY_HIGH'  # the warning comes before what fails without the class

    def __init__(self) -> None:
        self.told: set[str] = set()
        self.kind: str | None = None
        self.classes: tuple[str, ...] = ()
        self.absent: set[int] = set()
        self.missed: set[int] = set()
        self.unpaired: list[list[int]] | None = None

    def before_train(self, runner: Runner) -> None:
        """Warn of classes that the training or validation images do not show."""
        train = runner.train_dataloader.dataset
        self._take_labels(runner)
        self.absent = self._check(
            runner,
            train,
            'They cannot be learnt: train on more people, or leave them out of the '
            'classes of model and datasets',
        )
        if runner.val_loop is not None:
            self._check_scored(runner, runner.val_dataloader.dataset)

    def before_val(self, runner: Runner) -> None:
        """Warn of classes that the validation images do not show."""
        self._take_labels(runner)
        self._check_scored(runner, runner.val_dataloader.dataset)

    def before_test(self, runner: Runner) -> None:
        """Warn of classes that the test images do not show."""
        self._take_labels(runner)
        self._check_scored(runner, runner.test_dataloader.dataset)

    def before_train_epoch(self, runner: Runner) -> None:
        """Miss every class; of an epoch that goes on after a stop, nothing is known."""
        whole = runner.iter == runner.epoch * len(runner.train_dataloader)
        self.missed = set(range(len(self.classes))) - self.absent if whole else set()
        paired = getattr(runner.plain_model, 'pairing', None) == 'activity'
        self.unpaired = [] if whole and paired else None

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: dict | None = None,
    ) -> None:
        """Look for what is still missed in this batch."""
        samples = data_batch['data_samples']
        if self.missed:
            self.missed -= _shown(samples, _COLUMNS[self.kind][0])
        if self.unpaired is not None:
            activities = [sample.activity for sample in samples]
            self.unpaired.append(activities)
            if _repeats(activities):
                self.unpaired = None

    def after_train_epoch(self, runner: Runner) -> None:
        """Warn of what no batch of any process had."""
        everyone = distributed.gather_objects((self.missed, self.unpaired))
        missed = set.intersection(*(missed for missed, _ in everyone))
        unpaired = [batches for _, batches in everyone]
        sampler = type(runner.train_dataloader.batch_sampler.sampler).__name__
        place = f'epoch {runner.epoch + 1}'
        if missed:
            names = ', '.join(self.classes[index] for index in sorted(missed))
            runner.logger.warning(
                f'{place}: no image that {sampler} drew shows {names}. '
                f'{_COLUMNS[self.kind][1]} draws them in each epoch'
            )
        if None not in unpaired and not any(
            _repeats(chain(*batch)) for batch in zip(*unpaired, strict=True)
        ):
            runner.logger.warning(
                f'{place} had no positives: no batch of {sampler} held two images of '
                'one activity, so each was drawn to its own second view and text '
                'alone. Set train_dataloader.sampler to '
                'dict(type=ActivityBalancedSampler), or raise train_dataloader.'
                'batch_size'
            )

    def _take_labels(self, runner: Runner) -> None:
        labels = getattr(runner.plain_model, 'label_names', None)
        if labels is not None and labels[0] in _COLUMNS:
            self.kind, self.classes = labels

    def _check_scored(self, runner: Runner, dataset: Any) -> None:
        self._check(runner, dataset, 'Their scores say nothing there')

    def _check(self, runner: Runner, dataset: Any, consequence: str) -> set[int]:
        """Warn, once, of what a dataset lacks; return the classes it does not show."""
        if self.kind is None:
            return set()
        labels = dataset.column(_COLUMNS[self.kind][0])
        absent, uncoded = absent_classes(np.asarray(labels), len(self.classes))
        where = provenance.describe_split(dataset)
        for found, what in ((absent, 'never present in'), (uncoded, 'not coded in')):
            names = ', '.join(self.classes[index] for index in found)
            warning = f'{names}: {what} {where}. {consequence}'
            if found and warning not in self.told:
                self.told.add(warning)
                runner.logger.warning(warning)
        return {*absent, *uncoded}


def absent_classes(labels: np.ndarray, classes: int) -> tuple[list[int], list[int]]:
    """Find the classes that no image shows.

    Args:
        labels: (N, C) of 1 present, 0 absent, -1 unknown; or (N,) class indices, those
            below 0 unknown.
        classes: C.

    Returns:
        Those that some label says to be absent, and those that have no label at all.
    """
    if labels.ndim == 1:
        counts = np.bincount(labels[labels >= 0], minlength=classes)
        return np.flatnonzero(counts == 0).tolist(), []
    # By column: several times as fast as a reduction over the rows of a narrow array.
    absent = [c for c, column in enumerate(labels.T) if not (column == 1).any()]
    uncoded = [c for c in absent if (labels[:, c] == UNKNOWN).all()]
    return [c for c in absent if c not in uncoded], uncoded


def _shown(samples: list[FaceSample], column: str) -> set[int]:
    """Return the classes that an image of the batch shows."""
    labels = np.stack([getattr(sample, column) for sample in samples])
    if labels.ndim == 2:
        return set(np.flatnonzero((labels == 1).any(axis=0)).tolist())
    return set(labels.tolist())


def _repeats(labels: Iterable[int]) -> bool:
    labels = list(labels)
    return len(set(labels)) < len(labels)
