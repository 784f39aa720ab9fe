"""Run what the plan lists: two at a time, one thread each, nothing twice."""

from __future__ import annotations

import os
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import torch

from clef_mm.command_line import parse_options
from clef_mm.datasets.job_pool import run_jobs
from clef_mm.engine.application import evaluate, train
from clef_mm.engine.config import load_config
from clef_mm.engine.recorded_config import TRAINING, differences
from clef_mm.study.plan import Run

SECONDS = 'train_seconds.txt'


def run_all(runs: list[Run], label: str, workers: int) -> None:
    """Train and test what is not done yet.

    Args:
        runs: Independent of each other.
        label: For the line of progress.
        workers: Processes; each computes with one thread.
    """
    # Set for the processes that are spawned; torch reads it when it is loaded.
    os.environ['OMP_NUM_THREADS'] = '1'
    left = [run for run in runs if not is_done(run)]
    run_jobs(_run, left, min(workers, max(1, len(left))), label)


def is_done(run: Run) -> bool:
    """Tell whether a run was trained, with the settings of today, and tested."""
    folder = Path(run.work_dir)
    if not (folder / 'test' / 'metrics.json').is_file():
        return False
    config = load_config(run.config, parse_options(list(run.options)))
    return not differences(folder, config, TRAINING)


def train_seconds(folder: Path) -> float:
    """Return how long the training in a folder took."""
    return float((folder / SECONDS).read_text('utf-8'))


def _run(run: Run) -> None:
    torch.set_num_threads(1)
    folder = Path(run.work_dir)
    folder.mkdir(parents=True, exist_ok=True)
    options = list(run.options)
    with (
        open(folder / 'console.txt', 'w', encoding='utf-8') as console,
        redirect_stdout(console),
        redirect_stderr(console),
    ):
        began = time.perf_counter()
        train(run.config, options, run.work_dir)
        (folder / SECONDS).write_text(f'{time.perf_counter() - began:.1f}\n', 'utf-8')
        evaluate(run.config, run.work_dir, options, str(folder / 'test'))
