"""What is checked of BP4D+."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clef_mm.datasets.doctor import action_units
from clef_mm.datasets.doctor.check import Check, Verdict, compare, not_checked, require
from clef_mm.datasets.doctor.occurrence_files import read_occurrence_rows
from clef_mm.datasets.doctor.plan import Plan
from clef_mm.datasets.doctor.tree import Tree
from clef_mm.datasets.reading.folder_search import find_folder

_NO_IMAGE = 'label rows without an image'


def header(tree: Tree) -> Iterator[Check]:
    """The label files have the columns of BP4D+, with its gaps."""
    fact = tree.facts['header']
    wanted = [str(number) for number in fact.value]
    others = []
    for name, cells in tree.labels.headers.items():
        absent = [unit for unit in wanted if unit not in cells[1:]]
        added = [unit for unit in cells[1:] if unit not in wanted]
        if list(cells[1:]) != wanted:
            others.append(
                f'{name} lacks {", ".join(absent) or "none"} and adds '
                f'{", ".join(added[:5]) or "none"}'
            )
    yield require(
        'header of the label files',
        f'{len(wanted)} AUs, without 3, 8, 21, 25, 26',
        others,
        'columns are read by their names, but these are not BP4D+ as released: is this '
        'BP4D, whose task numbers mean other things?',
        fact,
    )


def rows_without_image(tree: Tree) -> Iterator[Check]:
    """Every label row has an image, but for the recordings known to be short."""
    with_image = action_units.recordings(tree.dataset.data_list)
    short = tree.facts['short sequences']
    lacking = {
        name: missing
        for name, count in action_units.recordings(tree.label_rows).items()
        if (missing := count - with_image.get(name, 0)) > 0
    }
    known = {name: lacking.pop(name, 0) for name in short.value}
    yield require(
        _NO_IMAGE,
        f'none, but in {" and ".join(known)}',
        [f'{count:,} in {name}' for name, count in lacking.items()],
        'copy these frames again from the source; if images and labels count alike, '
        'give --options frame_offset=0',
        count=sum(lacking.values()),
        found='none',
    )
    for name, missing in known.items():
        yield require(
            f'{name}, known to be short',
            'all its label rows have an image',
            [f'{missing:,} rows'],
            'nothing: this is so in the release; frames are joined by number',
            short,
            Verdict.ODD,
            count=missing,
        )


def numbering(tree: Tree) -> Iterator[Check]:
    """Images of a recording are counted from 0, or as said, without gaps."""
    table = tree.frames
    offset = tree.reader.frame_offset
    first, other = offset + 1, 0 if offset else -1
    frames = table.columns['frame'] + offset
    keys = action_units.recording_keys(table)
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    late = [row for row in starts if frames[row] != first]
    yield require(
        'first image of a recording',
        f'number {first}',
        [f'{action_units.recording_name(table, row)}: {frames[row]}' for row in late],
        f'if the images count from {other + 1}, give --options frame_offset={other}',
        tree.facts['frame offset'],
        Verdict.ODD,
    )
    gaps = np.flatnonzero((np.diff(keys) == 0) & (np.diff(frames) != 1))
    yield require(
        'consecutive images',
        'no gap inside a recording',
        [
            f'{action_units.recording_name(table, row)} behind {frames[row]}'
            for row in gaps
        ],
        'images are missing: copy them again',
        tree.facts['frame offset'],
        Verdict.ODD,
    )


def empty_recordings(tree: Tree) -> Iterator[Check]:
    """The trace of an eleventh task is left alone."""
    fact = tree.facts['empty recordings']
    subject, task = fact.value.split('_')
    found = tree.root
    for name in ('Physiology', subject, task):
        found = find_folder(found, name)
    yield require(
        f'{fact.value}, known to be empty',
        'not there',
        [] if found is None else [str(found)],
        'nothing: it is left out',
        fact,
        Verdict.ODD,
        found='not there',
    )


def images_of_f003_t8(tree: Tree) -> Iterator[Check]:
    """The recording that has fewer images than landmark frames is as published."""
    name = 'images of F003_T8'
    fact = tree.facts[name]
    if tree.prepared:
        yield not_checked(name, f'{fact.value:,}', 'a prepared tree has other images')
        return
    count = action_units.recordings(tree.frames).get('F003_T8', 0)
    yield compare(name, fact, count, 'copy this recording again')


PLAN = Plan(
    released=(
        action_units.label_files,
        header,
        rows_without_image,
        numbering,
        empty_recordings,
    ),
    always=(action_units.split_presets, action_units.gaps),
    complete=(
        action_units.subjects,
        action_units.sequences,
        action_units.frames_in_all,
        images_of_f003_t8,
        action_units.known_codes,
    ),
    never_reported={'sequences without a label file': action_units.MORE_DATA},
    handled=(_NO_IMAGE,),
    read_labels=read_occurrence_rows,
)
