"""docs/splits.md says what the presets are."""

import re
from pathlib import Path

import pytest

from clef_mm.datasets.fold_presets import (
    dataset_names,
    find_preset,
    numberings,
    preset_names,
)

PAGE = (Path(__file__).parents[2] / 'docs' / 'splits.md').read_text()
ROWS = [
    [re.sub(r'\*\*|`', '', cell).strip() for cell in line.strip('|').split('|')]
    for line in PAGE.splitlines()
    if line.startswith('|')
]
DATASETS = list(dataset_names().values())


@pytest.mark.parametrize('dataset', DATASETS)
def test_every_preset_is_listed(dataset):
    listed = {(row[0], row[1].split()[0]): row for row in ROWS}
    for name in preset_names(dataset):
        preset = find_preset(dataset, name)
        row = listed[dataset, name]
        assert row[2].split(',')[0] == ' + '.join(str(len(p)) for p in preset.parts)
        assert row[3] == preset.id


@pytest.mark.parametrize('dataset', DATASETS)
def test_every_numbering_is_listed(dataset):
    listed = {(row[0].split()[0], row[1]): row[2:] for row in ROWS}
    for entry in numberings(dataset):
        cells = listed[dataset, entry.repository]
        assert {name: k for k, name in enumerate(cells, 1) if name} == entry.folds
