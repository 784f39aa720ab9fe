"""What travels with a face image from the dataset to the evaluator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from clef_mm.errors import UserError

UNKNOWN = -1
"""Label of an action unit that the coders could not score; never a 0 or a 1."""


@dataclass(slots=True)
class FaceSample:
    """Labels, provenance and predictions of one image.

    Attributes:
        img_path: The file that the image came from.
        subject: The person, unique within a dataset (``'F001'``).
        sequence: The recording of that person (``'T1'``).
        frame: Frame number within the recording, as the labels count.
        activity: Index of the activity performed, or -1 if there is none.
        gt_aus: int8, shape (C,): 1 present, 0 absent, -1 unknown.
        gt_expression: Class index, or -1 if there is none.
        gt_distribution: float32, shape (C,): shares of the classes, where people voted.
        caption: What is said of the image, or empty.
        broken_path: A file that could not be read and that this image stands in for.
        pred_scores: float, shape (C,), in [0, 1]: AU or class probabilities.
        pred_features: float, shape (d,): the image feature of unit length.
    """

    img_path: str = ''
    subject: str = ''
    sequence: str = ''
    frame: int = -1
    activity: int = -1
    gt_aus: np.ndarray | None = None
    gt_expression: int = -1
    gt_distribution: np.ndarray | None = None
    caption: str = ''
    broken_path: str = ''
    pred_scores: Tensor | None = None
    pred_features: Tensor | None = None

    @property
    def name(self) -> str:
        """Where the image stands in its dataset, for messages: ``F001/T1/2440``.

        An image that is no frame of a recording is named by its file.
        """
        if not self.sequence:
            return self.img_path
        return f'{self.subject}/{self.sequence}/{self.frame}'


def collate_faces(batch: list[dict[str, Any]]) -> dict[str, Any]:
    """Stack images to (B, H, W, 3) uint8 and list their samples.

    Raises:
        UserError: If the transforms of the dataset have not made faces of its records.
    """
    if 'inputs' not in batch[0]:
        raise UserError(
            'a batch is made of what PackFace returns, got a record of '
            f'{", ".join(batch[0])}: give the dataset in the config '
            'pipeline=[dict(type=LoadFace, size=224), dict(type=PackFace)]'
        )
    images = np.stack([item['inputs'] for item in batch])
    return {
        'inputs': torch.from_numpy(images),
        'data_samples': [item['data_samples'] for item in batch],
    }
