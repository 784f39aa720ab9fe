"""The training runs that a recipe asks for, and how far each is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from mmengine.config import Config

from clef_mm.command_line import parse_options
from clef_mm.engine.application import prepare_config
from clef_mm.engine.checkpoint_files import is_finished
from clef_mm.engine.config import datasets_read
from clef_mm.engine.recipe import Recipe, RecipeError, load_stage
from clef_mm.engine.recorded_config import TRAINING, differences
from clef_mm.errors import UserError, nearest


class OtherRunError(UserError, ValueError):
    """A work directory holds a run of another config than the one asked for."""


@dataclass(frozen=True, eq=False)
class Run:
    """One training: a stage of a recipe, in a fold, with a seed.

    Attributes:
        stage: Number of the stage, from 1.
        file: Its config file.
        config: The config as it will run.
        fold: None for a stage that knows no folds.
        seed: Of the run.
        options: What :file:`tools/train.py` and ``test.py`` are told besides.
        home: Work directory as told; with ``--synthetic`` the run adds to it.
        before: The run whose weights it starts from.
    """

    stage: int
    file: Path
    config: Config
    fold: int | None
    seed: int
    options: tuple[str, ...]
    home: str
    before: Run | None

    @property
    def work_dir(self) -> Path:
        """Where it leaves logs and checkpoints."""
        return Path(self.config.work_dir)

    @property
    def name(self) -> str:
        """Return such as ``'fold 2, seed 0, stage 1: clef_pretrain_vitb16_bp4d'``."""
        fold = '' if self.fold is None else f'fold {self.fold}, '
        return f'{fold}seed {self.seed}, stage {self.stage}: {self.file.stem}'

    @property
    def epochs(self) -> tuple[int, int]:
        """Return how many epochs are done, and how many there will be at most."""
        names = [path.name for path in self.work_dir.glob('epoch_*.pth')]
        numbers = [re.fullmatch(r'epoch_(\d+)\.pth', name) for name in names]
        done = max((int(number[1]) for number in numbers if number), default=0)
        return done, self.config.train_cfg.max_epochs

    @property
    def trained(self) -> bool:
        """Whether it came to its end: the last epoch, or early stopping."""
        return is_finished(self.work_dir)

    def check(self) -> None:
        """Refuse to continue, or to count as done, another run than this.

        Raises:
            OtherRunError: Names the settings that differ, or the stage before if that
                is not complete: these weights then came from other ones.
        """
        if not (self.work_dir / 'last_checkpoint').is_file():
            return
        if self.before is not None and not self.before.trained:
            done, total = self.before.epochs
            raise OtherRunError(
                f'{self.work_dir} holds a run, although {self.before.name}, which it '
                f'is to start from, has {done} of {total} epochs in '
                f'{self.before.work_dir}. Move the run away, or put the stage back '
                'that it started from.'
            )
        found = differences(self.work_dir, self.config, TRAINING)
        if found:
            raise OtherRunError(
                f'{self.work_dir} holds another run than {self.name}:\n  '
                + '\n  '.join(found)
                + '\nGive the options that it was made with, or move it away.'
            )


def plan_runs(
    recipe: Recipe,
    folds: Sequence[int],
    seeds: Sequence[int],
    options: Sequence[str] = (),
    data_roots: Sequence[str] = (),
    synthetic: bool = False,
) -> list[Run]:
    """Return the training runs of a recipe, each behind the one that it starts from.

    A stage that is the same in all folds is one run.

    Raises:
        RecipeError: If two runs would write to one folder, or no stage reads a dataset
            that ``data_roots`` names.
    """
    _check_roots(recipe, data_roots)
    runs: dict[Path, Run] = {}
    for seed, fold in product(seeds, folds or (None,)):
        before = None
        for number, file in enumerate(recipe.stages, 1):
            run = _plan_run(
                number, file, fold, seed, before, options, data_roots, synthetic
            )
            other = runs.setdefault(run.work_dir, run)
            if other.name != run.name:
                raise RecipeError(
                    f'{other.name} and {run.name} would both write to {run.work_dir}: '
                    'leave work_dir out of the config, or write {fold} in it'
                )
            before = other
    return list(runs.values())


def _plan_run(
    stage: int,
    file: Path,
    fold: int | None,
    seed: int,
    before: Run | None,
    options: Sequence[str],
    data_roots: Sequence[str],
    synthetic: bool,
) -> Run:
    base = load_stage(file, fold, parse_options(list(options)))
    home = base.work_dir + (f'_seed{seed}' if seed else '')
    settings = [*options, f'randomness.seed={seed}']
    if base.get('fold') is not None:
        settings.append(f'fold={base.fold}')
    if before is not None:
        settings.append(f'model.weights={before.home}')
    roots = _roots_for(base, data_roots)
    config = prepare_config(str(file), settings, home, roots or None, synthetic)
    words = [*(['--data-root', *roots] if roots else [])]
    words += ['--synthetic'] if synthetic else []
    words += ['--cfg-options', *settings]
    return Run(stage, file, config, base.get('fold'), seed, tuple(words), home, before)


def _roots_for(config: Config, roots: Sequence[str]) -> list[str]:
    """Return those of ``NAME=DIR`` whose dataset a config reads; ``DIR`` is for all."""
    names = datasets_read(config)
    return [root for root in roots if _owner(root) in (*names, '')]


def _check_roots(recipe: Recipe, roots: Sequence[str]) -> None:
    names = sorted(
        {
            name
            for file in recipe.stages
            for name in datasets_read(load_stage(file, None))
        }
    )
    if len(roots) == len(names) == 1:
        return
    for root in roots:
        if _owner(root) not in names:
            raise RecipeError(
                f'--data-root {root}: the recipe reads {", ".join(names)}. Say whose '
                f'folder it is: {" ".join(f"{name}=DIR" for name in names)}'
                + nearest(_owner(root), names)
            )


def _owner(root: str) -> str:
    name, equals, _ = root.partition('=')
    return name.lower() if equals and name.isidentifier() else ''
