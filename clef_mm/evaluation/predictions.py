"""What a model said of each test image, kept so that any measure can be recomputed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clef_mm.array_archive import read_arrays
from clef_mm.errors import UserError
from clef_mm.outside_files import parsing
from clef_mm.structures import FaceSample
from clef_mm.whole_file import whole_file

# With the kind of its array: floats, integers, text.
_FIELDS = {
    'scores': 'f',
    'targets': 'i',
    'names': 'U',
    'subjects': 'U',
    'sequences': 'U',
    'frames': 'i',
}


class PredictionsError(UserError, ValueError):
    """A file of predictions is damaged, or is none."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Scores and labels of N images, each with the place it comes from.

    Attributes:
        scores: (N, C) float32: of AUs in [0, 1], of expressions logits or shares.
        targets: (N, C) int8 of AUs: 1 present, 0 absent, -1 unknown; or the class
            index of an expression, (N,) int64.
        names: One name per column of scores.
        subjects: (N,) text, the person.
        sequences: (N,) text, the recording; the file of an image that is of none.
        frames: (N,) int64, the number within the recording; -1 if there is none.

    Raises:
        ValueError: If the lengths do not agree.
    """

    scores: np.ndarray
    targets: np.ndarray
    names: tuple[str, ...]
    subjects: np.ndarray
    sequences: np.ndarray
    frames: np.ndarray

    def __post_init__(self) -> None:
        expected = (len(self.frames), len(self.names))
        shapes = {
            'scores': (self.scores.shape, expected),
            'targets': (self.targets.shape, expected[: self.targets.ndim]),
            'subjects': (self.subjects.shape, expected[:1]),
            'sequences': (self.sequences.shape, expected[:1]),
        }
        for field, (found, wanted) in shapes.items():
            if found != wanted:
                raise ValueError(
                    f'{expected[0]} frames and {expected[1]} names need {field} of '
                    f'shape {wanted}, found {found}'
                )

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def of_action_units(self) -> bool:
        """Whether each image has a decision per column, and not one class in all."""
        return self.targets.ndim == 2

    def write(self, path: str | Path) -> Path:
        """Write a compressed ``.npz`` without pickles, whole or not at all."""
        content = {field: np.asarray(getattr(self, field)) for field in _FIELDS}
        with whole_file(path) as file:  # given a name, numpy would append .npz to it
            np.savez_compressed(file, **content)
        return Path(path)


def place_of(sample: FaceSample) -> tuple[str, str, int]:
    """Return subject, recording and frame of a sample; its file if it has neither."""
    sequence = sample.sequence or Path(sample.img_path).name
    return sample.subject, sequence, sample.frame


def collect_predictions(
    rows: Sequence[tuple[Any, ...]], names: Sequence[str], label_type: type
) -> Predictions:
    """Make a table of what an evaluator kept of each sample.

    Args:
        rows: Scores (C,), target, then :func:`place_of`, for each image.
        names: C names.
        label_type: Of the targets, ``np.int8`` for AUs, ``np.int64`` for classes.

    Raises:
        ValueError: If scores and names do not fit.
    """
    scores, targets, subjects, sequences, frames = zip(*rows, strict=True)
    return Predictions(
        scores=np.stack(scores).astype(np.float32),
        targets=np.stack(targets).astype(label_type),
        names=tuple(names),
        subjects=np.array(subjects),
        sequences=np.array(sequences),
        frames=np.array(frames, dtype=np.int64),
    )


def read_predictions(path: str | Path) -> Predictions:
    """Read what :meth:`Predictions.write` wrote.

    Raises:
        PredictionsError: If the file is damaged or holds something else.
    """
    cure = 'Test the checkpoint again: tools/test.py'
    with parsing(path, 'predictions', PredictionsError, cure):
        content = read_arrays(path)
        fields = {field: content[field] for field in _FIELDS}
        _check_values(fields)
        fields['names'] = tuple(fields['names'].tolist())
        return Predictions(**fields)


def _check_values(fields: dict[str, np.ndarray]) -> None:
    """Check kinds and ranges of what a file holds; shapes are checked elsewhere."""
    for field, kind in _FIELDS.items():
        if fields[field].dtype.kind != kind or not fields[field].ndim:
            raise ValueError(f'{field} are {fields[field].dtype}')
    scores, targets = fields['scores'], fields['targets']
    of_action_units = targets.ndim == 2
    lowest, highest = (-1, 1) if of_action_units else (0, len(fields['names']) - 1)
    if not ((targets >= lowest) & (targets <= highest)).all():
        raise ValueError(f'targets are not within {lowest} and {highest}')
    if not np.isfinite(scores).all():
        raise ValueError('scores are not finite')
    if of_action_units and not ((scores >= 0) & (scores <= 1)).all():
        raise ValueError('scores are not within 0 and 1')


def join_predictions(parts: Sequence[Predictions]) -> Predictions:
    """Put the images of several folds into one table, in the order given.

    Args:
        parts: One at least, all with the same names.
    """
    columns = {
        field: np.concatenate([getattr(part, field) for part in parts])
        for field in _FIELDS
        if field != 'names'
    }
    return Predictions(names=parts[0].names, **columns)
