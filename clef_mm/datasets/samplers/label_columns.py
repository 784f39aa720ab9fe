"""The columns of a dataset that samplers balance by."""

from __future__ import annotations

from typing import Any

import numpy as np

from clef_mm.datasets.face_records import FaceRecords
from clef_mm.datasets.frame_table import Categories
from clef_mm.datasets.samplers.epoch_sampler import SamplerError


def labels_of(dataset: FaceRecords, column: str, names: str) -> tuple[Any, list[str]]:
    """Return a label column of a dataset and the names of its classes.

    Args:
        dataset: The dataset.
        column: ``'gt_expression'`` or ``'gt_aus'``.
        names: Where the dataset's ``metainfo`` lists the classes.

    Raises:
        SamplerError: If the dataset has not got the labels or does not name them.
    """
    labels = column_of(dataset, column)
    if names not in dataset.metainfo:
        raise SamplerError(
            f"{type(dataset).__name__} has labels '{column}' but does not name them: "
            f"its METAINFO needs '{names}'"
        )
    return labels, list(dataset.metainfo[names])


def column_of(dataset: FaceRecords, name: str) -> Any:
    """Return one column of a dataset.

    Raises:
        SamplerError: If there is no such column; the message lists those that exist.
    """
    try:
        return dataset.column(name)
    except KeyError as error:
        raise SamplerError(f'nothing to balance by: {error.args[0]}') from None


def group_by(column: Categories) -> dict[str, np.ndarray]:
    """Return the rows (N_k,) of each name that a column has, those absent left out."""
    order = column.codes.argsort(kind='stable')
    present, starts = np.unique(column.codes[order], return_index=True)
    names = [column.names[code] for code in present]
    return dict(zip(names, np.split(order, starts[1:]), strict=True))
