"""From the results of folds and seeds to one row of a table.

The number that papers report is the mean of the folds, each measured on its own; that
of all test images pooled is another one, and both are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clef_mm.evaluation.agreement import DisagreementError, arrange, shared_protocol
from clef_mm.evaluation.bootstrap import UnitCounts, count_units, fold_intervals
from clef_mm.evaluation.measures import (
    MAIN_MEASURES,
    measures_of,
    ranking_measures,
    unseen_labels,
)
from clef_mm.evaluation.predictions import join_predictions
from clef_mm.evaluation.protocol import synthetic_notice
from clef_mm.evaluation.results import Result
from clef_mm.evaluation.summary import Summary

_OTHER_TEST = 'one of the files is of another test: test the checkpoint again'
_Runs = Mapping[int, Mapping[int | None, Result]]


def aggregate(
    results: Sequence[Result],
    name: str = '',
    table: str | None = None,
    recipe: str | None = None,
    folds: Sequence[int] | None = None,
) -> Summary:
    """Average the results of folds and seeds.

    Args:
        results: One per fold and seed, see :func:`.results.read_result`.
        name: What was run, for tables; the dataset's name if empty.
        table: Table of the paper that it stands in.
        recipe: File of the recipe.
        folds: The folds that must be there; by default all of them.

    Returns:
        Means, spread and intervals of every measure; pooled values and intervals only
        if every result kept its predictions.

    Raises:
        DisagreementError: If the results may not be averaged, naming two of them and
            the reason.
    """
    runs = arrange(results, folds)
    ordered = [result for seeds in runs.values() for result in seeds.values()]
    shared = shared_protocol(ordered)
    complete = all(result.predictions is not None for result in ordered)
    counts = _counted(runs) if complete else {}
    pooled = _pooled(runs, counts) if complete else {}
    intervals = fold_intervals(list(counts.values())) if complete else {}
    return Summary(
        name=name or shared['dataset'],
        table=table,
        recipe=recipe,
        measure=_main_measure(ordered[0]),
        dataset=shared['dataset'],
        folds=list(runs),
        seeds=list(next(iter(runs.values()))),
        metrics={
            key: {
                **_over_folds(key, runs),
                'pooled': pooled.get(key),
                'interval': intervals.get(key),
            }
            for key in ordered[0].metrics
        },
        protocol=shared,
        oracle=shared['oracle'],
        notice=synthetic_notice(shared) or None,
        unseen=_unseen(runs) if complete else {},
        undefined=_undefined(runs),
    )


def _main_measure(result: Result) -> str:
    for measure, key in MAIN_MEASURES.items():
        if key in result.metrics:
            return measure
    raise DisagreementError(
        f'{result.path} holds neither {" nor ".join(MAIN_MEASURES.values())}, only '
        f'{", ".join(result.metrics)}: nothing that a table of the paper compares'
    )


def _over_folds(key: str, runs: _Runs) -> dict[str, Any]:
    values = {
        str(fold): [result.metrics.get(key) for result in seeds.values()]
        for fold, seeds in runs.items()
    }
    per_seed = [_mean(column) for column in zip(*values.values(), strict=True)]
    known = [value for value in per_seed if value is not None]
    return {
        'mean': _mean(known),
        'std': float(np.std(known, ddof=1)) if len(known) > 1 else None,
        'folds': values,
    }


def _counted(runs: _Runs) -> dict[int, list[UnitCounts]]:
    """Count by fold, for each seed, what the measures follow from; check the metrics.

    Raises:
        DisagreementError: If a ``metrics.json`` is not about the predictions beside it.
    """
    counted: dict[int, list[UnitCounts]] = {}
    for fold, seeds in runs.items():
        for result in seeds.values():
            _check_predictions(result)
            counts = count_units(result.predictions, result.protocol)
            found = measures_of(counts.outcomes.sum(axis=0), result.predictions)
            key = MAIN_MEASURES[_main_measure(result)]
            stated = result.metrics[key]
            stated = np.nan if stated is None else stated
            if not np.isclose(found[key], stated, rtol=0, atol=1e-6, equal_nan=True):
                raise DisagreementError(
                    f'{result.path}: the predictions give {key} = {found[key]:.6f}, '
                    f'metrics.json says {stated:.6f}; {_OTHER_TEST}'
                )
            counted.setdefault(fold, []).append(counts)
    return counted


def _check_predictions(result: Result) -> None:
    """Check that predictions are of the labels, people and images that are stated."""
    held, protocol = result.predictions, result.protocol
    found = {
        'labels': list(held.names),
        'subjects': np.unique(held.subjects).tolist(),
        'frames': len(held),
    }
    for key, value in found.items():
        stated = protocol.get(key)
        if stated is not None and stated != value:
            raise DisagreementError(
                f'{result.path}: the {key} of the predictions are not those of '
                f'metrics.json; {_OTHER_TEST}'
            )


def _pooled(
    runs: _Runs, counted: Mapping[int, Sequence[UnitCounts]]
) -> dict[str, float | None]:
    """Measure the test images of all folds together, each fold at its thresholds."""
    per_seed = []
    for number, of_seed in enumerate(zip(*_by_fold(runs), strict=True)):
        joined = join_predictions([result.predictions for result in of_seed])
        counts = sum(counted[fold][number].outcomes.sum(axis=0) for fold in runs)
        found = measures_of(counts, joined)
        if joined.of_action_units:
            found = {**found, **ranking_measures(joined)}
        per_seed.append(found)
    return {
        key: _mean(
            [None if np.isnan(one[key]) else float(one[key]) for one in per_seed]
        )
        for key in per_seed[0]
    }


def _by_fold(runs: _Runs) -> list[list[Result]]:
    return [list(seeds.values()) for seeds in runs.values()]


def _unseen(runs: _Runs) -> dict[str, list[str]]:
    found = {
        str(fold): unseen_labels(next(iter(seeds.values())).predictions)
        for fold, seeds in runs.items()
    }
    return {fold: labels for fold, labels in found.items() if labels}


def _undefined(runs: _Runs) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for fold, seeds in runs.items():
        for key in dict.fromkeys(key for one in seeds.values() for key in one.metrics):
            if any(result.metrics.get(key) is None for result in seeds.values()):
                found.setdefault(key, []).append(fold)
    return found


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
