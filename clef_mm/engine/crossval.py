"""A row of a table by one command: all stages, folds and seeds, then their average.

Runs lie in the work directories of their configs. What is complete is not repeated,
whoever ran it, so that recipes share a stage; what was stopped is resumed.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config
from mmengine.evaluator import Evaluator
from prettytable import PrettyTable

from clef_mm.engine.config import check_prepared
from clef_mm.engine.epoch_choice import check_will_be_kept
from clef_mm.engine.job_queue import Job, run_jobs, visible_gpus
from clef_mm.engine.recipe import Recipe, RecipeError, check_recipe, read_recipe
from clef_mm.engine.recipe_runs import Run, plan_runs
from clef_mm.engine.recorded_config import TESTING, differences
from clef_mm.engine.threshold_choice import (
    action_unit_metric,
    add_validation,
    read_choice,
)
from clef_mm.evaluation.aggregation import aggregate
from clef_mm.evaluation.predictions import PredictionsError
from clef_mm.evaluation.results import METRICS, ResultError, read_result
from clef_mm.evaluation.summary import Summary
from clef_mm.evaluation.thresholds import VALIDATION
from clef_mm.models.base import RANDOM


@dataclass(frozen=True)
class Scoring:
    """How the trained models are tested; other ways have other folders.

    Attributes:
        epoch: As ``tools/test.py --epoch`` takes it; None for its default.
        threshold: As ``tools/test.py --threshold`` takes it; None for its default.
    """

    epoch: str | None = None
    threshold: str | None = None

    @property
    def suffix(self) -> str:
        """Return such as ``'_best-on-test'``; empty for the defaults."""
        return ''.join(f'_{word}' for word in (self.epoch, self.threshold) if word)

    @property
    def words(self) -> tuple[str, ...]:
        """What ``tools/test.py`` is told."""
        given = {'--epoch': self.epoch, '--threshold': self.threshold}
        return tuple(word for pair in given.items() if pair[1] for word in pair)

    def folder(self, run: Run) -> Path:
        """Return where the result of a run lies."""
        return run.work_dir / f'test{self.suffix}'

    def check(self, config: Config) -> None:
        """Refuse a way of testing that the trained models will not allow.

        Args:
            config: Of the training of the last stage.

        Raises:
            ConfigError: If the threshold is none, there is nobody to tune it on, or
                the test has no use for one.
            EpochChoiceError: If the training does not keep the epochs to choose from.
        """
        check_will_be_kept(config, self.epoch)
        if self.threshold is None:
            return
        action_unit_metric(Evaluator(copy.deepcopy(config.test_evaluator)))
        if read_choice(self.threshold) == VALIDATION:
            add_validation(copy.deepcopy(config), f'--threshold {VALIDATION}')

    def is_done(self, run: Run) -> bool:
        """Whether the checkpoints that are there were tested, as the config says."""
        metrics = self.folder(run) / METRICS
        try:
            protocol = read_result(metrics.parent).protocol
        except (ResultError, PredictionsError):  # missing or damaged: tested again
            return False
        there = {path.name: path for path in run.work_dir.glob('*.pth')}
        written = metrics.stat().st_mtime
        asked = copy.deepcopy(run.config)
        asked.model.weights = None  # as in any test: a checkpoint replaces them
        return (
            Path(protocol['checkpoint']).name in there
            and all(path.stat().st_mtime <= written for path in there.values())
            and not differences(metrics.parent, asked, TESTING)
        )


def crossval(
    recipe: str,
    tools: Path,
    seeds: Sequence[int] | None = None,
    folds: Sequence[int] | None = None,
    options: Sequence[str] = (),
    data_roots: Sequence[str] = (),
    synthetic: bool = False,
    dry_run: bool = False,
    scoring: Scoring = Scoring(),
) -> Summary | None:
    """Follow a recipe: train what is missing, test, average, write and print.

    Args:
        recipe: Recipe file, see :mod:`.recipe`.
        tools: Folder of ``train.py`` and ``test.py``, which the runs are made with.
        seeds: Other seeds than the recipe's.
        folds: Only these of the recipe's folds; the result then says so.
        options: ``KEY=VALUE`` for all stages.
        data_roots: ``NAME=DIR`` of datasets, or one ``DIR`` if there is one dataset.
        synthetic: Run on synthetic stand-ins.
        dry_run: Only say what is done and what is to do.
        scoring: How the trained models are tested.

    Returns:
        The summary, as written to ``work_dirs/crossval/``; None after a dry run.

    Raises:
        RecipeError: If the recipe is no cross-validation.
        OtherRunError: If a work directory holds another run.
        ConfigError, EpochChoiceError: If the models cannot be tested as asked.
        JobFailedError: If a training or test fails.
        DisagreementError: If the results may not be averaged.
    """
    plan = read_recipe(recipe)
    check_recipe(plan)
    folds = _chosen_folds(plan, folds)
    seeds = tuple(plan.seeds if seeds is None else dict.fromkeys(seeds))
    runs = plan_runs(plan, folds, seeds, options, data_roots, synthetic)
    for run in runs:
        run.check()
        if run.stage == len(plan.stages) and not run.trained:
            scoring.check(run.config)
    print(_listed(plan, runs, scoring), flush=True)
    if dry_run:
        return None
    _check_all_prepared(runs)
    jobs = plan_jobs(runs, len(plan.stages), tools, scoring)
    run_jobs(jobs, visible_gpus(), lambda line: print(line, flush=True))
    name = _name(plan, folds, options)
    summary = aggregate(
        [read_result(scoring.folder(run)) for run in _last(runs, plan)],
        name=name,
        # What is not quite the row of the paper has no place in its table.
        table=plan.table if name == plan.name else None,
        recipe=str(plan.path),
        folds=folds or None,
    )
    folder = _summary_folder(plan, folds, synthetic, scoring)
    path = summary.write(folder / 'summary.json')
    print(f'\n{summary.text()}\nwritten: {path}')
    return summary


def plan_jobs(
    runs: Sequence[Run], num_stages: int, tools: Path, scoring: Scoring
) -> list[Job]:
    """Return the trainings that are not complete and the tests that are missing."""
    jobs: list[Job] = []
    training: dict[Run | None, Job] = {}
    for run in runs:
        if not run.trained:
            words = ('train.py', run.file, '--work-dir', run.home, '--resume')
            training[run] = _job(run, '', tools, words, training.get(run.before))
            jobs.append(training[run])
        if run.stage == num_stages and (run in training or not scoring.is_done(run)):
            words = ('test.py', run.file, run.work_dir, *scoring.words)
            words += ('--work-dir', scoring.folder(run))
            jobs.append(_job(run, ', test', tools, words, training.get(run)))
    return jobs


def _job(
    run: Run, suffix: str, tools: Path, words: Sequence[str | Path], after: Job | None
) -> Job:
    script, *arguments = words
    return Job(
        f'{run.name}{suffix}',
        (sys.executable, *map(str, (tools / script, *arguments)), *run.options),
        run.work_dir / f'{Path(script).stem}.log',
        after,
    )


def _chosen_folds(recipe: Recipe, folds: Sequence[int] | None) -> tuple[int, ...]:
    strange = sorted(set(folds or ()) - set(recipe.folds))
    if strange:
        raise RecipeError(
            f'{recipe.path} has no fold {", ".join(map(str, strange))}, only '
            f'{", ".join(map(str, recipe.folds)) or "an official test part"}'
        )
    return tuple(fold for fold in recipe.folds if not folds or fold in folds)


def _check_all_prepared(runs: Sequence[Run]) -> None:
    for run in runs:
        config = copy.deepcopy(run.config)
        if run.trained:
            config.model.weights = None  # have been used
        elif run.before is not None:
            config.model.weights = RANDOM  # will be there; a text tower's own must be
        check_prepared(config)


def _last(runs: Sequence[Run], recipe: Recipe) -> list[Run]:
    return [run for run in runs if run.stage == len(recipe.stages)]


def _listed(recipe: Recipe, runs: Sequence[Run], scoring: Scoring) -> str:
    table = PrettyTable(['run', 'epochs', 'tested', 'work dir'], align='l')
    for run in runs:
        last = run.stage == len(recipe.stages)
        done = run.trained and scoring.is_done(run)
        tested = ('yes' if done else 'no') if last else ''
        epochs = '{} of {}'.format(*run.epochs)
        table.add_row([run.name, epochs, tested, run.work_dir])
    return f'{recipe.name}, {recipe.path}\n{table}'


def _name(recipe: Recipe, folds: Sequence[int], options: Sequence[str]) -> str:
    """Return the row's name, with what sets it apart from the row of the paper."""
    apart = [
        option
        for option in options
        if not option.startswith('work_dir=') and '.num_workers=' not in option
    ]
    if tuple(folds) != recipe.folds:
        apart.insert(0, f'only fold {", ".join(map(str, folds))}, no cross-validation')
    return f'{recipe.name} ({"; ".join(apart)})' if apart else recipe.name


def _summary_folder(
    recipe: Recipe, folds: Sequence[int], synthetic: bool, scoring: Scoring
) -> Path:
    part = '' if tuple(folds) == recipe.folds else '_fold' + '_'.join(map(str, folds))
    stand_in = '_synthetic' if synthetic else ''
    name = recipe.path.stem + part + stand_in + scoring.suffix
    return Path('work_dirs/crossval', name)
