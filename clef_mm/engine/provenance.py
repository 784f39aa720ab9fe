"""Whose faces a model has seen, carried along in its checkpoints.

A test on a subject that either stage was trained on measures how well a face is
remembered. Every checkpoint therefore says which subjects it has seen, those of the
weights it started from included, and a test on one of them is refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clef_mm import __version__
from clef_mm.errors import UserError

KEY = 'clef_mm'
"""Where a checkpoint's ``meta`` holds its provenance."""


class SubjectLeakError(UserError, ValueError):
    """A subject is tested that was trained on, in this stage or the one before."""


def subjects_of(dataset: Any) -> set[str]:
    """Return the subjects of a dataset, as ``'BP4D/F001'``.

    Known without reading the disk where a split was asked for.
    """
    name = dataset.metainfo['dataset']
    subjects = dataset.subjects
    if subjects is None:
        column = dataset.column('subject')
        subjects = [column.names[code] for code in np.unique(column.codes)]
    return {f'{name}/{subject}' for subject in subjects}


def describe(stage: str, config: str, data: list[Any], start: dict) -> dict[str, Any]:
    """Return the provenance of a training run, plain containers only.

    Args:
        stage: Class name of the model.
        config: Config file.
        data: Training and validation datasets.
        start: Provenance of the weights that the run started from, or ``{}``.
    """
    seen = set(start.get('seen_subjects', ())).union(*map(subjects_of, data))
    synthetic = any(dataset.metainfo['synthetic'] for dataset in data)
    return {
        'version': __version__,
        'stage': stage,
        'config': config,
        'split': [describe_split(dataset) for dataset in data],
        'synthetic': synthetic or start.get('synthetic', False),
        'seen_subjects': sorted(seen),
        'start': start,
    }


def describe_split(dataset: Any) -> str:
    """Return a phrase such as ``'BP4D train of fold 1 (24 subjects)'``."""
    meta = dataset.metainfo
    fold = f' of fold {meta["fold"]}' if meta.get('fold') else ''
    count = len(subjects_of(dataset))
    stand_in = ' [SYNTHETIC stand-in]' if meta['synthetic'] else ''
    return f'{meta["dataset"]} {meta["split"]}{fold} ({count} subjects){stand_in}'


def check_unseen(subjects: set[str], seen: set[str], by: str) -> None:
    """Refuse test subjects that were trained on.

    Raises:
        SubjectLeakError: Names them and who has seen them.
    """
    shared = sorted(subjects & seen)
    if shared:
        raise SubjectLeakError(
            f'{len(shared)} test subjects were trained on by {by}: '
            f'{", ".join(shared)}. Use the weights of the same fold.'
        )
