"""What the runs of the study have reached, with intervals, as plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clef_mm.evaluation.bootstrap import LEVEL, count_units, draw_units
from clef_mm.evaluation.results import Result, ResultError, read_result
from clef_mm.study import plan
from clef_mm.study.running import is_done, train_seconds

F1 = 'au_f1/mean'
SECONDS = 'seconds'
FEATURE_MEASURES = (
    'probe/accuracy',
    'identity/neighbour_activity',
    'identity/neighbour_person',
    'identity/person_probe',
    'identity/distance_ratio',
)
AVERAGE = 'average'
"""Over the shares of labels, where a share is asked for."""
COMPARISONS = {
    'all of CLEF - images alone, no stage 1': (plan.FULL, plan.BASELINE),
    'activity pairing - SimCLR, images alone': (plan.ACTIVITY, plan.SIMCLR),
    'activity pairing - SimCLR, with texts': (
        plan.Row('pi', 'i_n_d'),
        plan.Row('simclr', 'i_n_d'),
    ),
    'activity texts - none, with texts': (plan.FULL, plan.Row('pi', 'i_n_d')),
    'stage 1 - none, images alone': (plan.Row('pa_pi', 'i'), plan.BASELINE),
    'stage 1 - none, with texts': (plan.FULL, plan.Row(None, 'i_n_d')),
    'texts - images alone, after stage 1': (plan.FULL, plan.Row('pa_pi', 'i')),
}
"""Pairs of rows whose difference answers a question of the paper."""

Results = dict[tuple[plan.Row, str], list[Result]]


def collect(root: Path, seeds: Sequence[int] = plan.SEEDS) -> dict[str, Any]:
    """Read every result of the study.

    Args:
        root: Work directory of the study, all runs done.
        seeds: Of the runs.

    Returns:
        Plain containers: ``rows`` with the F1 of each seed by share of labels,
        ``comparisons`` with the difference of two rows and its interval by share,
        ``features`` with the measures of each start of stage 2, one for each seed.

    Raises:
        ResultError: If a run is not done.
    """
    _check_done(root, seeds)
    shares = [f'{share:g}' for share in plan.EPOCHS]
    results: Results = {
        (row, share): [
            read_result(plan.stage_2_folder(root, row, float(share), seed) / 'test')
            for seed in seeds
        ]
        for row in plan.ROWS
        for share in shares
    }
    protocol = results[plan.ROWS[0], shares[0]][0].protocol
    return {
        'seeds': list(seeds),
        'subjects': len(protocol['subjects']),
        'frames': protocol['frames'],
        'rows': {
            row.name: {
                share: [one.metrics[F1] for one in results[row, share]]
                for share in shares
            }
            for row in plan.ROWS
        },
        'comparisons': {
            name: _compare(results, more, less, shares)
            for name, (more, less) in COMPARISONS.items()
        },
        'features': {
            name: _features(root, pairing, seeds)
            for pairing, name in plan.STAGE_1.items()
        },
        SECONDS: {
            share: [
                train_seconds(plan.stage_2_folder(root, row, float(share), seed))
                for row in plan.ROWS
                for seed in seeds
            ]
            for share in shares
        },
    }


def difference(more: Sequence[Result], less: Sequence[Result]) -> dict[str, Any]:
    """Compare two rows, or the same two in several settings.

    The people of the test are drawn with replacement, the same ones in all results: the
    interval says what other people would change, ``std`` what another seed would.

    Args:
        more: Results of one row, one for each seed (and setting).
        less: Those of the other, in the same order.

    Returns:
        ``mean`` and ``std`` of the difference over the results (None for one) and the
        95 % ``interval`` of the mean, F1 as a fraction.

    Raises:
        ResultError: If two results are not of the same frames with the same labels.
    """
    pairs = list(zip(more, less, strict=True))
    for one, other in pairs:
        _check_same_test(more[0], one)
        _check_same_test(more[0], other)
    per_pair = [one.metrics[F1] - other.metrics[F1] for one, other in pairs]
    drawn = np.mean([_drawn_f1(one) - _drawn_f1(other) for one, other in pairs], axis=0)
    ends = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {
        'mean': float(np.mean(per_pair)),
        'std': float(np.std(per_pair, ddof=1)) if len(per_pair) > 1 else None,
        'interval': ends.tolist(),
    }


def _compare(
    results: Results, more: plan.Row, less: plan.Row, shares: Sequence[str]
) -> dict[str, dict[str, Any]]:
    found = {
        share: difference(results[more, share], results[less, share])
        for share in shares
    }
    every = [
        [one for share in shares for one in results[row, share]] for row in (more, less)
    ]
    return {**found, AVERAGE: {**difference(*every), 'std': None}}


def _drawn_f1(result: Result) -> np.ndarray:
    """Return the mean F1 of each draw of the people, (draws,)."""
    counts = count_units(result.predictions, result.protocol)
    return counts.at_thresholds(draw_units(len(counts.outcomes)))[F1]


def _features(
    root: Path, pairing: str | None, seeds: Sequence[int]
) -> dict[str, list[float]]:
    # The generic pair was made once.
    folders = dict.fromkeys(plan.stage_1_folder(root, pairing, seed) for seed in seeds)
    found = {
        name: [read_result(folder / 'test').metrics[name] for folder in folders]
        for name in FEATURE_MEASURES
    }
    return {**found, SECONDS: [train_seconds(folder) for folder in folders]}


def _check_done(root: Path, seeds: Sequence[int]) -> None:
    runs = [
        plan.generic_run(root),
        *plan.stage_1_runs(root, seeds),
        *plan.stage_2_runs(root, seeds),
    ]
    left = [run.work_dir for run in runs if not is_done(run)]
    if left:
        raise ResultError(
            f'{len(left)} of {len(runs)} runs are not done, or were done with other '
            f'settings, {left[0]} among them: run tools/study.py'
        )


def _check_same_test(one: Result, other: Result) -> None:
    a, b = one.predictions, other.predictions
    if a is None or b is None:
        raise ResultError(f'{one.path} or {other.path} has no predictions: test again')
    for field in ('names', 'subjects', 'sequences', 'frames', 'targets'):
        if not np.array_equal(getattr(a, field), getattr(b, field)):
            raise ResultError(
                f'{one.path} and {other.path} differ in {field}: their difference '
                'would say nothing'
            )
