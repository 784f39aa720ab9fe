"""What the study runs: every row of Table 6, at several shares of labels and seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

GENERIC = 'generic'
"""Weights that every row starts from, in the place of FaRL."""
STAGE_1 = {None: 'none', 'simclr': 'SimCLR', 'pi': 'PI', 'pa_pi': 'PA + PI'}
"""What stage 1 pairs, by the name of its config; None trains stage 2 alone."""
STAGE_2 = {'i': 'I', 'i_n': 'I + N', 'i_d': 'I + D', 'i_n_d': 'I + N + D'}
"""What stands for a class in stage 2, by the name of its config."""
EPOCHS = {0.01: 50, 0.1: 13, 1.0: 3}
"""Epochs of stage 2 by the share of labels: few labels are seen more often."""
SEEDS = (0, 1, 2)


@dataclass(frozen=True, order=True)
class Row:
    """A row of the table.

    Attributes:
        stage_1: Key of ``STAGE_1``.
        stage_2: Key of ``STAGE_2``.
    """

    stage_1: str | None
    stage_2: str

    @property
    def name(self) -> str:
        """As in Table 6, ``'PA + PI + I + N + D'``."""
        end = STAGE_2[self.stage_2]
        return f'{STAGE_1[self.stage_1]} + {end}' if self.stage_1 else end


ROWS = (
    *(Row(None, 'i'), Row(None, 'i_n'), Row(None, 'i_n_d')),
    *(Row('simclr', 'i'), Row('simclr', 'i_n_d')),
    *(Row('pi', 'i'), Row('pi', 'i_n'), Row('pi', 'i_n_d')),
    *(Row('pa_pi', 'i'), Row('pa_pi', 'i_n')),
    *(Row('pa_pi', 'i_d'), Row('pa_pi', 'i_n_d')),
)
"""Table 6; the generic pair stands for both CLIP and FaRL."""
BASELINE, FULL = Row(None, 'i'), Row('pa_pi', 'i_n_d')
SIMCLR, ACTIVITY = Row('simclr', 'i'), Row('pi', 'i')


@dataclass(frozen=True)
class Run:
    """One training and its test, as ``tools/train.py`` and ``tools/test.py`` do them.

    Attributes:
        config: File.
        work_dir: Where it lies; the test in ``test/`` below.
        options: Overrides of the command line.
    """

    config: str
    work_dir: str
    options: tuple[str, ...]


def generic_run(root: Path) -> Run:
    """Return the run that makes the generic pair."""
    return Run(config_file(GENERIC), str(root / GENERIC), ())


def stage_1_runs(root: Path, seeds: Sequence[int] = SEEDS) -> list[Run]:
    """Return the runs of stage 1, one for each pairing and seed."""
    return [
        Run(
            config_file(f'pretrain_{pairing}'),
            str(stage_1_folder(root, pairing, seed)),
            (f'model.weights={root / GENERIC}', f'randomness.seed={seed}'),
        )
        for seed in seeds
        for pairing in filter(None, STAGE_1)
    ]


def stage_2_runs(root: Path, seeds: Sequence[int] = SEEDS) -> list[Run]:
    """Return the runs of stage 2: every row, share of labels and seed."""
    return [
        _stage_2_run(root, row, share, seed)
        for seed in seeds
        for share in EPOCHS
        for row in ROWS
    ]


def _stage_2_run(root: Path, row: Row, share: float, seed: int) -> Run:
    options = [
        f'model.weights={stage_1_folder(root, row.stage_1, seed)}',
        f'randomness.seed={seed}',
        f'train_dataloader.dataset.share={share}',
        f'train_dataloader.dataset.share_seed={seed}',
        f'train_cfg.max_epochs={EPOCHS[share]}',
    ]
    if row.stage_2 != 'i' and row.stage_1 in ('simclr', 'pi'):
        # Stage 1 without texts leaves no text tower.
        options.append(f'model.text_weights={root / GENERIC}')
    return Run(
        config_file(f'finetune_{row.stage_2}'),
        str(stage_2_folder(root, row, share, seed)),
        tuple(options),
    )


def stage_1_folder(root: Path, pairing: str | None, seed: int) -> Path:
    """Return the work directory of stage 1, or of what stands for it."""
    return root / (f'stage1_{pairing}_seed{seed}' if pairing else GENERIC)


def stage_2_folder(root: Path, row: Row, share: float, seed: int) -> Path:
    """Return the work directory of a run of stage 2."""
    start = row.stage_1 or 'none'
    return root / f'stage2_{start}_{row.stage_2}_{share:g}_seed{seed}'


def config_file(name: str) -> str:
    """Return the file of one of the study's configs, from where the study is run."""
    return f'configs/study/{name}.py'
