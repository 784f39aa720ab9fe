"""What is checked of DISFA."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from clef_mm.datasets.disfa import CODED_UNITS, UNITS, has_bad_landmarks
from clef_mm.datasets.disfa_layout import CAMERAS, find_label_files, find_sources
from clef_mm.datasets.doctor import action_units
from clef_mm.datasets.doctor.check import Check, Verdict, compare_frames, require
from clef_mm.datasets.doctor.plan import Plan
from clef_mm.datasets.doctor.tree import LabelRows, Tree
from clef_mm.datasets.frame_table import Categories, FrameTable
from clef_mm.datasets.load_report import LoadReport
from clef_mm.datasets.reading.intensity_txt import read_intensity
from clef_mm.datasets.reading.recordings import index_recording
from clef_mm.errors import UserError
from clef_mm.structures import UNKNOWN

_PRESENT_FROM = 2


def read_intensity_rows(tree: Tree) -> LabelRows:
    """Read the label files of every subject, whether there are images or not."""
    tables, errors = [], []
    for subject, files in sorted(find_label_files(tree.root).items()):
        units = {}
        for unit, path in files.items():
            try:
                units[unit] = read_intensity(path)
            except (UserError, OSError) as error:
                errors.append(str(error))
        if units:
            tables.append(_as_table(subject, units))
    return LabelRows(FrameTable.concatenate(tables), tuple(errors))


def label_files_of_subjects(tree: Tree) -> Iterator[Check]:
    """Every subject has a label file for each unit."""
    lacking = [
        f'{subject} AU{unit}'
        for subject, files in sorted(find_label_files(tree.root).items())
        for unit in CODED_UNITS
        if unit not in files
    ]
    yield require(
        'label files of each subject',
        f'{len(CODED_UNITS)}',
        lacking,
        'these AUs are unknown there, not absent; copy the files again',
        tree.facts['label files of a subject'],
        Verdict.ODD if tree.synthetic else Verdict.WRONG,
    )


def rows_of_subjects(tree: Tree) -> Iterator[Check]:
    """Every subject has 4845 label rows, one of them a row less."""
    usual = tree.facts['rows of a subject']
    special = tree.facts['rows of SN010'].value
    column = tree.label_rows.columns['subject']
    counts = np.bincount(column.codes, minlength=len(column.names)).tolist()
    lacking = {
        name: (special if name == 'SN010' else usual.value) - count
        for name, count in zip(column.names, counts, strict=True)
    }
    others = [
        f'{name} has {count:,}'
        for name, count in zip(column.names, counts, strict=True)
        if lacking[name]
    ]
    yield require(
        'rows of each subject',
        f'{usual.value:,}; SN010 {special:,}',
        others,
        'copy the label files of these subjects again',
        usual,
        lacking=sum(lacking.values()) if min(lacking.values()) >= 0 else 0,
    )


def cameras(tree: Tree) -> Iterator[Check]:
    """Both cameras are there, and have an image for each label row.

    Only the one that is read must be.
    """
    rows = action_units.recordings(tree.label_rows)
    for camera in CAMERAS:
        is_read = camera == tree.reader.camera
        sources = find_sources(tree.root, camera, LoadReport())
        yield require(
            f'{camera} camera',
            f'a recording of each of {len(rows)} subjects',
            [f'no {name}' for name in rows if name not in sources],
            _advise_camera(camera, is_read),
            verdict=Verdict.WRONG if is_read else Verdict.ODD,
        )
        images = {
            name: _count_images(source)
            for name, source in sources.items()
            if name in rows
        }
        if not is_read:  # of the one that is, the dataset class tells each row
            yield require(
                f'images of the {camera} camera',
                'one for each label row',
                [
                    f'{name} {count:,} for {rows[name]:,} rows'
                    for name, count in images.items()
                    if count < rows[name]
                ],
                'copy these recordings again, or extract their frames again',
                verdict=Verdict.ODD,
            )
        yield require(
            f'more images of the {camera} camera',
            'none but one of SN010',
            [
                f'{name} {count - rows[name]:,}'
                for name, count in images.items()
                if count > rows[name] + (name == 'SN010')
            ],
            'images without a label row are left out',
            tree.facts['rows of a subject'],
            Verdict.ODD,
            found='none',
        )


def numbering(tree: Tree) -> Iterator[Check]:
    """Labels count from 1."""
    table = tree.label_rows
    frames, starts = table.columns['frame'], {}
    for name in action_units.subject_names(table):
        first = int(frames[table.columns['subject'].isin([name])].min())
        if first != 1:
            starts[name] = first
    skipped = [first - 1 for first in starts.values()]
    yield require(
        'first label row',
        'frame 1',
        [f'{name}: {first}' for name, first in starts.items()],
        'rows are missing from the label files: copy them again',
        tree.facts['rows of a subject'],
        lacking=sum(skipped) if min(skipped, default=0) >= 0 else 0,
    )


def bad_landmarks(tree: Tree) -> Iterator[Check]:
    """The frames that are known to have bad landmarks are among the frames."""
    found = int(has_bad_landmarks(tree.label_rows).sum())
    fact = tree.facts['frames with bad landmarks']
    yield compare_frames(
        'frames listed with bad landmarks',
        fact,
        found,
        'drop_bad_landmarks would not leave out the same frames as published',
    )


def _advise_camera(camera: str, is_read: bool) -> str:
    if not is_read:
        return f'nothing, unless you use camera={camera}'
    (other,) = (name for name in CAMERAS if name != camera)
    return (
        f'copy these recordings again; to use the {other} camera, give --options '
        f'camera={other}'
    )


def _as_table(
    subject: str, units: dict[int, tuple[np.ndarray, np.ndarray]]
) -> FrameTable:
    frames = np.unique(np.concatenate([numbers for numbers, _ in units.values()]))
    labels = np.full((len(frames), len(UNITS)), UNKNOWN, np.int8)
    for place, unit in enumerate(UNITS):
        if unit in units:
            numbers, intensities = units[unit]
            rows = np.searchsorted(frames, numbers)
            labels[rows, place] = intensities >= _PRESENT_FROM
    one = np.zeros(len(frames), np.int32)
    return FrameTable(
        {
            'subject': Categories(one, [subject]),
            'sequence': Categories(one, ['']),
            'frame': frames,
            'gt_aus': labels,
        }
    )


def _count_images(source: Path) -> int:
    """Return the images of a recording; 0 if it cannot be opened."""
    try:
        return len(index_recording(source, LoadReport()))
    except UserError:
        return 0


PLAN = Plan(
    released=(action_units.label_files, label_files_of_subjects, cameras),
    always=(action_units.split_presets, numbering, action_units.gaps),
    complete=(
        action_units.subjects,
        rows_of_subjects,
        action_units.frames_in_all,
        action_units.frames_by_part,
        action_units.base_rates,
        action_units.class_weights,
        bad_landmarks,
    ),
    never_reported={
        'label rows without an image': 'copy the recordings again, or extract their '
        'frames again; if these count from 1, give --options frame_offset=0'
    },
    handled=(
        'action units without a label file, unknown there',
        'images without a label row, left out',
    ),
    read_labels=read_intensity_rows,
)
