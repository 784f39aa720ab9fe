"""What is checked of BP4D."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from clef_mm.datasets.doctor import action_units
from clef_mm.datasets.doctor.check import (
    Check,
    Verdict,
    compare,
    compare_frames,
    not_checked,
    require,
)
from clef_mm.datasets.doctor.occurrence_files import read_occurrence_rows
from clef_mm.datasets.doctor.plan import Plan
from clef_mm.datasets.doctor.tree import Tree
from clef_mm.datasets.synthetic.bp4d_layout import frame_digits


def header(tree: Tree) -> Iterator[Check]:
    """Column k of a label file is AU k."""
    fact = tree.facts['header']
    others = [
        f'{name}: {",".join(cells[:4])},...'
        for name, cells in tree.labels.headers.items()
        if list(cells) != [str(number) for number in range(len(cells))]
    ]
    yield require(
        'header of the label files',
        '0,1,2,3,... without gaps',
        others,
        'columns are read by their names, but these are not BP4D as released',
        fact,
    )
    last = tree.facts['last column']
    lasts = {cells[-1] for cells in tree.labels.headers.values()}
    yield require(
        'last column of the label files',
        str(last.value),
        sorted(lasts - {str(last.value)}),
        'nothing: this column is not used',
        last,
    )


def padding(tree: Tree) -> Iterator[Check]:
    """Image names are padded to the width that their sequence has in the release."""
    name = 'digits in the names of images'
    expected = '2, 3 or 4, one width in each sequence, as released'
    frames = tree.frames.columns
    if 'video_frame' in frames:
        yield not_checked(name, expected, 'the frames are packed in videos')
        return
    files = frames['img_path'].files
    widths = np.char.find(files, b'.')
    subjects, tasks = frames['subject'], frames['sequence']
    keys = np.stack([subjects.codes, tasks.codes, widths], axis=1)
    rows = np.unique(keys, axis=0, return_index=True)[1]
    others = [
        f'{subjects[row]}_{tasks[row]} {widths[row]}'
        for row in rows
        if frame_digits(subjects[row], tasks[row]) != widths[row]
    ]
    yield require(
        name,
        expected,
        others,
        'usable, since names are read as numbers; but these files were renamed: make '
        'sure that their numbers are those of the labels',
        tree.facts['padding'],
        Verdict.ODD,
    )


def numbering(tree: Tree) -> Iterator[Check]:
    """Images count from 1, as the labels do."""
    files = tree.frames.columns['img_path'].files
    frames = tree.frames.columns['frame']
    zeros = [] if 'video_frame' in tree.frames.columns else np.flatnonzero(frames == 0)
    yield require(
        'images numbered 0',
        'none: images and labels count alike',
        [
            f'{Path(tree.frames.columns["img_path"][row]).parent}/{files[row].decode()}'
            for row in zeros
        ],
        'if the images count from 0 and the labels from 1, give '
        '--options frame_offset=-1',
        tree.facts['frame offset'],
        Verdict.ODD,
        found='none',
    )


def sequence_lengths(tree: Tree) -> Iterator[Check]:
    """The shortest and the longest sequence are as long as published."""
    found = action_units.recordings(tree.label_rows).values()
    yield compare_frames(
        'sequence lengths',
        tree.facts['sequence lengths'],
        {'shortest': min(found, default=0), 'longest': max(found, default=0)},
        'a label file was cut short, or is not one of BP4D',
    )


def first_frame(tree: Tree) -> Iterator[Check]:
    """The coded part of F001_T1 starts where it is published to start."""
    table = tree.label_rows
    columns = table.columns
    here = columns['subject'].isin(['F001']) & columns['sequence'].isin(['T1'])
    first = int(columns['frame'][here].min()) if here.any() else 0
    fact = tree.facts['first frame of F001_T1']
    check = compare(
        'first coded frame of F001_T1',
        fact,
        first,
        'frames were renumbered: labels and images may be shifted',
    )
    yield replace(check, lacking=max(0, first - fact.value))


PLAN = Plan(
    released=(action_units.label_files, header, padding, numbering),
    always=(action_units.split_presets, action_units.gaps),
    complete=(
        action_units.subjects,
        action_units.sequences,
        action_units.frames_in_all,
        action_units.frames_by_part,
        action_units.frames_by_task,
        sequence_lengths,
        first_frame,
        action_units.known_codes,
        action_units.base_rates,
        action_units.class_weights,
    ),
    never_reported={
        'label rows without an image': 'copy these images again from the source; if '
        'images count from 0 and labels from 1, give --options frame_offset=-1',
        'sequences without a label file': action_units.MORE_DATA,
    },
    read_labels=read_occurrence_rows,
)
