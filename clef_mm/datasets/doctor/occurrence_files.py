"""AU_OCC files read one by one, so that a damaged one does not hide the others."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from clef_mm.datasets.doctor.tree import LabelRows, Tree
from clef_mm.datasets.frame_table import Categories, FrameTable
from clef_mm.datasets.reading.folder_search import find_files, find_folder
from clef_mm.datasets.reading.occurrence_csv import read_occurrence
from clef_mm.errors import UserError

_FILE = re.compile(r'([FM]\d{3})_(T\d+)\.csv', re.IGNORECASE)


def read_occurrence_rows(tree: Tree) -> LabelRows:
    """Read all label files of BP4D or BP4D+, whether there are images or not."""
    units = [int(name[2:]) for name in tree.dataset_class.METAINFO['au_names']]
    tasks = tree.dataset_class.METAINFO['activities']
    tables, errors, headers = [], [], {}
    for (subject, task), path in find_occurrence_files(tree.root).items():
        if task not in tasks:
            continue
        try:
            frames, labels = read_occurrence(path, units)
            headers[path.name] = _header(path)
        except (UserError, OSError) as error:
            errors.append(str(error))
            continue
        one = np.zeros(len(frames), np.int32)
        columns = {
            'subject': Categories(one, [subject]),
            'sequence': Categories(one, [task]),
            'frame': frames,
            'gt_aus': labels,
        }
        tables.append(FrameTable(columns))
    return LabelRows(FrameTable.concatenate(tables), tuple(errors), headers)


def find_occurrence_files(root: Path) -> dict[tuple[str, str], Path]:
    """Map (subject, task) to its label file, in ``AUCoding`` with or without AU_OCC."""
    coding = find_folder(root, 'AUCoding')
    if coding is None:
        return {}
    return {
        (match[1].upper(), match[2].upper()): path
        for path in find_files(find_folder(coding, 'AU_OCC') or coding)
        if (match := _FILE.fullmatch(path.name))
    }


def _header(path: Path) -> tuple[str, ...]:
    with path.open(encoding='utf-8-sig', errors='replace') as lines:
        return tuple(name.strip() for name in next(lines, '').split(','))
