"""Label sets as large as the official ones, with exactly the published counts."""

import os
from itertools import pairwise

import numpy as np

from clef_mm.datasets.doctor.check import Verdict
from clef_mm.datasets.doctor.facts import load_facts
from clef_mm.datasets.fold_presets import find_preset
from clef_mm.datasets.frame_table import Categories, FrameTable
from clef_mm.datasets.synthetic.bp4d_layout import frame_digits

BP4D_TASKS = tuple(f'T{number}' for number in range(1, 9))
FIXED_SIZES = {('M005', 'T8'): 90, ('F001', 'T2'): 768}


def names_of(examination, verdict=Verdict.WRONG):
    """Return the names of the checks with a verdict."""
    return {check.name for check in examination.checks if check.verdict is verdict}


def even_split(total, count):
    """Split a number into ``count`` whole numbers that differ by at most 1."""
    return np.diff(np.linspace(0, total, count + 1).round().astype(int)).tolist()


def table_of_margins(rows, columns):
    """Return whole numbers with these row sums and column sums."""
    shares = np.outer(rows, columns) / np.sum(rows)
    totals = np.zeros((len(rows) + 1, len(columns) + 1), int)
    totals[1:, 1:] = shares.cumsum(axis=0).cumsum(axis=1).round()
    return np.diff(np.diff(totals, axis=0), axis=1)


def positives_by_part(facts):
    """Return (parts, AUs) counts that agree with all published weights and rates.

    Weights tell the rates of two parts together but for a factor; the factors are those
    that come closest to the published rates of all parts.
    """
    frames = np.array([*facts['coded frames by part'].value.values()])
    rates = np.array([*facts['base rates'].value.values()]) / 100
    inverse = np.array(
        [
            [frames[[a, b]].sum() / weight for weight in weights.values()]
            for a, b in ((0, 1), (0, 2), (1, 2))
            for weights in [facts[f'weights of parts {a + 1}+{b + 1}'].value]
        ]
    )
    factors = np.linalg.lstsq(inverse.T / 2, rates * frames.sum(), rcond=None)[0]
    together = factors[:, None] * inverse
    total = together.sum(axis=0) / 2
    return np.stack([total - together[2], total - together[1], total - together[0]])


def spread(counts, length):
    """Return ``length`` rows of zeros and ones, evenly spread, with these sums."""
    steps = np.arange(length + 1)[:, None] * np.round(counts).astype(int) // length
    return np.diff(steps, axis=0).astype(np.int8)


def column(values, repeats):
    """Return a column of strings, each repeated."""
    names = sorted(set(values))
    codes = [names.index(value) for value in values]
    return Categories(np.repeat(codes, repeats), names)


def bp4d_label_rows():
    """Return the label rows of BP4D: 146,847, as rows of a prepared tree."""
    facts = load_facts('BP4D')
    frames = [*facts['coded frames by part'].value.values()]
    sizes = table_of_margins(frames, [*facts['coded frames by task'].value.values()])
    keys, lengths = [], []
    for subjects, row in zip(find_preset('BP4D').parts, sizes.tolist(), strict=True):
        for task, total in zip(BP4D_TASKS, row, strict=True):
            fixed = [name for name in subjects if (name, task) in FIXED_SIZES]
            others = [name for name in subjects if name not in fixed]
            known = [FIXED_SIZES[name, task] for name in fixed]
            keys += [(name, task) for name in [*fixed, *others]]
            lengths += known + even_split(total - sum(known), len(others))
    labels = [
        spread(count, length)
        for count, length in zip(positives_by_part(facts), frames, strict=True)
    ]
    digits = [frame_digits(*key) for key in keys]
    first = [{2: 5, 3: 101, 4: 1000}[digit] for digit in digits]
    first[keys.index(('F001', 'T1'))] = 2440
    numbers = [
        np.arange(start, start + length)
        for start, length in zip(first, lengths, strict=True)
    ]
    return FrameTable(
        {
            'subject': column([subject for subject, _ in keys], lengths),
            'sequence': column([task for _, task in keys], lengths),
            'frame': np.concatenate(numbers).astype(np.int32),
            'activity': np.repeat(
                [BP4D_TASKS.index(task) for _, task in keys], lengths
            ).astype(np.int8),
            'gt_aus': np.concatenate(labels),
            'coded': np.ones(sum(lengths), bool),
        }
    )


def disfa_label_rows():
    """Return the label rows of DISFA: 130,814, as rows of a prepared tree."""
    facts = load_facts('DISFA')
    parts = find_preset('DISFA').parts
    subjects = [name for part in parts for name in part]
    lengths = [4844 if name == 'SN010' else 4845 for name in subjects]
    labels = [
        spread(count, length)
        for count, length in zip(
            positives_by_part(facts),
            facts['coded frames by part'].value.values(),
            strict=True,
        )
    ]
    intensities = np.zeros((sum(lengths), 12), np.int8)
    intensities[:, [0, 1, 2, 5, 6, 10, 11]] = 1  # below the threshold
    intensities[:, [0, 1, 2, 4, 5, 6, 10, 11]] += 2 * np.concatenate(labels)
    return FrameTable(
        {
            'subject': column(subjects, lengths),
            'sequence': column(['left'], sum(lengths)),
            'frame': np.concatenate([np.arange(1, n + 1) for n in lengths]),
            'intensities': intensities,
        }
    )


def write_bp4d_release(root, rows):
    """Write rows as BP4D is released, with an empty file for each image."""
    columns = rows.columns
    coding = root / 'AUCoding' / 'AU_OCC'
    coding.mkdir(parents=True)
    keys = columns['subject'].codes * 8 + columns['sequence'].codes
    edges = [0, *(np.flatnonzero(np.diff(keys)) + 1).tolist(), len(rows)]
    units = [int(name[2:]) for name in load_facts('BP4D')['base rates'].value]
    patterns = {}
    for start, stop in pairwise(edges):
        subject, task = columns['subject'][start], columns['sequence'][start]
        folder = root / 'Sequences(2D+3D)' / subject / task
        folder.mkdir(parents=True)
        digits = frame_digits(subject, task)
        lines = [','.join(map(str, range(100)))]
        for frame, labels in zip(
            columns['frame'][start:stop].tolist(),
            columns['gt_aus'][start:stop].tolist(),
            strict=True,
        ):
            if tuple(labels) not in patterns:
                codes = dict.fromkeys(range(1, 100), 9) | dict(
                    zip(units, labels, strict=True)
                )
                patterns[tuple(labels)] = ','.join(map(str, codes.values()))
            lines.append(f'{frame},{patterns[tuple(labels)]}')
            os.close(os.open(folder / f'{frame:0{digits}d}.jpg', os.O_CREAT))
        (coding / f'{subject}_{task}.csv').write_text('\n'.join([*lines, '']))
