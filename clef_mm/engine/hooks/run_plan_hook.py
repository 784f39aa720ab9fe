"""Say what is about to happen, and refuse to train on the faces that will be tested."""

from __future__ import annotations

from typing import Any

from mmengine.device import get_device
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
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
        model = _unwrap(runner.model)
        train = runner.train_dataloader.dataset
        _check_labels(model, train)
        seen_by_run = [train]
        lines = [*_about(runner, model), _weights_line(runner, model)]
        lines += _data_lines('train', train)
        if runner.val_loop is not None:
            val = runner.val_dataloader.dataset
            provenance.check_unseen(
                provenance.subjects_of(val),
                provenance.subjects_of(train),
                'the training split (they validate)',
            )
            seen_by_run.append(val)
            lines += _data_lines('val', val)
        start = runner.provenance or _start_of(model)
        runner.provenance = provenance.describe(
            type(model).__name__, str(runner.cfg.filename), seen_by_run, start
        )
        test = _test_dataset(runner)
        if test is not None:
            subjects = provenance.subjects_of(test)
            lines.append(f'test   {provenance.describe_split(test)}: not touched now')
            provenance.check_unseen(
                subjects, set(runner.provenance['seen_subjects']), 'this run'
            )
        runner.logger.info('The plan\n  ' + '\n  '.join(lines))

    def before_test(self, runner: Runner) -> None:
        """Print the plan of a test.

        Raises:
            SubjectLeakError: If the checkpoint has seen a test subject.
            LabelMismatchError: If model and data do not have the same labels.
        """
        test = runner.test_dataloader.dataset
        _check_labels(_unwrap(runner.model), test)
        seen = set(runner.provenance.get('seen_subjects', ()))
        lines = _about(runner, _unwrap(runner.model)) + _data_lines('test', test)
        lines.append(
            f'checkpoint has seen {len(seen)} subjects, none of them in the test'
            if seen
            else 'checkpoint does not say which subjects it has seen'
        )
        provenance.check_unseen(provenance.subjects_of(test), seen, 'the checkpoint')
        runner.logger.info('The plan\n  ' + '\n  '.join(lines))


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


def _about(runner: Runner, model: nn.Module) -> list[str]:
    count = sum(parameter.numel() for parameter in model.parameters())
    return [
        f'config {runner.cfg.filename}',
        f'output {runner.work_dir}',
        f'model  {type(model).__name__}, {count / 1e6:.2f} M parameters, on '
        f'{get_device()}, precision {getattr(model, "precision", "fp32")}',
    ]


def _weights_line(runner: Runner, model: nn.Module) -> str:
    if runner.epoch or runner.iter:
        return f'start  resumed at epoch {runner.epoch}, iteration {runner.iter}'
    weights = getattr(model, 'weights', None)
    return f'start  {weights or "random weights"}'


def _data_lines(split: str, dataset: Any) -> list[str]:
    names = sorted(name.split('/')[1] for name in provenance.subjects_of(dataset))
    lines = [
        f'{split:<6} {provenance.describe_split(dataset)}, {len(dataset):,} images '
        f'from {dataset.data_root}',
        f'       subjects {" ".join(names)}',
    ]
    return lines + [f'       {line}' for line in dataset.report.lines()]


def _start_of(model: nn.Module) -> dict[str, Any]:
    return getattr(model, 'weights_meta', {}).get(provenance.KEY, {})


def _test_dataset(runner: Runner) -> Any:
    """Return the config's test dataset without reading the disk, or None."""
    loader = runner.cfg.get('test_dataloader')
    if loader is None:
        return None
    return DATASETS.build({**loader['dataset'], 'lazy_init': True})


def _unwrap(model: nn.Module) -> nn.Module:
    return model.module if is_model_wrapper(model) else model
