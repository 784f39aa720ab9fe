"""Runs the checks of a dataset over a folder and sums them up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from prettytable import HRuleStyle, PrettyTable

from clef_mm.datasets.doctor import prepared
from clef_mm.datasets.doctor.check import Check, Verdict, not_checked, require
from clef_mm.datasets.doctor.images import examine_images
from clef_mm.datasets.doctor.plan import Plan, Step
from clef_mm.datasets.doctor.tree import (
    READING_ERRORS,
    Tree,
    UnreadableError,
    describe_error,
)
from clef_mm.datasets.names import CLASSES, find_dataset
from clef_mm.errors import UserError


@dataclass(frozen=True)
class Examination:
    """The result.

    Attributes:
        heading: What was examined.
        checks: In the order in which they were made.
    """

    heading: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not any(check.verdict is Verdict.WRONG for check in self.checks)

    def lines(self) -> Iterator[str]:
        """Yield the heading, the table, what to do, and a summary."""
        yield self.heading
        table = PrettyTable(['check', 'expected', 'found', 'verdict'])
        table.align = 'l'
        table.max_width = {'check': 26, 'expected': 44, 'found': 40}
        table.hrules = HRuleStyle.ALL
        for check in self.checks:
            table.add_row(
                [check.name, check.expected, check.found, check.verdict.value]
            )
        yield table.get_string()
        for check in self.checks:
            if check.verdict in (Verdict.WRONG, Verdict.ODD):
                yield from _explain(check)
        counts = Counter(check.verdict for check in self.checks)
        yield ', '.join(f'{counts[verdict]} {verdict.value}' for verdict in Verdict)


def examine(
    dataset: str,
    root: str | Path,
    deep: bool = False,
    workers: int = 2,
    options: Mapping[str, Any] | None = None,
) -> Examination:
    """Examine a folder.

    Args:
        dataset: A key of :data:`clef_mm.datasets.names.CLASSES`.
        root: The dataset as released, as prepared, or a synthetic stand-in.
        deep: Decode every image too.
        workers: Processes that decode.
        options: Arguments of the dataset class, such as ``{'camera': 'right'}``: those
            that say what is read. With others, which choose among frames or change
            labels, the numbers are not those that are published.

    Raises:
        UserError: If there is no such folder, or an option is none of the dataset.
    """
    name = CLASSES[dataset]
    if not Path(root).is_dir():
        raise UserError(f'{root} is no folder: give the one that holds {name}')
    dataset_class = find_dataset(dataset)
    plan = import_module(f'{__package__}.{dataset}').PLAN
    tree = Tree(dataset_class, root, plan.read_labels, options)
    if plan.forget is not None:
        plan.forget(tree.root)
    checks = [*_loading(tree), *_load_report(tree, plan)]
    for step in prepared.STEPS if tree.prepared else plan.released:
        checks += _run(step, tree)
    for step in plan.always:
        checks += _allow_for_lost(_run(step, tree), tree)
    for step in plan.complete:
        made = _allow_for_lost(_run(step, tree), tree)
        checks += _withdraw(made) if tree.synthetic else made
    if deep:
        checks += _run(lambda tree: examine_images(tree, workers), tree)
    return Examination(_heading(tree), tuple(checks))


def _loading(tree: Tree) -> Iterator[Check]:
    expected = f'{tree.dataset_class.__name__} reads the folder'
    if tree.loading_error:
        yield Check(
            'loading',
            expected,
            tree.loading_error,
            Verdict.WRONG,
            'mend this first, what follows depends on it; an option that is named '
            'here is given as --options KEY=VALUE',
        )
    else:
        found = tree.dataset.report.found
        counted = ', '.join(f'{count:,} {what}' for what, count in found.items())
        yield Check('loading', expected, counted, Verdict.OK)


def _load_report(tree: Tree, plan: Plan) -> Iterator[Check]:
    """Yield what the dataset class noticed while reading."""
    if tree.loading_error:
        return
    report = tree.dataset.report
    for what in dict.fromkeys([*plan.never_reported, *report.oddities]):
        if what in (*plan.handled, prepared.LOST):
            continue
        verdict = Verdict.WRONG if what in plan.never_reported else Verdict.ODD
        yield require(
            what,
            'none',
            report.examples.get(what, []),
            plan.never_reported.get(what, ''),
            count=report.oddities[what],
            verdict=verdict,
            found='none',
        )


def _run(step: Step, tree: Tree) -> list[Check]:
    """Run a step; what it cannot read becomes a check, and the others go on."""
    name = getattr(step, '__name__', '').replace('_', ' ')
    made: list[Check] = []
    try:
        made.extend(step(tree))
    except UnreadableError:
        made.append(not_checked(name, '', 'the folder cannot be read, see above'))
    except READING_ERRORS as error:
        found = describe_error(error)
        made.append(Check(name, 'readable as documented', found, Verdict.WRONG))
    return made


def _allow_for_lost(checks: list[Check], tree: Tree) -> list[Check]:
    """Make odd what frames without a crop explain: that no more than these lack."""
    lost = prepared.lost_frames(tree)
    advice = 'frames without a crop are missing: lost_frames.csv lists them'
    return [
        replace(check, verdict=Verdict.ODD, advice=advice)
        if check.verdict is Verdict.WRONG and 0 < check.lacking <= lost
        else check
        for check in checks
    ]


def _withdraw(checks: list[Check]) -> list[Check]:
    """Take back verdicts on numbers that a synthetic tree cannot have, by design."""
    return [replace(check, verdict=Verdict.NOT_CHECKED) for check in checks]


def _heading(tree: Tree) -> str:
    kind = 'prepared ' if tree.prepared else ''
    place = f'{kind}{tree.name} in {tree.root}{tree.options_text(" with ")}'
    if not tree.synthetic:
        return place
    return (
        f'SYNTHETIC: {place} is rendered and smaller by '
        'design, so the numbers of the complete official set are not checked'
    )


def _explain(check: Check) -> Iterator[str]:
    yield f'{check.verdict.value}: {check.name}'
    if check.advice:
        yield f'  to do: {check.advice}'
    if check.source:
        yield f'  expected by: {check.source}'
