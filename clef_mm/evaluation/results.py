"""The folder of a test: numbers with their protocol, and the predictions behind them.

``metrics.json`` holds what was measured and how; ``predictions.npz`` what the model
said of every image, so that all of it can be computed again without the model.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from prettytable import PrettyTable

import clef_mm
from clef_mm.errors import UserError
from clef_mm.evaluation.bootstrap import bootstrap_intervals, count_units
from clef_mm.evaluation.measures import is_of_one_class
from clef_mm.evaluation.percent import printed, printed_range, titled
from clef_mm.evaluation.predictions import Predictions, read_predictions
from clef_mm.evaluation.protocol import (
    conditions,
    drawn_unit,
    measured_on,
    synthetic_notice,
)
from clef_mm.evaluation.thresholds import ORACLE, thresholds_of
from clef_mm.outside_files import parsing
from clef_mm.plain_shape import Shape, misfit
from clef_mm.whole_file import whole_file

PROTOCOL_KEYS = (
    'dataset',
    'split',
    'subjects',
    'threshold',
    'epoch_rule',
    'checkpoint',
    'synthetic',
    'oracle',
)
"""What every result must state; ``None`` or ``[]`` where it does not apply."""

NUMBER = (None, float, int)
"""Shape of a measure; None is one that does not exist."""
INTERVAL = (None, [(int, float)])
"""Shape of the two ends of a measure's interval; None if it has none."""
PROTOCOL: dict[str, Shape] = {
    'dataset': (None, str),
    'split': (None, str),
    'fold': (None, int),
    'labels': (None, [str]),
    'subjects': (None, [str]),
    'frames': (None, int),
    'every': (None, [int]),
    'crop': (None, {}),
    'resampled': (None, str),
    'threshold': (None, {'rule': str, 'values': {str: (float, int)}}),
    'epoch_rule': (None, str),
    'checkpoint': (None, str),
    'synthetic': (None, bool),
    'oracle': (None, [str]),
}
"""Shape of what a report says of how it was measured."""
_CONTENT = {
    'metrics': {str: NUMBER},
    'protocol': PROTOCOL,
    'intervals': (None, {str: INTERVAL}),
}

METRICS, PREDICTIONS = 'metrics.json', 'predictions.npz'
_PACKAGES = ('torch', 'mmengine', 'open_clip_torch', 'numpy', 'scikit-learn')


class ResultError(UserError, ValueError):
    """A result folder is missing something, or was written by another version."""


@dataclass(frozen=True)
class Result:
    """One test of one checkpoint, as :func:`write_result` left it.

    Attributes:
        path: The folder.
        metrics: Numbers by name, fractions but for ``..._ratio``; None where a
            measure does not exist.
        protocol: How they were measured, see ``PROTOCOL_KEYS``.
        predictions: What was said of each image; None if it was not kept.
        intervals: 95 % interval by name of those measures that have one.
    """

    path: Path
    metrics: dict[str, float | None]
    protocol: dict[str, Any]
    predictions: Predictions | None = None
    intervals: dict[str, list[float]] = field(default_factory=dict)

    def text(self) -> str:
        """Return the means in a table, with protocol and notices over it."""
        drawn = f'95 %, {drawn_unit(self.protocol)}s drawn anew'
        table = PrettyTable(['measure', 'value', drawn], align='r')
        table.align['measure'] = 'l'
        for name, value in self.metrics.items():
            if not is_of_one_class(name):
                ends = printed_range(name, self.intervals.get(name))
                table.add_row([titled(name), printed(name, value), ends])
        lines = [measured_on(self.protocol), conditions(self.protocol)]
        return '\n'.join(['', *lines, *([table.get_string()] if table.rows else [])])


def write_result(
    folder: str | Path,
    metrics: Mapping[str, float],
    protocol: Mapping[str, Any],
    predictions: Predictions | None = None,
) -> list[Path]:
    """Write metrics with their protocol, and predictions if there are any.

    Versions, date, the notice on synthetic data, 95 % intervals and the confusion
    matrix are added; a number that does not exist (NaN) becomes ``null`` and is named
    under ``undefined``. ``metrics.json`` appears whole or not at all.

    Args:
        folder: Made if needed.
        metrics: Numbers by name, as an evaluator returns them.
        protocol: How they were measured: all of ``PROTOCOL_KEYS``, and more if wished.
            ``epoch_rule`` says how the epoch was chosen (``'last'``), ``subjects`` are
            the people measured on, ``oracle`` the reasons why the numbers flatter.
        predictions: What was said of each image.

    Returns:
        The files written.

    Raises:
        ValueError: If the protocol leaves something unsaid, oracle thresholds too.
    """
    missing = [key for key in PROTOCOL_KEYS if key not in protocol]
    if missing:
        raise ValueError(
            f'the protocol does not state {", ".join(missing)}; a score cannot be '
            'compared without it (give None where it does not apply)'
        )
    _check_oracle(protocol)
    plain = _plain(metrics)
    content = {
        'measured_on': measured_on(protocol),
        'notice': synthetic_notice(protocol) or None,
        'metrics': plain,
        'undefined': [name for name, value in plain.items() if value is None],
        **_recomputed(predictions, protocol),
        'protocol': protocol,
        'versions': versions(),
        'date': now(),
    }
    text = to_json(content)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / PREDICTIONS
    kept.unlink(missing_ok=True)  # of a test before this one
    written = [] if predictions is None else [predictions.write(kept)]
    return [replace_text(folder / METRICS, text), *written]


