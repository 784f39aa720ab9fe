"""Which of many overlapping boxes to keep; boxes are x0, y0, x1, y1."""

from __future__ import annotations

import cv2
import numpy as np


def distinct(boxes: np.ndarray, scores: np.ndarray, overlap: float) -> np.ndarray:
    """Keep the best boxes, none overlapping a better one too much.

    Args:
        boxes: Shape (N, 4).
        scores: Shape (N,), above 0.
        overlap: Largest intersection over union of two boxes kept.

    Returns:
        Indices of the boxes kept, best first, shape (K,).
    """
    sizes = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(sizes.tolist(), scores.tolist(), 0.0, overlap)
    return np.asarray(kept, int).reshape(-1)


def outermost(boxes: np.ndarray, scores: np.ndarray, share: float) -> np.ndarray:
    """Keep the best boxes, none lying in or around a better one.

    Args:
        boxes: Shape (N, 4).
        scores: Shape (N,).
        share: Largest part of the smaller of two boxes that both may cover.

    Returns:
        Indices of the boxes kept, best first, shape (K,).
    """
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    kept: list[int] = []
    for i in np.argsort(-scores, kind='stable').tolist():
        low = np.maximum(boxes[i, :2], boxes[kept, :2])
        high = np.minimum(boxes[i, 2:], boxes[kept, 2:])
        shared = (high - low).clip(min=0).prod(axis=1)
        if (shared <= share * np.minimum(area[i], area[kept])).all():
            kept.append(i)
    return np.asarray(kept, int)
