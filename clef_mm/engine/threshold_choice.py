"""The thresholds that AUs are tested at: fixed, tuned on validation, or oracle."""

from __future__ import annotations

import copy
from typing import Any

from mmengine.config import Config

from clef_mm.engine import provenance
from clef_mm.engine.config import ConfigError
from clef_mm.engine.runner import Runner
from clef_mm.evaluation import ActionUnitF1
from clef_mm.evaluation.thresholds import ORACLE, VALIDATION, tune_thresholds

Choice = float | str | None
"""A number, ``'validation'`` or ``'oracle'``; None is what the config says."""


def read_choice(text: Choice) -> Choice:
    """Read what ``tools/test.py --threshold`` takes.

    Raises:
        ConfigError: If it is neither a number in [0, 1] nor one of the two words.
    """
    if text in (None, VALIDATION, ORACLE):
        return text
    try:
        number = float(text)
    except ValueError:
        number = float('nan')
    if not 0 <= number <= 1:
        raise ConfigError(
            f'--threshold is a number from 0 to 1, {VALIDATION} or {ORACLE}, got {text}'
        )
    return number


def add_validation(config: Config, chosen_by: str) -> None:
    """Let a config that is about to be tested measure its validation part too.

    That is its ``val_dataloader``, or what ``hold_out`` sets apart of its training
    part, seen through the transforms of the test.

    Args:
        config: The config.
        chosen_by: The option that asks for it, for messages.

    Raises:
        ConfigError: If nobody is held out; says how to do it.
    """
    loader = config.get('val_dataloader')
    if loader is None:
        train = config.get('train_dataloader', {}).get('dataset', {})
        if not train.get('hold_out'):
            raise ConfigError(
                f'{chosen_by}: {config.filename} has no validation part to choose '
                'by. Train and test with subjects held out of the training '
                'part: --cfg-options train_dataloader.dataset.hold_out=3, or with a '
                'val_dataloader as in configs/demo/clef_tiny_bp4d_fold1.py'
            )
        test = config.test_dataloader
        held_out = {'split': 'val', 'test_mode': True}
        pipeline = {'pipeline': test.dataset.get('pipeline', [])}
        loader = {**test, 'dataset': {**train, **pipeline, **held_out}}
    config.val_dataloader = copy.deepcopy(loader)
    config.val_evaluator = copy.deepcopy(config.test_evaluator)
    config.val_cfg = {}


def set_thresholds(runner: Runner, choice: Choice) -> None:
    """Set the thresholds that the coming test of a runner is measured at.

    Args:
        runner: With the weights that are to be tested.
        choice: See ``Choice``; for ``'validation'`` after :func:`add_validation`.

    Raises:
        ConfigError: If it is no test of AUs.
        SubjectLeakError: If thresholds would be tuned on people that the weights were
            trained on, or that are tested.
    """
    if choice is None:
        return
    test = action_unit_metric(runner.test_evaluator)
    if choice == VALIDATION:
        check_held_out(runner, f'--threshold {VALIDATION}')
        metric = action_unit_metric(runner.val_evaluator)
        runner.val()
        found = metric.predictions
        if found is None:  # the main process has gathered and measures them
            return
        choice = tune_thresholds(found.scores, found.targets, found.names, VALIDATION)
    test.threshold = choice


def action_unit_metric(evaluator: Any) -> ActionUnitF1:
    """Return the metric of an evaluator that decides by threshold.

    Raises:
        ConfigError: If it has none.
    """
    for metric in evaluator.metrics:
        if isinstance(metric, ActionUnitF1):
            return metric
    names = ', '.join(type(metric).__name__ for metric in evaluator.metrics)
    raise ConfigError(
        f'--threshold is for action units; this config tests with {names}, which '
        'decides without one'
    )


def check_held_out(runner: Runner, chosen_by: str) -> None:
    """Refuse to choose by people that the weights were trained on, or that are tested.

    Args:
        runner: With the loaded weights, built for validation and testing.
        chosen_by: The option that asks for it, for messages.

    Raises:
        SubjectLeakError: Names the people.
    """
    validated, tested = (
        loader.dataset for loader in (runner.val_dataloader, runner.test_dataloader)
    )
    provenance.check_unseen(
        tested.people(), validated.people(), 'the validation part (they tune it)'
    )
    _, *validated_on = runner.provenance.get('split', ['nothing'])
    if provenance.describe_split(validated) in validated_on:
        return  # these chose the epoch too; the weights never saw them
    seen = set(runner.provenance.get('seen_subjects', ()))
    shared = sorted(validated.people() & seen)
    if shared:
        raise provenance.SubjectLeakError(
            f'{chosen_by} would choose by {len(shared)} subjects that the checkpoint '
            f'was trained on ({", ".join(shared[:3])}, ...), where its scores are too '
            'good. Train with the same subjects held out, in all stages'
        )
