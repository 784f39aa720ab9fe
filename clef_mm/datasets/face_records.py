"""What every dataset of faces has in common once it is read: records and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset

from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.load_report import LoadReport
from clef_mm.datasets.reading.image_reading import BrokenImageError
from clef_mm.randomness import seed_images
from clef_mm.structures import UNKNOWN


class FaceRecords(BaseDataset):
    """Images of faces, their records kept as columns.

    Where the records come from is a matter of the classes below it: one dataset on disk
    (:class:`~clef_mm.datasets.face_dataset.FaceDataset`) or several, joined
    (:class:`~clef_mm.datasets.joined_dataset.JoinedDataset`).

    Attributes:
        report: What was found and what is odd about it.
    """

    data_list: FrameTable
    report: LoadReport

    def column(self, name: str) -> Any:
        """Return one column of the records: an array, Categories or Paths.

        Raises:
            KeyError: If the dataset has no such column.
        """
        self.full_init()
        if name not in self.data_list.columns:
            raise KeyError(
                f"{type(self).__name__} has no '{name}', only "
                f'{", ".join(self.data_list.columns)}'
            )
        return self.data_list.columns[name]

    def is_cropped_as(self, crop: Mapping[str, Any] | None, dataset: str) -> bool:
        """Return whether these images were cut out as others were.

        Between datasets it does not matter which of its pictures each has cropped:
        what one camera of DISFA is, BP4D has not. Images as released, of which each
        dataset has cut out its own in some way, are only alike within one.

        Args:
            crop: Policy of the others; None for images as released.
            dataset: Name of their dataset.
        """
        own = self.metainfo['crop']
        if dataset == self.metainfo['dataset']:
            return (own or {}).get('hash') == (crop or {}).get('hash')
        return own is not None and crop is not None and _rule(own) == _rule(crop)

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """Return record ``idx`` as a dict."""
        self.full_init()
        return self.data_list[idx]

    def label_weights(self) -> np.ndarray:
        """Return the class weights (C,) of these labels, normalised to mean 1.

        With rate_c the share of positives among the known labels of class c,
        w_c = (1 / rate_c) / mean_k(1 / rate_k); for expressions rate_c is the share of
        images of class c. A class that is never present, of which nothing but its
        absence can be learnt, has the mean weight 1 of the others.
        """
        self.full_init()
        if 'gt_aus' in self.data_list.columns:
            labels = self.data_list.columns['gt_aus']
            known = (labels != UNKNOWN).sum(axis=0)
            rates = (labels == 1).sum(axis=0) / np.maximum(known, 1)
        else:
            labels = self.column('gt_expression')
            count = len(self.metainfo['expressions'])
            rates = np.bincount(labels[labels >= 0], minlength=count) / len(labels)
        weights = np.ones(len(rates))
        present = rates > 0
        if present.any():
            inverse = 1 / rates[present]
            weights[present] = inverse / inverse.mean()
        return weights

    def __len__(self) -> int:
        self.full_init()
        return len(self.data_list)

    def __getitem__(self, idx: int) -> Any:
        """Return record ``idx`` after the pipeline.

        Raises:
            BrokenImageError: In test mode, or after ten broken images in a row.
            IndexError: If there is no such record.
        """
        seed_images(idx)
        first = range(len(self))[idx]
        broken = ''
        for step in range(1 if self.test_mode else 10):
            try:
                item = self.prepare_data((first + step) % len(self))
            except BrokenImageError as error:
                if self.test_mode:
                    raise
                broken = broken or str(error)
                continue
            if broken:
                item['data_samples'].broken_path = broken
            return item
        raise BrokenImageError(f'ten broken images in a row, the first: {broken}')

    def _get_unserialized_subset(self, indices: Sequence[int] | int) -> FrameTable:
        # mmengine's, behind get_subset, would slice a list.
        rows = np.arange(len(self))
        if isinstance(indices, int):
            chosen = rows[:indices] if indices >= 0 else rows[indices:]
        else:
            chosen = rows[np.asarray(indices, np.intp)]
        return self.data_list.take(chosen)


def _rule(crop: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a policy cuts out, without which pictures of a dataset it is for."""
    return {k: value for k, value in crop.items() if k not in ('source', 'hash')}
