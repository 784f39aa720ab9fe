"""FERPlus: the images of FER2013 with the votes of ten people each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from clef_mm.datasets.expression_dataset import ExpressionDataset
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.ferplus_labels import (
    DROPPED,
    LABELLINGS,
    NAMED_IMAGES,
    PUBLISHED_COUNTS,
    VOTES,
)
from clef_mm.datasets.folds import Fold
from clef_mm.datasets.frame_table import Categories, FrameTable, Paths
from clef_mm.datasets.reading.ferplus_votes import (
    PARTS,
    VoteRows,
    read_fer2013new,
    read_label_csv,
)
from clef_mm.datasets.reading.folder_search import find_child, find_nearby, list_images
from clef_mm.datasets.reading.label_rows import LabelFileError
from clef_mm.datasets.reading.pixel_csv import find_pixel_rows
from clef_mm.errors import nearest
from clef_mm.registry import DATASETS

_FOLDERS = dict(
    zip(PARTS, ('FER2013Train', 'FER2013Valid', 'FER2013Test'), strict=True)
)
_NEW, _LABEL = 'fer2013new.csv', 'label.csv'
_NUMBER = re.compile(r'fer(\d{1,9})\.\w+', re.IGNORECASE)

_LAYOUT = """\
  {root}/fer2013.csv and fer2013new.csv           joined row by row
or, as the official tool writes it,
  {root}/FER2013Train/fer0000000.png ...          also FER2013Valid, FER2013Test
  {root}/FER2013Train/label.csv                   or {root}/fer2013new.csv
