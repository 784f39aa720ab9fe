"""Whose faces a model has seen, carried along in its checkpoints.

A test on a subject that either stage was trained on measures how well a face is
remembered. Every checkpoint therefore says which subjects it has seen, those of the
weights it started from included, and a test on one of them is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

from clef_mm import __version__
from clef_mm.errors import UserError
from clef_mm.models.encoders.weights import PROVENANCE_KEY

KEY = PROVENANCE_KEY
"""Where a checkpoint's ``meta`` holds its provenance."""


class SubjectLeakError(UserError, ValueError):
    """A subject is tested that was trained on, in this stage or the one before."""


def describe(
    stage: str,
    config: str,
    data: list[Any],
    sampling: str,
    seed: int,
    weights: str | None,
    start: dict[str, Any],
    seen_before: set[str],
) -> dict[str, Any]:
    """Return the provenance of a training run, plain containers only.

    Args:
        stage: Class name of the model.
        config: Config file.
        data: The training dataset, then those it was validated on.
        sampling: How batches were drawn.
        seed: Of the run.
        weights: File that the run started from, if any.
        start: Its provenance; ``{}`` if it has none, or for random weights.
        seen_before: Subjects that those weights, or this run before it was resumed,
            have seen.
    """
    synthetic = any(dataset.metainfo['synthetic'] for dataset in data)
    return {
        'version': __version__,
        'stage': stage,
        'config': config,
        'split': [describe_split(dataset) for dataset in data],
        'sampling': sampling,
        'crop': data[0].metainfo['crop'],
        'dataset': data[0].metainfo['dataset'],
        'seed': seed,
        'synthetic': synthetic or start.get('synthetic', False),
        'seen_subjects': sorted(seen_before.union(*(d.people() for d in data))),
        'start_weights': weights and Path(weights).name,
        'start': start,
    }


def describe_order(sampler: Any) -> str:
    """Say how a sampler draws; mmengine's do not say so themselves."""
    if hasattr(sampler, 'describe'):
        return sampler.describe()
    shuffled = 'shuffled' if getattr(sampler, 'shuffle', False) else 'in order'
    return f'{type(sampler).__name__}, {shuffled}'


def describe_split(dataset: Any) -> str:
    """Return a phrase such as ``'BP4D train of fold 1 (24 subjects)'``.

    Where only a share of the frames is used, ``', 10 % of the frames (seed 0)'`` too.
    Of a joined dataset the phrases of its parts: ``'BP4D ... + DISFA ...'``.
    """
    return ' + '.join(map(_describe_part, dataset.parts))


def _describe_part(dataset: Any) -> str:
    meta = dataset.metainfo
    fold = f' of fold {meta["fold"]}' if meta.get('fold') else ''
    preset = f' ({meta["preset"]})' if meta.get('preset') else ''
    people = '' if dataset.OFFICIAL_PARTS else f' ({len(dataset.people())} subjects)'
    share = (
        f', {100 * dataset.share:g} % of the frames (seed {dataset.share_seed})'
        if dataset.share < 1
        else ''
    )
    stand_in = ' [SYNTHETIC stand-in]' if meta['synthetic'] else ''
    return f'{meta["dataset"]} {meta["split"]}{fold}{preset}{people}{share}{stand_in}'


def describe_crop(crop: Mapping[str, Any] | None) -> str:
    """Return a phrase such as ``'aligned (crop policy 5e0c13ab49d2)'``."""
    if crop is None:
        return 'as released (no crop policy)'
    return f'{crop["name"]} (crop policy {crop["hash"]})'


def differing_crop(
    dataset: Any, crop: Mapping[str, Any] | None, of: str | None, by: str
) -> str:
    """Return a warning if the images were cut out differently than ``crop``, or ''.

    Args:
        dataset: The data in question.
        crop: Policy of the data that it is compared with.
        of: Name of the dataset that it is compared with; the same if None, as in
            checkpoints that do not say.
        by: Whose crop that is, for the message.
    """
    own = dataset.metainfo
    if dataset.is_cropped_as(crop, of or own['dataset']):
        return ''
    return (
        f'{describe_split(dataset)} is cropped {describe_crop(own["crop"])}; {by}: '
        f'{describe_crop(crop)}. Scores depend on the crop: prepare both alike.'
    )


def check_held_out_alike(train: Any, val: Any) -> None:
    """Refuse to validate on images that other settings would have held out.

    Raises:
        SubjectLeakError: If training and validation part hold out different numbers.
    """
    for mine, other in product(train.parts, val.parts):
        same = mine.metainfo['dataset'] == other.metainfo['dataset']
        if same and mine.OFFICIAL_PARTS is not None and mine.hold_out != other.hold_out:
            raise SubjectLeakError(
                f'training holds out {mine.hold_out} images, validation '
                f'{other.hold_out}: what is validated on would be trained on. Set '
                'hold_out alike.'
            )


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
