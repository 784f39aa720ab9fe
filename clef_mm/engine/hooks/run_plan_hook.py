"""Say what is about to happen, and refuse to train on the faces that will be tested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmengine.device import get_device
from mmengine.hooks import Hook
from mmengine.registry import DATASETS
from mmengine.runner import Runner
from torch import nn

from clef_mm.engine import provenance
from clef_mm.errors import UserError
from clef_mm.registry import HOOKS


class LabelMismatchError(UserError, ValueError):
    """Model and data name their labels differently, or in another order."""


@HOOKS.register_module()
class RunPlanHook(Hook):
    """Print config, weights and the data of each split; check who has seen whom."""

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Print the plan of a training run.

        Raises:
            SubjectLeakError: If the test fold of the config was trained on, by this run
                or by the weights it starts from.
            LabelMismatchError: If model and data do not have the same labels.
        """
        train = runner.train_dataloader.dataset
        data = [train]
        if runner.val_loop is not None:
            data.append(runner.val_dataloader.dataset)
        order = runner.train_dataloader.batch_sampler.sampler
        sampling = provenance.describe_order(order)
        start = _start_of(runner)
        text_meta = getattr(runner.plain_model, 'text_weights_meta', {})
        seen_before = set().union(
            *(
                known.get('seen_subjects', ())
                for known in (
                    start,
                    runner.provenance,
                    text_meta.get(provenance.KEY, {}),
                )
            )
        )
        test = _test_dataset(runner)

        for dataset in data:
            _check_labels(runner.plain_model, dataset)
        for val in data[1:]:
            provenance.check_held_out_alike(train, val)
            provenance.check_unseen(
                val.people(), train.people(), 'the training split (they validate)'
            )
        runner.provenance = provenance.describe(
            type(runner.plain_model).__name__,
            str(runner.cfg.filename),
            data,
            sampling,
            runner.seed,
            _start_weights(runner),
            start,
            seen_before,
        )
        lines = [*_about(runner), _weights_line(runner), f'order  {sampling}']
        for split, dataset in zip(('train', 'val'), data, strict=False):
            lines += _data_lines(split, dataset)
        lines.append(
            'test   none in the config: who has seen whom is checked when testing'
            if test is None
            else f'test   {provenance.describe_split(test)}: not touched now'
        )
        runner.logger.info('The plan\n  ' + '\n  '.join(lines))

        first, *joined = train.parts
        _warn_of_crops(runner, joined, first.metainfo, 'what it is joined with')
        others = data[1:] + ([] if test is None else [test])
        _warn_of_crops(runner, others, train.metainfo, 'the training images')
        if start:
            by = 'what the start weights were trained on'
            _warn_of_crops(runner, [train], start, by)
        _warn_of_validation(runner, data[1:], seen_before)
        if test is not None:
            provenance.check_unseen(
                test.people(), set(runner.provenance['seen_subjects']), 'this run'
            )

    def before_test(self, runner: Runner) -> None:
        """Print the plan of a test.

        Raises:
            SubjectLeakError: If the checkpoint has seen a test subject.
            LabelMismatchError: If model and data do not have the same labels.
        """
        test = runner.test_dataloader.dataset
        _check_labels(runner.plain_model, test)
        seen = set(runner.provenance.get('seen_subjects', ()))
        lines = _about(runner) + _data_lines('test', test)
        lines.append(
            f'seen   {len(seen)} people or parts by the checkpoint, no one tested now'
            if seen
            else 'seen   the checkpoint does not say whom: no test is refused'
        )
        provenance.check_unseen(test.people(), seen, 'the checkpoint')
        runner.logger.info('The plan\n  ' + '\n  '.join(lines))
        if runner.provenance:
            by = 'what the model was trained on'
            _warn_of_crops(runner, [test], runner.provenance, by)

    def before_val(self, runner: Runner) -> None:
        """Check the labels of what is validated on, in training or to choose by.

        Raises:
            LabelMismatchError: If model and data do not have the same labels.
        """
        _check_labels(runner.plain_model, runner.val_dataloader.dataset)


