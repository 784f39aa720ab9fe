"""Test checkpoints and write down what was measured, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clef_mm.engine.config import ConfigError
from clef_mm.engine.epoch_choice import BEST_ON_TEST, ON_TEST, ORACLE_EPOCH, epoch_rule
from clef_mm.engine.provenance import describe_split
from clef_mm.engine.runner import Runner
from clef_mm.engine.threshold_choice import Choice, set_thresholds
from clef_mm.evaluation import read_result, write_result
from clef_mm.evaluation.functional import confusion_matrix
from clef_mm.evaluation.measures import MAIN_MEASURES, measure
from clef_mm.evaluation.plots import plot_confusion, plot_per_au_f1
from clef_mm.evaluation.predictions import Predictions
from clef_mm.evaluation.protocol import IMAGE, SUBJECT, conditions, measured_on
from clef_mm.evaluation.thresholds import ORACLE, VALIDATION, Thresholds


@dataclass(frozen=True)
class Outcome:
    """What one checkpoint has reached; complete on the main process only.

    Attributes:
        checkpoint: The file.
        metrics: All measures by name.
        trained: Provenance of the checkpoint.
        predictions: What was said of each image, where the evaluator keeps it.
        thresholds: Of AUs.
    """

    checkpoint: str
    metrics: Mapping[str, float]
    trained: Mapping[str, Any]
    predictions: Predictions | None
    thresholds: Thresholds | None


def evaluate_checkpoints(
    runner: Runner,
    checkpoints: Sequence[str],
    epoch: str | None = None,
    threshold: Choice = None,
) -> dict[str, float]:
    """Test one checkpoint, or find the best of several on the test frames.

    Writes the result into the work dir of the runner.

    Args:
        runner: Built for testing; for ``threshold='validation'`` also for validation.
        checkpoints: From :func:`.epoch_choice.checkpoints_to_test`.
        epoch: The rule that they were chosen by.
        threshold: See :data:`.threshold_choice.Choice`.

    Returns:
        The measures by name, of the best if there are several.

    Raises:
        ConfigError: If there are several and nothing tells which is best.
        SubjectLeakError: If a checkpoint has seen those it is tested or tuned on.
    """
    outcomes = [_test(runner, checkpoint, threshold) for checkpoint in checkpoints]
    reached = {}
    if epoch == BEST_ON_TEST:
        main = _main_measure(outcomes[0].metrics)
        reached = {
            Path(one.checkpoint).name: float(one.metrics[main]) for one in outcomes
        }
        outcomes = [max(outcomes, key=lambda one: one.metrics[main])]
        listed = ', '.join(f'{name} {value:.4f}' for name, value in reached.items())
        runner.logger.info(f'ORACLE: best on test by {main} of {listed}')
    outcome = outcomes[0]
    if runner._rank == 0:
        protocol = _protocol(runner, outcome, epoch, reached)
        folder = Path(runner.work_dir)
        written = _write(folder, outcome, protocol)
        runner.logger.info(read_result(folder).text())
        runner.logger.info('written: ' + ', '.join(map(str, written)))
    return dict(outcome.metrics)


def _test(runner: Runner, checkpoint: str, threshold: Choice) -> Outcome:
    runner.load_checkpoint(checkpoint)
    set_thresholds(runner, threshold)
    metrics = runner.test()
    for metric in runner.test_evaluator.metrics:
        predictions = getattr(metric, 'predictions', None)
        if predictions is not None:
            # The log has a line's worth of them.
            every = measure(predictions, metric.thresholds)
            return Outcome(
                checkpoint,
                {**every, **metrics},
                runner.provenance,
                predictions,
                metric.thresholds,
            )
    return Outcome(checkpoint, metrics, runner.provenance, None, None)


def _main_measure(metrics: Mapping[str, float]) -> str:
    for name in MAIN_MEASURES.values():
        if name in metrics:
            return name
    raise ConfigError(
        f'--epoch {BEST_ON_TEST} goes by {" or ".join(MAIN_MEASURES.values())}; this '
        f'config measures {", ".join(metrics)}'
    )


def _protocol(
    runner: Runner, outcome: Outcome, epoch: str | None, reached: Mapping[str, float]
) -> dict[str, Any]:
    """State everything that the numbers depend on."""
    dataset = runner.test_dataloader.dataset
    meta, predictions = dataset.metainfo, outcome.predictions
    thresholds = outcome.thresholds
    published = outcome.trained.get('epoch_rule')  # by a file that left its run
    rule = published or epoch_rule(outcome.checkpoint, epoch)
    texts = getattr(runner.plain_model, 'describe_test_texts', None)
    tuned = thresholds is not None and thresholds.rule == VALIDATION
    known_people = all(part.OFFICIAL_PARTS is None for part in dataset.parts)
    return {
        'dataset': meta['dataset'],
        'split': meta['split'],
        'fold': meta['fold'],
        'num_folds': meta['num_folds'],
        'preset': meta['preset'],
        'crop': meta['crop'],
        'labels': None if predictions is None else predictions.names,
        'texts': None if texts is None else texts(),
        'subjects': sorted(set(dataset.column('subject'))),
        'resampled': SUBJECT if known_people else IMAGE,
        'frames': len(dataset),
        'every': [part.every for part in dataset.parts],
        'threshold': None if thresholds is None else thresholds.record(),
        'tuned_on': describe_split(runner.val_dataloader.dataset) if tuned else None,
        'epoch_rule': rule,
        'epochs_tested': reached,
        'checkpoint': outcome.checkpoint,
        'seed': outcome.trained.get('seed'),
        'lost_frames': dataset.report.oddities.get(
            'frames lost when the tree was prepared', 0
        ),
        'subjects_checked': 'seen_subjects' in outcome.trained,
        'trained': outcome.trained,
        'synthetic': meta['synthetic'],
        'oracle': _oracle_choices(thresholds, rule),
    }


def _oracle_choices(thresholds: Thresholds | None, rule: str) -> list[str]:
    reasons = []
    if thresholds is not None and thresholds.rule == ORACLE:
        reasons.append('threshold chosen on the test frames')
    if rule == ON_TEST:
        reasons.append(ORACLE_EPOCH)
    return reasons


def _write(folder: Path, outcome: Outcome, protocol: dict[str, Any]) -> list[Path]:
    predictions = outcome.predictions
    written = write_result(folder, outcome.metrics, protocol, predictions)
    if predictions is None:
        return written
    title, subtitle = measured_on(protocol), conditions(protocol)
    if predictions.of_action_units:
        result = read_result(folder)
        f1, ends = _by_unit(result.metrics), _by_unit(result.intervals)
        picture = plot_per_au_f1(
            folder / 'per_au_f1.png', f1, title, subtitle, intervals=ends
        )
    else:
        confusion = confusion_matrix(predictions.scores, predictions.targets)
        picture = plot_confusion(
            folder / 'confusion.png', confusion, predictions.names, title, subtitle
        )
    return [*written, picture]


def _by_unit(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return F1 or its interval by AU; an AU that nobody coded has none."""
    return {
        name.removeprefix('au_f1/'): value
        for name, value in found.items()
        if name.startswith('au_f1/') and value is not None
    }
