"""Whether results may be averaged: the same data, cut and measured in the same way."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from clef_mm.errors import UserError
from clef_mm.evaluation.results import Result

# What belongs to a single run. Everything else a protocol states must be the same, so
# that what is stated one day is compared from that day on.
_OF_ONE_RUN = {
    'checkpoint',
    'epochs_tested',
    'fold',
    'frames',
    'lost_frames',
    'seed',
    'subjects',
    'threshold',
    'trained',
    'tuned_on',
}
_REMEDIES = {
    'synthetic': 'A result on generated images is none on real ones: keep them apart.',
    'dataset': 'Each dataset has a summary of its own.',
    'split': 'Test all runs on the same part.',
    'preset': 'Parts of different presets share people or leave some out: train and '
    'test all folds with one preset.',
    'labels': 'Test checkpoints of the same labels, in the same order.',
    'crop': 'Scores depend on the crop: prepare the data of all runs alike, then train '
    'and test again.',
    'threshold rule': 'Test all with the same --threshold.',
    'epoch_rule': 'Test all with the same --epoch.',
    'stages': 'Rows of a table are one recipe each.',
}


class DisagreementError(UserError, ValueError):
    """Results that do not belong into one average; names both and the reason."""


def arrange(
    results: Sequence[Result], folds: Sequence[int] | None = None
) -> dict[int, dict[int | None, Result]]:
    """Order results by fold and seed, if they may be averaged.

    Args:
        results: One per fold and seed.
        folds: The folds that must be there; by default all that the preset has or, if
            that is not known, all up to the highest found.

    Returns:
        Result by fold, then by seed, both rising; official parts count as fold 1.

    Raises:
        DisagreementError: If a result is missing or there twice, test subjects of two
            folds overlap, or protocols or measures differ.
    """
    if not results:
        raise DisagreementError('there are no results to average')
    for result in results:
        _check_stated(result)
    arranged: dict[int, dict[int | None, Result]] = {}
    for result in results:
        runs = arranged.setdefault(_fold(result), {})
        seed = result.protocol.get('seed')
        if seed in runs:
            raise DisagreementError(
                f'{runs[seed].path} and {result.path} are both fold {_fold(result)} '
                f'with seed {seed}: give one of them'
            )
        runs[seed] = result
    for one, other in itertools.pairwise(results):
        _check_protocols(one, other)
        _check_measures(one, other)
    _check_subjects(arranged)
    expected = sorted(folds) if folds else _all_folds(arranged, results[0])
    _check_complete(arranged, expected)
    return {
        fold: dict(sorted(arranged[fold].items(), key=lambda run: run[0] or 0))
        for fold in expected
    }


def shared_protocol(results: Sequence[Result]) -> dict[str, Any]:
    """Return what agreeing results share, and what they cover together.

    Their protocols' common entries; ``threshold`` with the values if all have the same;
    ``subjects`` of all folds, ``frames`` in all (of one seed).
    """
    first = results[0].protocol
    shared = {key: value for key, value in first.items() if key not in _OF_ONE_RUN}
    folds = {_fold(result): result.protocol for result in results}
    thresholds = [result.protocol['threshold'] for result in results]
    threshold = thresholds[0]
    if threshold is not None and any(other != threshold for other in thresholds):
        threshold = {'rule': threshold['rule'], 'values': {}}
    return {
        **shared,
        'threshold': threshold,
        'subjects': sorted(set().union(*(fold['subjects'] for fold in folds.values()))),
        'frames': sum(fold.get('frames') or 0 for fold in folds.values()),
    }


def _fold(result: Result) -> int:
    return result.protocol.get('fold') or 1


def _all_folds(
    arranged: Mapping[int, Mapping[int | None, Result]], any_result: Result
) -> list[int]:
    count = any_result.protocol.get('num_folds') or max(arranged)
    return list(range(1, count + 1))


def _check_stated(result: Result) -> None:
    unsaid = [key for key in ('dataset', 'subjects') if result.protocol[key] is None]
    if unsaid:
        raise DisagreementError(
            f'{result.path} does not state {" and ".join(unsaid)}: nobody knows what '
            'it may be averaged with. tools/test.py states both'
        )


def _check_measures(one: Result, other: Result) -> None:
    for more, less in ((one, other), (other, one)):
        missing = [name for name in more.metrics if name not in less.metrics]
        if missing:
            raise DisagreementError(
                f'{less.path} does not hold {", ".join(missing[:5])}'
                f'{", ..." if len(missing) > 5 else ""}, which {more.path} does. Test '
                'all of them with the same evaluators.'
            )


def _check_protocols(one: Result, other: Result) -> None:
    mine, theirs = _compared(one.protocol), _compared(other.protocol)
    for what in [*_REMEDIES, *sorted(mine.keys() | theirs.keys())]:
        if mine.get(what) != theirs.get(what):
            remedy = _REMEDIES.get(what, 'Test all of them in the same way.')
            raise DisagreementError(
                f'{one.path} and {other.path} cannot be averaged, their '
                f'{what.replace("_", " ")} differs: {_short(mine.get(what))} and '
                f'{_short(theirs.get(what))}. {remedy}'
            )


def _compared(protocol: Mapping[str, Any]) -> dict[str, Any]:
    compared = {key: value for key, value in protocol.items() if key not in _OF_ONE_RUN}
    threshold = protocol['threshold']
    if threshold is not None:
        compared['threshold rule'] = threshold['rule']
        if threshold['rule'] == 'fixed':  # tuned ones differ from run to run
            compared['threshold rule'] = f'fixed {sorted(threshold["values"].items())}'
    compared['stages'] = ' after '.join(_stages(protocol.get('trained') or {}))
    return compared


def _stages(trained: Mapping[str, Any]) -> list[str]:
    """Name the stages of training, the last one first."""
    if not trained:
        return []
    return [str(trained.get('stage')), *_stages(trained.get('start') or {})]


def _check_subjects(arranged: Mapping[int, Mapping[int | None, Result]]) -> None:
    firsts = []
    for fold, runs in sorted(arranged.items()):
        first, *others = runs.values()
        for other in others:
            if _tested(other) != _tested(first):
                raise DisagreementError(
                    f'{first.path} and {other.path} are both fold {fold}, but test '
                    'different subjects or frames: test both on the same data'
                )
        firsts.append(first)
    for one, other in itertools.combinations(firsts, 2):
        shared = set(one.protocol['subjects']) & set(other.protocol['subjects'])
        if shared:
            raise DisagreementError(
                f'the folds of {one.path} and {other.path} overlap: both test '
                f'{", ".join(sorted(shared)[:5])}{", ..." if len(shared) > 5 else ""}. '
                'Folds test everybody once: use the folds of one preset.'
            )


def _tested(result: Result) -> tuple[set[str], int | None]:
    return set(result.protocol['subjects']), result.protocol.get('frames')


def _check_complete(
    arranged: Mapping[int, Mapping[int | None, Result]], expected: Sequence[int]
) -> None:
    seeds = sorted(set().union(*arranged.values()), key=lambda seed: seed or 0)
    have = ', '.join(
        f'fold {fold} ({next(iter(runs.values())).path})'
        for fold, runs in sorted(arranged.items())
    )
    for fold, seed in itertools.product(expected, seeds):
        if seed not in arranged.get(fold, {}):
            of_seed = f' with seed {seed}' if len(seeds) > 1 else ''
            raise DisagreementError(
                f'the result of fold {fold}{of_seed} is missing, found: {have}. Train '
                'and test it; a mean of other folds is another number.'
            )
    for fold in sorted(set(arranged) - set(expected)):
        raise DisagreementError(
            f'{next(iter(arranged[fold].values())).path} is fold {fold}, but folds '
            f'{", ".join(map(str, expected))} were asked for: leave it out'
        )


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        named = [str(value[key]) for key in ('name', 'hash') if key in value]
        return ' '.join(named) or str(dict(value))
    if isinstance(value, list | tuple):
        return ', '.join(map(str, value)) or 'none'
    return 'none' if value in (None, '') else str(value)
