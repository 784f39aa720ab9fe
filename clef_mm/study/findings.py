"""What the runs of the study have reached, with intervals, as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clef_mm.evaluation.bootstrap import LEVEL, draw_units, units_of
from clef_mm.evaluation.measures import measures_of, outcomes_by_unit
from clef_mm.evaluation.results import Result, read_result
from clef_mm.evaluation.thresholds import thresholds_of
from clef_mm.study import plan
from clef_mm.study.running import SECONDS

F1 = 'au_f1/mean'
FEATURE_MEASURES = (
    'probe/accuracy',
    'identity/neighbour_activity',
    'identity/neighbour_person',
    'identity/person_probe',
    'identity/distance_ratio',
)
COMPARISONS = {
    'all of CLEF - images alone, no stage 1': (plan.FULL, plan.BASELINE),
    'activity pairing - SimCLR pairing, images alone': (plan.ACTIVITY, plan.SIMCLR),
    'activity pairing - SimCLR pairing, with texts': (
        plan.Row('pi', 'i_n_d'),
        plan.Row('simclr', 'i_n_d'),
    ),
    'activity texts - none, with texts': (plan.FULL, plan.Row('pi', 'i_n_d')),
    'stage 1 - none, images alone': (plan.Row('pa_pi', 'i'), plan.BASELINE),
    'stage 1 - none, with texts': (plan.FULL, plan.Row(None, 'i_n_d')),
    'texts - images alone, after stage 1': (plan.FULL, plan.Row('pa_pi', 'i')),
}
"""Pairs of rows whose difference answers a question of the paper."""


def collect(root: Path, seeds: Sequence[int] = plan.SEEDS) -> dict[str, Any]:
    """Read every result of the study.

    Args:
        root: Work directory of the study, all runs done.
        seeds: Of the runs.

    Returns:
        Plain containers: ``rows`` with the F1 of each seed by share of labels,
        ``comparisons`` with the difference of two rows and its 95 % interval,
        ``features`` with the measures of each start of stage 2.

    Raises:
        ResultError: If a run was not done.
    """
    shares = [f'{share:g}' for share in plan.EPOCHS]
    results = {
        (row, share): [
            read_result(plan.stage_2_folder(root, row, float(share), seed) / 'test')
            for seed in seeds
        ]
        for row in plan.ROWS
        for share in shares
    }
    return {
        'seeds': list(seeds),
        'subjects': len(results[plan.FULL, shares[0]][0].protocol['subjects']),
        'frames': results[plan.FULL, shares[0]][0].protocol['frames'],
        'rows': {
            row.name: {
                share: [one.metrics[F1] for one in results[row, share]]
                for share in shares
            }
            for row in plan.ROWS
        },
        'comparisons': {
            name: {
                share: difference(results[more, share], results[less, share])
                for share in shares
            }
            for name, (more, less) in COMPARISONS.items()
        },
        'features': {
            name: _features(root, pairing, seeds)
            for pairing, name in plan.STAGE_1.items()
        },
        'stage_2_seconds': {
            share: float(
                np.mean(
                    [
                        _seconds(plan.stage_2_folder(root, row, float(share), seed))
                        for row in plan.ROWS
                        for seed in seeds
                    ]
                )
            )
            for share in shares
        },
    }


def difference(more: Sequence[Result], less: Sequence[Result]) -> dict[str, Any]:
    """Compare two rows that were tested on the same people.

    The people of the test are drawn with replacement, the same ones for both rows and
    all seeds; the interval says what other people would change, ``std`` what another
    seed would.

    Args:
        more: Results of one row, one for each seed.
        less: Those of the other.

    Returns:
        ``mean`` and ``std`` of the difference over seeds (None for one seed) and the
        95 % ``interval`` of the mean, F1 as a fraction.
    """
    per_seed = [a.metrics[F1] - b.metrics[F1] for a, b in zip(more, less, strict=True)]
    drawn = np.mean(
        [_drawn_f1(a) - _drawn_f1(b) for a, b in zip(more, less, strict=True)], axis=0
    )
    ends = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {
        'mean': float(np.mean(per_seed)),
        'std': float(np.std(per_seed, ddof=1)) if len(per_seed) > 1 else None,
        'interval': ends.tolist(),
    }


def _drawn_f1(result: Result) -> np.ndarray:
    """Return the mean F1 of each draw of the people, (draws,)."""
    predictions = result.predictions
    units = units_of(predictions, result.protocol)
    outcomes = outcomes_by_unit(predictions, thresholds_of(result.protocol), units)
    drawn = draw_units(len(outcomes)).astype(float)
    return measures_of(np.tensordot(drawn, outcomes, axes=1), predictions)[F1]


def _features(
    root: Path, pairing: str | None, seeds: Sequence[int]
) -> dict[str, list[float]]:
    """Return the measures of a start of stage 2 by name, one number for each seed."""
    # The generic pair was made once.
    folders = dict.fromkeys(plan.stage_1_folder(root, pairing, seed) for seed in seeds)
    found: Mapping[str, list[float]] = {
        name: [read_result(folder / 'test').metrics[name] for folder in folders]
        for name in FEATURE_MEASURES
    }
    return {**found, 'seconds': [_seconds(folder) for folder in folders]}


def _seconds(folder: Path) -> float:
    return float((folder / SECONDS).read_text())
