"""Checks that the datasets of action units share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clef_mm.datasets.doctor.check import (
    Check,
    Verdict,
    compare,
    compare_frames,
    require,
)
from clef_mm.datasets.doctor.tree import Tree
from clef_mm.datasets.fold_presets import find_preset, preset_names
from clef_mm.datasets.folds import get_fold
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.structures import UNKNOWN

MORE_DATA = 'copy what is missing again from the source'


def label_files(tree: Tree) -> Iterator[Check]:
    """Every label file is as documented."""
    count = len(recordings(tree.labels.table))
    yield require(
        'label files',
        'each is as documented',
        tree.labels.errors or ([] if count else ['there are none']),
        'copy these files again from the source',
        found=f'{count:,} sequences',
    )


def split_presets(tree: Tree) -> Iterator[Check]:
    """Every subject stands in a part of every published split."""
    found = set(subject_names(tree.label_rows))
    for name in preset_names(tree.name):
        strangers = sorted(found - set(find_preset(tree.name, name).subjects))
        yield require(
            f'split preset {name}',
            'holds every subject',
            strangers,
            'these are no subjects of the dataset: look at the names of the files',
        )


def subjects(tree: Tree) -> Iterator[Check]:
    """All subjects are there."""
    wanted = find_preset(tree.name).subjects
    absent = sorted(set(wanted) - set(subject_names(tree.label_rows)))
    fact = tree.facts['subjects']
    yield require(
        'subjects',
        f'{fact.value}: {wanted[0]} .. {wanted[-1]}',
        [f'no {name}' for name in absent],
        MORE_DATA,
        fact,
        found=f'{len(wanted)}',
    )


def sequences(tree: Tree) -> Iterator[Check]:
    """All sequences are there."""
    found = len(recordings(tree.label_rows))
    yield compare('sequences with labels', tree.facts['sequences'], found, MORE_DATA)


def frames_in_all(tree: Tree) -> Iterator[Check]:
    """The number of label rows is the published one."""
    rows = len(tree.label_rows)
    yield compare_frames('coded frames', tree.facts['coded frames'], rows, MORE_DATA)


def frames_by_part(tree: Tree) -> Iterator[Check]:
    """Each part of the default split has the published number of label rows."""
    column = tree.label_rows.columns['subject']
    parts = find_preset(tree.name).parts
    counts = {
        f'part {number}': int(column.isin(part).sum())
        for number, part in enumerate(parts, 1)
    }
    fact = tree.facts['coded frames by part']
    yield compare_frames('coded frames by part', fact, counts, MORE_DATA)


def frames_by_task(tree: Tree) -> Iterator[Check]:
    """Each task has the published number of label rows."""
    column = tree.label_rows.columns['sequence']
    totals = np.bincount(column.codes, minlength=len(column.names)).tolist()
    counts = dict(zip(column.names, totals, strict=True))
    fact = tree.facts['coded frames by task']
    yield compare_frames('coded frames by task', fact, counts, MORE_DATA)


def base_rates(tree: Tree) -> Iterator[Check]:
    """Each AU is as frequent as published."""
    fact = tree.facts['base rates']
    labels = tree.label_rows.columns['gt_aus']
    rates = _percent((labels == 1).sum(axis=0), (labels != UNKNOWN).sum(axis=0))
    names = tree.dataset_class.METAINFO['au_names']
    found = dict(zip(names, rates, strict=True))
    advice = 'these labels are not the published ones: look at columns and thresholds'
    yield compare(
        'base rates', fact, {name: found[name] for name in fact.value}, advice
    )


def class_weights(tree: Tree) -> Iterator[Check]:
    """The weights of each training set are the published ones."""
    dataset = tree.dataset
    names = dataset.metainfo['au_names']
    column = dataset.column('subject')
    for fold in (1, 2, 3):
        first, second = (part for part in (1, 2, 3) if part != fold)
        rows = np.flatnonzero(column.isin(get_fold(tree.name, fold).train))
        weights = dataset.get_subset(rows.tolist()).label_weights().tolist()
        yield compare(
            f'class weights, trained on parts {first} and {second}',
            tree.facts[f'weights of parts {first}+{second}'],
            dict(zip(names, weights, strict=True)),
            'the loss would be weighted differently from the published runs',
        )


def gaps(tree: Tree) -> Iterator[Check]:
    """Label rows of a sequence are consecutive frames, as far as anyone says so."""
    table = tree.label_rows
    keys = recording_keys(table)
    frames = table.columns['frame']
    steps = np.diff(frames)
    jumps = np.flatnonzero((np.diff(keys) == 0) & (steps != 1))
    skipped = steps[jumps] - 1
    fact = tree.facts.get('consecutive frames')
    yield require(
        'consecutive frames',
        'no gap inside a sequence',
        [
            f'{recording_name(table, row)}: {frames[row]}, then {frames[row + 1]}'
            for row in jumps
        ],
        'rows are missing from the label files: copy them again',
        fact,
        Verdict.WRONG if fact else Verdict.ODD,
        lacking=int(skipped.sum()) if (skipped > 0).all() else 0,
    )


def known_codes(tree: Tree) -> Iterator[Check]:
    """Hardly any code of the chosen AUs is unknown."""
    labels = tree.label_rows.columns['gt_aus']
    names = tree.dataset_class.METAINFO['au_names']
    found = _percent((labels == UNKNOWN).sum(axis=0), len(labels))
    limit = 1.0
    many = [
        f'{name} {share:.1f} %'
        for name, share in zip(names, found, strict=True)
        if share > limit
    ]
    yield require(
        'unknown codes (9)',
        f'at most {limit:.0f} % of the frames of an AU',
        many,
        'unknown codes are masked in training and in F1; many of them are unusual',
        verdict=Verdict.ODD,
        found=f'at most {max(found):.2f} %',
    )


def subject_names(table: FrameTable) -> list[str]:
    """Return the subjects that have rows, in any order."""
    column = table.columns['subject']
    return [column.names[code] for code in np.unique(column.codes)]


def recordings(table: FrameTable) -> dict[str, int]:
    """Return how many rows each recording has, such as ``{'F001_T1': 500}``."""
    if not len(table):
        return {}
    keys = recording_keys(table)
    _, rows, counts = np.unique(keys, return_index=True, return_counts=True)
    return {
        recording_name(table, row): count
        for row, count in zip(rows.tolist(), counts.tolist(), strict=True)
    }


def recording_keys(table: FrameTable) -> np.ndarray:
    """Return a number (N,) for each row that tells its recording from others."""
    subject, sequence = table.columns['subject'], table.columns['sequence']
    return subject.codes.astype(np.int64) * len(sequence.names) + sequence.codes


def recording_name(table: FrameTable, row: int) -> str:
    """Return such as ``'F001_T1'``; DISFA's, which has one a subject, ``'SN001'``."""
    subject, sequence = (table.columns[name][row] for name in ('subject', 'sequence'))
    return f'{subject}_{sequence}' if sequence else subject


def _percent(counts: np.ndarray, totals: np.ndarray | int) -> list[float]:
    """Return 100 * counts / totals as plain numbers; 0 where there is none."""
    return (100 * counts / np.maximum(totals, 1)).tolist()