def read_result(folder: str | Path) -> Result:
    """Read the folder of a test.

    Raises:
        ResultError: If there is no ``metrics.json``, or it lacks what a result states.
        PredictionsError: If ``predictions.npz`` is damaged.
    """
    folder = Path(folder)
    content = read_json(
        folder / METRICS, 'test a checkpoint first: tools/test.py CONFIG CHECKPOINT'
    )
    parts = ('metrics', 'protocol')
    missing = [key for key in parts if not isinstance(content.get(key), dict)]
    protocol = {} if missing else content['protocol']
    missing = missing or [key for key in PROTOCOL_KEYS if key not in protocol]
    if missing:
        raise ResultError(
            f'{folder / METRICS} does not state {", ".join(missing)}: an earlier '
            'version wrote it; test the checkpoint again with tools/test.py'
        )
    check_content(folder / METRICS, content, _CONTENT)
    kept = folder / PREDICTIONS
    return Result(
        path=folder,
        metrics=content['metrics'],
        protocol={**protocol, 'oracle': protocol['oracle'] or []},
        predictions=read_predictions(kept) if kept.is_file() else None,
        intervals=content.get('intervals') or {},
    )


def to_json(content: Mapping[str, Any]) -> str:
    """Return JSON with a newline at its end.

    Arrays, tuples and paths become lists and text; NaN becomes ``null``.

    Raises:
        TypeError: If there is something that JSON cannot say.
    """
    plain = _plain(content)
    return json.dumps(plain, indent=2, allow_nan=False, ensure_ascii=False) + '\n'


def read_json(path: Path, how_to_get: str) -> dict[str, Any]:
    """Read a JSON file that :func:`replace_text` wrote.

    Raises:
        ResultError: If it is missing (``how_to_get`` says what to do) or damaged.
    """
    if not path.is_file():
        raise ResultError(f'there is no {path}: {how_to_get}')
    with parsing(path, 'result', ResultError, how_to_get):
        content = json.loads(path.read_text(encoding='utf-8'))
    if not isinstance(content, dict):
        raise ResultError(f'{path} holds no result: {how_to_get}')
    return content


def check_content(path: Path, content: Mapping[str, Any], shape: Shape) -> None:
    """Check that a report, which has a protocol, is of a shape.

    Raises:
        ResultError: Names the file and what in it is otherwise.
    """
    if wrong := misfit(content, shape, 'report'):
        raise ResultError(f'{path}: {wrong}')
    with parsing(path, 'report', ResultError):
        _check_oracle(content['protocol'])


def replace_text(path: Path, text: str) -> Path:
    """Write a text file, whole or not at all; its folder is made if needed."""
    with whole_file(path) as file:
        file.write(text.encode())
    return path


def versions() -> dict[str, str]:
    """Return the versions of this package, of Python and of what numbers depend on."""
    found = {'clef_mm': clef_mm.__version__, 'python': platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = 'not installed'
    return found


def now() -> str:
    """Return date and time in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec='seconds')


def _check_oracle(protocol: Mapping[str, Any]) -> None:
    """Refuse thresholds tuned on test frames of which ``oracle`` says nothing."""
    thresholds = thresholds_of(protocol)
    if thresholds and thresholds.rule == ORACLE and not protocol.get('oracle'):
        raise ValueError(
            'the thresholds were tuned on the test frames, but protocol.oracle gives '
            'no reason why the numbers flatter'
        )


def _recomputed(
    predictions: Predictions | None, protocol: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what follows from the predictions beside the metrics."""
    if predictions is None:
        return {}
    counts = count_units(predictions, protocol)
    found: dict[str, Any] = {'intervals': bootstrap_intervals(counts)}
    if not predictions.of_action_units:
        found['confusion_matrix'] = {
            'classes': predictions.names,  # rows: labels; columns: predictions
            'counts': counts.outcomes.sum(axis=0),
        }
    return found


def _plain(value: Any) -> Any:
    """Return a value in the types JSON has: no arrays, tuples, paths or NaN."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [_plain(item) for item in items]
    if hasattr(value, 'tolist'):  # numpy and torch, scalars included
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f'a report cannot hold {value!r} ({type(value).__name__})')
