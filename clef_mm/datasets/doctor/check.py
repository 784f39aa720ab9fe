"""One thing looked at: what was expected, what was found, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from clef_mm.datasets.doctor.facts import Fact

_SHOWN = 3


class Verdict(Enum):
    """What a check says."""

    OK = 'ok'
    WRONG = 'wrong'
    ODD = 'odd'  # unusual, but usable
    NOT_CHECKED = 'not checked'


@dataclass(frozen=True)
class Check:
    """One row of the table.

    Attributes:
        name: What was looked at.
        expected: As published or documented.
        found: On disk.
        verdict: Whether they agree.
        advice: What to do, where they do not.
        source: Who published what was expected, and how sure it is.
        lacking: How many frames are missing, where that is all that is wrong; else 0.
    """

    name: str
    expected: str
    found: str
    verdict: Verdict
    advice: str = ''
    source: str = ''
    lacking: int = 0


def compare(name: str, fact: Fact, found: Any, advice: str = '') -> Check:
    """Check a number, or several, against a published fact.

    Args:
        name: Of the check.
        fact: A number, or a mapping of names to numbers, with its tolerance.
        found: In the same form; a name that is absent here counts as 0, and one that
            only stands here is a disagreement.
        advice: What to do if they disagree.

    Returns:
        A check that is wrong, or only odd if the fact is not sure.
    """
    expected, counted = _named(fact.value), _named(found)
    zeros = dict.fromkeys([*expected, *counted], 0)
    wanted, seen = zeros | expected, zeros | counted
    differing = [key for key in zeros if not _agree(wanted[key], seen[key], fact)]
    if differing:
        told = {key: seen[key] for key in differing}
        found_text = _text(told, fact)
        verdict = Verdict.WRONG if fact.is_firm else Verdict.ODD
    else:
        found_text = _agreement(wanted, seen, fact)
        verdict = Verdict.OK
    tolerance = f' (each within {fact.margin})' if fact.tolerance else ''
    return Check(
        name,
        _text(expected, fact) + tolerance,
        found_text,
        verdict,
        '' if verdict is Verdict.OK else advice,
        fact.citation,
    )


def compare_frames(name: str, fact: Fact, found: Any, advice: str = '') -> Check:
    """Check numbers of frames as :func:`compare` does, and say how many are missing.

    They lack only if no number is too large: a surplus has another cause.
    """
    expected, counted = _named(fact.value), _named(found)
    differences = [
        expected.get(key, 0) - counted.get(key, 0)
        for key in expected.keys() | counted.keys()
        if not _agree(expected.get(key, 0), counted.get(key, 0), fact)
    ]
    missing = sum(difference - fact.tolerance for difference in differences)
    surplus = any(difference < 0 for difference in differences)
    lacking = 0 if surplus else int(missing)
    return replace(compare(name, fact, found, advice), lacking=lacking)


def require(
    name: str,
    expected: str,
    offenders: Sequence[str],
    advice: str = '',
    fact: Fact | None = None,
    verdict: Verdict = Verdict.WRONG,
    count: int | None = None,
    found: str = '',
    lacking: int = 0,
) -> Check:
    """Check that nothing offends a rule.

    Args:
        name: Of the check.
        expected: The rule.
        offenders: What breaks it; the first are shown.
        advice: What to do about them.
        fact: Published source of the rule; if it is not sure, the check is only odd.
        verdict: Of a broken rule whose source is sure.
        count: How many there are, if ``offenders`` are only examples.
        found: Shown if nothing offends.
        lacking: See :class:`Check`.
    """
    number = len(offenders) if count is None else count
    source = fact.citation if fact else ''
    if not number:
        return Check(name, expected, found or 'as expected', Verdict.OK, source=source)
    if fact and not fact.is_firm:
        verdict = Verdict.ODD
    text = some(offenders, number)
    return Check(name, expected, text, verdict, advice, source, lacking)


def not_checked(name: str, expected: str, reason: str) -> Check:
    """Return a check that could not be made, and why."""
    return Check(name, expected, reason, Verdict.NOT_CHECKED)


def some(items: Sequence[str], count: int | None = None) -> str:
    """Return ``'12: a, b, c, ...'``."""
    number = len(items) if count is None else count
    shown = ', '.join(items[:_SHOWN])
    return f'{number:,}: {shown}' + ', ...' * (number > len(items[:_SHOWN]))


def _named(value: Any) -> dict[str, float]:
    return dict(value) if isinstance(value, Mapping) else {'': value}


def _agree(expected: float, found: float, fact: Fact) -> bool:
    return _distance(expected, found, fact) <= fact.tolerance


def _distance(expected: float, found: float, fact: Fact) -> float:
    distance = abs(found - expected)
    return distance / abs(expected) if fact.relative and expected else distance


def _text(values: Mapping[str, float], fact: Fact) -> str:
    digits = fact.digits
    return ', '.join(
        f'{name} {value:,.{digits}f}'.strip() + fact.unit
        for name, value in values.items()
    )


def _agreement(
    expected: Mapping[str, float], found: Mapping[str, float], fact: Fact
) -> str:
    if not fact.tolerance:
        return 'the same' if len(expected) > 1 else _text(found, fact)
    if len(expected) == 1:
        return _text(found, fact)
    worst = max(_distance(expected[key], found[key], fact) for key in expected)
    return f'largest difference {fact.show_difference(worst)}'
