"""Batches in which every anchor has positives that are other people."""

from __future__ import annotations

import numpy as np

from clef_mm.datasets.face_records import FaceRecords
from clef_mm.datasets.samplers.epoch_sampler import EpochSampler, SamplerError
from clef_mm.datasets.samplers.label_columns import column_of
from clef_mm.registry import SAMPLERS


@SAMPLERS.register_module()
class ActivityBalancedSampler(EpochSampler):
    """Deal blocks of one activity, each of as many different subjects as can be.

    In a plain shuffle of BP4D an anchor's positives may all be frames of its own
    subject, and what they share is then the face. Here a block holds ``block`` frames
    of one activity from different subjects, activities take turns, and within an
    activity each subject is drawn equally often, whatever the length of its sequences.
    An epoch has as many frames as the dataset; frames of short sequences recur.

    Args:
        dataset: Must have the columns ``activity`` and ``subject``.
        block: Frames of one activity that stand together, at least 2. The batch size
            must be a multiple of it.
        seed: Equal on all ranks.

    Raises:
        SamplerError: If an activity was performed by one subject only, or none are
            known, or the frames do not fill a block on each rank.
    """

    def __init__(
        self, dataset: FaceRecords, block: int = 8, seed: int | None = None
    ) -> None:
        if block < 2:
            raise SamplerError(f'block must be at least 2, got {block}')
        super().__init__(dataset, seed, block)
        self.frames_of = _group(dataset)

    def rule(self) -> str:
        """Return such as ``'activity-balanced, 8 activities in blocks of 8'``."""
        return (
            f'activity-balanced, {len(self.frames_of)} activities in blocks of '
            f'{self.block}'
        )

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return the epoch's indices, blocks of the activities in turn."""
        rounds = -(-self.length // (self.block * len(self.frames_of)))
        columns = [
            _deal(frames, rounds * self.block, rng).reshape(rounds, self.block)
            for frames in self.frames_of.values()
        ]
        blocks = np.stack(columns, axis=1)  # (rounds, activities, block)
        # Activities change places from round to round: a batch that holds fewer
        # activities than there are must not always miss the same ones.
        order = rng.random(blocks.shape[:2]).argsort(axis=1)
        return np.take_along_axis(blocks, order[:, :, None], axis=1).reshape(-1)


def _deal(
    frames: dict[int, np.ndarray], count: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw ``count`` frames of one activity, its subjects in a fixed turn.

    Because the turn is fixed within an epoch, any run of b frames has min(b, S) of the
    S subjects. A subject's own frames come in random order and recur when used up.
    """
    subjects = list(frames)
    turn = [subjects[index] for index in rng.permutation(len(subjects))]
    per_subject = -(-count // len(turn))
    columns = [
        np.resize(rng.permutation(frames[subject]), per_subject) for subject in turn
    ]
    return np.stack(columns, axis=1).reshape(-1)[:count]


def _group(dataset: FaceRecords) -> dict[int, dict[int, np.ndarray]]:
    """Map activity to subject code to the indices of its frames."""
    activities = np.asarray(column_of(dataset, 'activity'))
    subject_column = column_of(dataset, 'subject')
    groups: dict[int, dict[int, np.ndarray]] = {}
    for activity in np.unique(activities[activities >= 0]).tolist():
        rows = np.flatnonzero(activities == activity)
        codes = subject_column.codes[rows]
        groups[activity] = {
            code: rows[codes == code] for code in np.unique(codes).tolist()
        }
    if not groups:
        raise SamplerError('no frame has an activity: there is nothing to balance')
    for activity, subjects in groups.items():
        if len(subjects) < 2:
            alone = subject_column.names[next(iter(subjects))]
            raise SamplerError(
                f'activity {activity} has frames of {alone} only: its anchors would '
                'have no positive of another subject. Train on more subjects.'
            )
    return groups