Without the licensed data, a synthetic stand-in in this layout is made by
  python tools/dataset_tools/make_synthetic.py ferplus {root}"""


@DATASETS.register_module()
class FERPlus(ExpressionDataset):
    """35,710 photographs of 48 x 48 pixels, eight expressions, ten votes each.

    Read as published (Barsoum et al., 2016), nothing renamed: from ``fer2013.csv`` and
    ``fer2013new.csv``, whose rows correspond (the numbers in the names do not); or from
    the folders that the official tool writes. The votes in these folders' ``label.csv``
    differ from those in ``fer2013new.csv`` for 1,602 images. The report says which were
    used, and how many images a full-size set should have.

    ``gt_distribution`` (C,) holds the target of each class: all of it for the class
    that wins, and shares of the votes where ``labelling`` is ``'probability'`` or
    ``'multi_target'``. ``votes`` (10,) holds the votes themselves.

    Args:
        data_root: Folder with these files.
        labelling: How votes become one label, a name of
            :data:`clef_mm.datasets.ferplus_labels.LABELLINGS`. It applies to every
            part; the authors test with ``'majority'`` whatever they train with.
        classes: 8, or 7 to leave out contempt.
        votes: ``'fer2013new.csv'`` or ``'label.csv'``. If None, the former where
            ``fer2013.csv`` is there too, else the latter, else what is there.
        common: Arguments of :class:`FaceDataset`. ``'val'`` is the published part
            PublicTest, ``'test'`` is PrivateTest.

    Raises:
        DataRootError: If the folder does not look like this.
        LabelFileError: If a file is not as documented.
    """

    METAINFO: ClassVar[dict[str, Any]] = {'dataset': 'FERPlus'}
    SOURCE_OPTIONS: ClassVar[tuple[str, ...]] = ('votes',)
    OFFICIAL_PARTS: ClassVar[Fold] = Fold(
        train=('Training',), val=('PublicTest',), test=('PrivateTest',)
    )
    CODES: ClassVar[dict[int, str]] = dict(enumerate(VOTES[:8]))

    def __init__(
        self,
        data_root: str | Path,
        labelling: str = 'majority',
        classes: int = 8,
        votes: str | None = None,
        lazy_init: bool = False,
        **common: Any,
    ) -> None:
        if labelling not in LABELLINGS:
            raise ValueError(
                f'labelling must be one of {", ".join(LABELLINGS)}, got {labelling!r}'
                + nearest(labelling, LABELLINGS)
            )
        if votes not in (None, _NEW, _LABEL):
            raise ValueError(f"votes must be '{_NEW}' or '{_LABEL}', got {votes!r}")
        self.labelling = labelling
        self.votes = votes
        super().__init__(data_root, classes=classes, lazy_init=True, **common)
        self._metainfo['labelling'] = labelling
        if not lazy_init:
            self.full_init()

    @classmethod
    def expected_layout(cls, root: str | Path) -> str:
        """Return the forms in which the data comes."""
        return _LAYOUT.format(root=root)

    def load_frames(self) -> FrameTable:
        """Join images and votes, by row or by name."""
        root = Path(self.data_root)
        pixels = find_nearby(root, 2, 'fer2013.csv')
        new = find_nearby(root, 2, _NEW)
        folders = {
            part: folder
            for part, name in _FOLDERS.items()
            if (folder := find_nearby(root, 2, name, folder=True)) is not None
        }
        label_files = {
            part: path
            for part, folder in folders.items()
            if (path := find_child(folder, _LABEL)) is not None
        }
        if new and pixels and self.votes != _LABEL:
            return self._join_rows(pixels, new)
        if label_files and self.votes != _NEW:
            return self._join_folders(
                {
                    part: (folders[part], read_label_csv(path, part))
                    for part, path in label_files.items()
                },
                _LABEL,
            )
        if new and folders and self.votes != _LABEL:
            rows = read_fer2013new(new)
            return self._join_folders(
                {part: (folder, rows) for part, folder in folders.items()}, _NEW
            )
        found = [path.name for path in (pixels, new, *folders.values()) if path]
        raise DataRootError(
            f'FERPlus is not in {root}: found {", ".join(found) or "none of its files"}'
            f'{f", while votes={self.votes!r} is asked for" if self.votes else ""}. '
            f'Expected\n{self.expected_layout(root)}'
        )

    def label_frames(self, frames: FrameTable) -> FrameTable:
        """Turn the votes into one label, and shares, by the convention chosen."""
        codes, shares = LABELLINGS[self.labelling](frames.columns['votes'])
        sources = frames.columns['votes_from']
        source = sources[0]
        self.report.remarks.append(f'votes: {source}; labelling: {self.labelling}')
        self._compare_with_published(frames.columns['subject'], codes, source)
        unclear = int((codes == DROPPED).sum())
        if unclear:
            self.report.found[f'images without a label by {self.labelling}'] = unclear

        shares = shares[:, [VOTES.index(name) for name in self.classes]]
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), np.float32(1e-6))
        frames = FrameTable({**frames.columns, 'gt_distribution': shares})
        kept = codes != DROPPED
        return self.keep_classes(frames.without('votes_from').take(kept), codes[kept])

    def _compare_with_published(
        self, parts: Categories, codes: np.ndarray, source: str
    ) -> None:
        """Compare the number of labels with the published one, where all votes are."""
        published = PUBLISHED_COUNTS.get((source, self.labelling))
        if published is None:
            return
        for part, whole, expected in zip(
            PARTS, NAMED_IMAGES[source], published, strict=True
        ):
            here = parts.isin([part])
            count = int((codes[here] != DROPPED).sum())
            if here.sum() != whole:
                continue
            if count == expected:
                self.report.remarks.append(
                    f'{part}: {count:,} images with one of 8 labels, as published'
                )
            else:
                self.report.note(
                    f'images of {part} with one of 8 labels, while {expected:,} are '
                    'published for these votes and this convention',
                    part,
                    count,
                )

    def _join_rows(self, pixels: Path, new: Path) -> FrameTable:
        rows = read_fer2013new(new)
        usages, offsets = find_pixel_rows(pixels)
        if len(usages) != len(rows.parts):
            raise LabelFileError(
                f'{pixels} has {len(usages):,} rows and {new} has {len(rows.parts):,}: '
                'they correspond row by row and must be complete'
            )
        for row, (usage, part) in enumerate(zip(usages, rows.parts, strict=True)):
            if usage != part:
                raise LabelFileError(
                    f'row {row + 1} of {pixels} is of {usage!r} and of {new} is of '
                    f'{part!r}: they correspond row by row and must be in their order'
                )
        named = np.flatnonzero([bool(name) for name in rows.names])
        self.report.note(
            'rows without an image name, which the authors sorted out',
            f'{new.name}',
            len(rows.names) - len(named),
        )
        one = np.zeros(len(named), np.int32)
        return FrameTable(
            {
                'img_path': Paths(
                    Categories(one, [str(pixels.parent)]),
                    np.full(len(named), pixels.name.encode()),
                ),
                'pixel_offset': offsets[named],
                'subject': Categories.of(rows.parts).take(named),
                # Not empty as for other photographs: the path tells no image apart.
                'sequence': Categories(one, ['fer2013']),
                'frame': named.astype(np.int32),
                'votes': rows.votes[named],
                'votes_from': Categories(one, [_NEW]),
            }
        )

    def _join_folders(
        self, parts: dict[str, tuple[Path, VoteRows]], source: str
    ) -> FrameTable:
        tables = [
            self._join_names(part, folder, rows, source)
            for part, (folder, rows) in parts.items()
        ]
        self.report.note(
            'parts that are not there', [part for part in PARTS if part not in parts]
        )
        return FrameTable.concatenate(tables)

    def _join_names(
        self, part: str, folder: Path, rows: VoteRows, source: str
    ) -> FrameTable:
        votes = self._votes_by_name(part, rows)
        files = {name.lower(): name for name in list_images(folder)}
        joined = [
            (int(match[1]), name)
            for name in votes
            if name in files and (match := _NUMBER.fullmatch(name))
        ]
        joined.sort()
        names = [name for _, name in joined]
        for what, lacking in (
            ('votes without an image', votes.keys() - set(names)),
            ('images without votes', files.keys() - set(names)),
        ):
            self.report.note(what, [f'{part}/{name}' for name in sorted(lacking)])
        one = np.zeros(len(names), np.int32)
        return FrameTable(
            {
                'img_path': Paths(
                    Categories(one, [str(folder)]),
                    np.array([files[name] for name in names], dtype=str),
                ),
                'subject': Categories(one, [part]),
                'sequence': Categories(one, ['']),
                'frame': np.array([number for number, _ in joined], np.int32),
                'votes': np.array([votes[name] for name in names], np.int8).reshape(
                    -1, len(VOTES)
                ),
                'votes_from': Categories(one, [source]),
            }
        )

    def _votes_by_name(self, part: str, rows: VoteRows) -> dict[str, np.ndarray]:
        """Return the votes for each name, in lower case, of one part.

        Where a name stands twice with other votes, nobody knows whose the image is.
        """
        votes: dict[str, np.ndarray] = {}
        disputed = set()
        for row_part, name, row in zip(rows.parts, rows.names, rows.votes, strict=True):
            if row_part != part or not name:
                continue
            known = votes.setdefault(name.lower(), row)
            if not np.array_equal(known, row):
                disputed.add(name.lower())
        self.report.note(
            'names that stand twice with different votes',
            [f'{part}/{name}' for name in sorted(disputed)],
        )
        return {name: row for name, row in votes.items() if name not in disputed}
