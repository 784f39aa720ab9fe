"""Several datasets as one, with the same labels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from clef_mm.datasets.face_dataset import DatasetOptionError, FaceDataset
from clef_mm.datasets.face_records import FaceRecords
from clef_mm.datasets.frame_table import Categories, FrameTable
from clef_mm.datasets.load_report import LoadReport
from clef_mm.registry import DATASETS

_LABELS = ('au_names', 'expressions')
_ONLY_SOME_HAVE = ('video_frame', 'pixel_offset')
"""Where in a file an image lies; -1 where the image is the file."""
_MEANS_ANOTHER = ('activity',)
"""What has another meaning in each dataset: pain is T6 of BP4D and T8 of BP4D+."""


@DATASETS.register_module()
class JoinedDataset(FaceRecords):
    """The images of several datasets, those of the second behind those of the first.

    To train on more than one dataset, as for a test on one that is left out. All else
    is set in each part: root, split and fold, thinning, transforms. Parts must have the
    same labels in the same order: choose them there with ``au_names``, and with
    ``allow_uncoded`` where one is not coded, or with ``expressions``.

    Subjects bear the name of their dataset, ``'BP4D/F001'``: BP4D+ has an F001 too. The
    column ``dataset`` tells the part; other columns are those that all parts have, but
    for ``activity``, as activities of the same number are different ones.

    Args:
        datasets: The parts, of different datasets: configs, or datasets themselves.
        test_mode: An image that cannot be read is an error.
        lazy_init: Do not read the disk yet.

    Raises:
        DatasetOptionError: If there is one part only, a dataset or a person is in two
            of them, or labels or crop policies differ.
    """

    def __init__(
        self,
        datasets: Sequence[dict[str, Any] | FaceDataset],
        test_mode: bool = False,
        lazy_init: bool = False,
    ) -> None:
        self._parts = tuple(_build(part) for part in datasets)
        _check_names(self._parts)
        _check_labels(self._parts)
        _check_crops(self._parts)
        self.report = LoadReport()
        super().__init__(
            data_root=', '.join(part.data_root for part in self._parts),
            test_mode=test_mode,
            lazy_init=True,
            serialize_data=False,
        )
        self._metainfo.update(_metainfo_of(self._parts))
        if not lazy_init:
            self.full_init()

    @property
    def parts(self) -> tuple[FaceDataset, ...]:
        """The datasets that this one is joined of."""
        return self._parts

    def people(self) -> set[str]:
        """Return whose faces these are, such as ``'BP4D/F001'``."""
        return set().union(*(part.people() for part in self._parts))

    def load_data_list(self) -> FrameTable:
        """Read the parts and stack them.

        Raises:
            DatasetOptionError: If a person is in two of them.
        """
        for part in self._parts:
            part.full_init()
            self.report.merge(part.report, part.metainfo['dataset'])
        _check_people(self._parts)
        stacked = _stack([_with_names_of_people(part) for part in self._parts])
        names = [part.metainfo['dataset'] for part in self._parts]
        codes = np.repeat(np.arange(len(names)), [len(part) for part in self._parts])
        return FrameTable({**stacked.columns, 'dataset': Categories(codes, names)})

    def prepare_data(self, idx: int) -> Any:
        """Return record ``idx`` after the transforms of its part."""
        part = self._parts[self.column('dataset').codes[idx]]
        return part.pipeline(self.get_data_info(idx))


def _build(part: dict[str, Any] | FaceDataset) -> FaceDataset:
    if isinstance(part, dict):
        part = DATASETS.build({**part, 'lazy_init': True})
    if not isinstance(part, FaceDataset):
        raise DatasetOptionError(
            f'what is joined are datasets on disk, got a {type(part).__name__}'
        )
    return part


def _check_names(parts: Sequence[FaceDataset]) -> None:
    names = [part.metainfo['dataset'] for part in parts]
    if len(names) < 2 or len(set(names)) < len(names):
        raise DatasetOptionError(
            f'what is joined are two or more different datasets, got '
            f'{", ".join(names) or "none"}. More people of one: split or subjects'
        )


def _check_labels(parts: Sequence[FaceDataset]) -> None:
    first, *others = parts
    for other in others:
        if _labels(other) != _labels(first):
            raise DatasetOptionError(
                f'the labels of what is joined must be the same, in order: '
                f'{_in_words(first)}; {_in_words(other)}. Choose them with '
                'au_names=[...] or expressions=[...] in each, with allow_uncoded=True '
                'where one is not coded'
            )


def _labels(part: FaceDataset) -> dict[str, tuple[str, ...]]:
    return {k: tuple(part.metainfo[k]) for k in _LABELS if k in part.metainfo}


def _in_words(part: FaceDataset) -> str:
    labels = [name for names in _labels(part).values() for name in names]
    return f'{part.metainfo["dataset"]} has {", ".join(labels) or "none"}'


def _check_crops(parts: Sequence[FaceDataset]) -> None:
    first, *others = parts
    crop, name = first.metainfo['crop'], first.metainfo['dataset']
    for other in others:
        as_released = crop is None and other.metainfo['crop'] is None
        if not as_released and not other.is_cropped_as(crop, name):
            raise DatasetOptionError(
                f'mixed crop policies: {first.data_root} is cut out by '
                f'{_policy(first)} and {other.data_root} by {_policy(other)}. Prepare '
                'both with the same: tools/dataset_tools/prepare.py'
            )


def _policy(part: FaceDataset) -> str:
    crop = part.metainfo['crop']
    return 'none' if crop is None else f'{crop["name"]} ({crop["hash"]})'


def _check_people(parts: Sequence[FaceDataset]) -> None:
    for one, other in combinations(parts, 2):
        shared = sorted(one.people() & other.people())
        if shared:
            raise DatasetOptionError(
                f'{len(shared)} people are in {one.data_root} and in '
                f'{other.data_root}, such as {", ".join(shared[:3])}: their images '
                'would count twice'
            )


def _metainfo_of(parts: Sequence[FaceDataset]) -> dict[str, Any]:
    """Return what is true of all parts, and None where they differ."""
    infos = [part.metainfo for part in parts]
    shared = {
        key: infos[0][key]
        if all(info[key] == infos[0][key] for info in infos)
        else None
        for key in ('split', 'fold', 'preset', 'num_folds')
    }
    return {
        'dataset': ' + '.join(info['dataset'] for info in infos),
        **shared,
        'synthetic': any(info['synthetic'] for info in infos),
        'crop': _joined_crop([info['crop'] for info in infos]),
        **_labels(parts[0]),
    }


def _joined_crop(crops: Sequence[dict[str, Any] | None]) -> dict[str, Any] | None:
    """Return the policy that all have; the hash tells whose pictures, too."""
    if crops[0] is None:
        return None
    hashes = dict.fromkeys(crop['hash'] for crop in crops)
    return {**crops[0], 'source': {}, 'hash': '+'.join(hashes)}


def _with_names_of_people(part: FaceDataset) -> FrameTable:
    """Return the records of a part, each subject named as :meth:`people` does."""
    subject = part.column('subject')
    names = [f'{part.people_of}/{name}' for name in subject.names]
    columns = {**part.data_list.columns, 'subject': Categories(subject.codes, names)}
    return FrameTable(columns)


def _stack(tables: Sequence[FrameTable]) -> FrameTable:
    """Stack the columns that all tables have, and those that lead to the images."""
    shared = set.intersection(*(set(table.columns) for table in tables))
    shared -= set(_MEANS_ANOTHER)
    kept = [name for name in tables[0].columns if name in shared]
    kept += [
        name
        for name in _ONLY_SOME_HAVE
        if name not in shared and any(name in table.columns for table in tables)
    ]
    return FrameTable.concatenate(
        [
            FrameTable(
                {
                    name: table.columns[name]
                    if name in table.columns
                    else np.full(len(table), -1, np.int64)
                    for name in kept
                }
            )
            for table in tables
        ]
    )
