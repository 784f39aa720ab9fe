"""Bring what a metric is given into numpy: tensors, arrays, lists, sample fields."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch


def to_array(values: Any) -> np.ndarray:
    """Return tensors, arrays or (lists of) numbers as one numpy array."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        if values.dtype == torch.bfloat16:  # numpy has no such type
            values = values.float()
        return values.numpy()
    return np.asarray(values)


def field(sample: Any, name: str) -> np.ndarray:
    """Return a field of a sample as an array of its own.

    Args:
        sample: A ``clef_mm.structures.FaceSample``.
        name: A field, such as ``'pred_scores'``.

    Raises:
        ValueError: If the sample does not have it.
    """
    value = getattr(sample, name)
    if value is None:
        raise ValueError(
            f'the sample {sample.name} has no {name}: predictions come from a model in '
            'predict mode, labels from a dataset that has them'
        )
    # A copy: a row of a batch's tensor would keep the whole batch in memory.
    return to_array(value).copy()