def _check_labels(model: nn.Module, dataset: Any) -> None:
    """Compare the labels that a model says it has with those of the data."""
    expected = getattr(model, 'label_names', None)
    if expected is None:
        return
    kind, names = expected
    found = dataset.metainfo.get(kind)
    if found is None or tuple(found) != tuple(names):
        raise LabelMismatchError(
            f'the model has {kind} {", ".join(names)}; {dataset.metainfo["dataset"]} '
            f'has {", ".join(found or ("none",))}. They must be the same, in order.'
        )


def _about(runner: Runner) -> list[str]:
    model = runner.plain_model
    return [
        f'config {runner.cfg.filename}',
        f'output {runner.work_dir}',
        f'model  {type(model).__name__}, {_parameters(model)}, on {get_device()}, '
        f'precision {getattr(model, "precision", "fp32")}',
    ]


def _parameters(model: nn.Module) -> str:
    trained, frozen = (
        sum(p.numel() for p in model.parameters() if p.requires_grad is learns) / 1e6
        for learns in (True, False)
    )
    return f'{trained + frozen:.2f} M parameters' + (
        f' ({frozen:.2f} M of them frozen)' if frozen else ''
    )


def _weights_line(runner: Runner) -> str:
    if runner.epoch or runner.iter:
        return f'start  resumed at epoch {runner.epoch}, iteration {runner.iter}'
    model = runner.plain_model
    text = getattr(model, 'text_weights', None) if model.weights else None
    apart = f', text tower {text}' if text else ''
    return f'start  {model.weights or "random weights"}{apart}'


def _warn_of_crops(
    runner: Runner, datasets: list[Any], others: Mapping[str, Any], by: str
) -> None:
    """Warn of images cut out otherwise than ``others``, whose metainfo this is."""
    crop, of = others.get('crop'), others.get('dataset')
    for dataset in datasets:
        warning = provenance.differing_crop(dataset, crop, of, by)
        if warning:
            runner.logger.warning(warning)


def _warn_of_validation(
    runner: Runner, datasets: list[Any], seen_before: set[str]
) -> None:
    for dataset in datasets:
        known = sorted(dataset.people() & seen_before)
        if known and not (runner.epoch or runner.iter):
            runner.logger.warning(
                f'the epoch will be chosen on {len(known)} subjects that the start '
                f'weights were trained on ({", ".join(known[:3])}, ...): hold the same '
                'subjects out in the stage before'
            )


def _data_lines(split: str, dataset: Any) -> list[str]:
    lines = [
        f'{split:<6} {provenance.describe_split(dataset)}, {len(dataset):,} images '
        f'from {dataset.data_root}',
        f'faces  {provenance.describe_crop(dataset.metainfo["crop"])}',
    ]
    for part in dataset.parts:
        if len(dataset.parts) > 1:
            lines.append(f'part   {provenance.describe_split(part)}')
        if part.OFFICIAL_PARTS is None:  # else people are not known
            names = sorted(name.partition('/')[2] for name in part.people())
            lines.append(f'people {" ".join(names)}')
        lines += [f'       {line}' for line in part.report.lines()]
    return lines


def _start_of(runner: Runner) -> dict[str, Any]:
    """Return the provenance of the weights that the run started from."""
    if runner.epoch or runner.iter:  # resumed: the same run goes on
        return runner.provenance.get('start', {})
    own = getattr(runner.plain_model, 'weights_meta', {}).get(provenance.KEY, {})
    return runner.provenance or own


def _start_weights(runner: Runner) -> str | None:
    """Return the file that the run started from, before any stop."""
    if runner.epoch or runner.iter:
        return runner.provenance.get('start_weights')
    return getattr(runner.plain_model, 'weights', None) or runner._load_from


def _test_dataset(runner: Runner) -> Any:
    """Return the config's test dataset without reading the disk, or None."""
    loader = runner.cfg.get('test_dataloader')
    if loader is None:
        return None
    return DATASETS.build({**loader['dataset'], 'lazy_init': True})
