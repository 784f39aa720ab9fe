"""BP4D on disk: every packaging, against a reader of rows and files."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from recording_trees import (
    UNITS,
    frames_of,
    oddities_of,
    read_slowly,
    records_of,
)

from clef_mm.datasets.bp4d import BP4D
from clef_mm.datasets.folds import subject_parts
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.registry import DATASETS

PACKAGINGS = {
    'released': {},
    'FERA 2015': {'labels': 'AUCoding'},
    'subjects at the root': {'images': '.'},
    'lower case': {'rename': str.lower, 'labels': 'aucoding/au_occ'},
    'upper case': {'suffix': '.JPG', 'labels': 'AUCODING/AU_OCC'},
    'jpeg': {'suffix': '.Jpeg', 'images': '2D+3D'},
    'png': {'suffix': '.png'},
    'CRLF': {'newline': '\r\n'},
    'byte order mark': {'encoding': 'utf-8-sig', 'newline': '\r\n'},
    'BP4D+ columns': {
        'header': [0, 1, 2, 4, 5, 6, 7, *range(9, 21), 22, 23, 24, *range(27, 40)]
    },
    'columns in another order': {'header': [0, *range(39, 0, -1)]},
}


@pytest.mark.parametrize('frames', ['coded', 'all'])
@pytest.mark.parametrize('packaging', PACKAGINGS.values(), ids=PACKAGINGS)
def test_records_equal_those_of_a_slow_reader(make_tree, packaging, frames):
    tree = make_tree(**packaging).fill()
    dataset = BP4D(tree.root, frames=frames)
    expected = read_slowly(tree.root, frames)

    assert records_of(dataset) == expected
    assert len(expected) == {'coded': 54, 'all': 88}[frames]
    values = {value for record in expected for value in record['gt_aus']}
    assert values == {0, 1, -1}  # or the comparison above would say little


def test_records_know_where_they_come_from(released):
    dataset = BP4D(released.root)
    seen = {}
    for index in range(len(dataset)):
        record = dataset.get_data_info(index)
        path = Path(record['img_path'])
        assert path.is_file()
        assert int(path.stem) == record['frame']
        assert path.parent.name == record['sequence']
        assert path.parent.parent.name == record['subject']
        assert record['gt_aus'].dtype == np.int8
        assert record['gt_aus'].shape == (len(dataset.metainfo['au_names']),)
        seen[record['sequence']] = record['activity']
    assert seen == {f'T{number}': number - 1 for number in range(1, 9)}


def test_metainfo_names_units_and_activities(released):
    metainfo = BP4D(released.root).metainfo
    assert metainfo['au_names'] == tuple(f'AU{unit}' for unit in UNITS)
    assert metainfo['activities'] == tuple(f'T{number}' for number in range(1, 9))
    assert metainfo['dataset'] == 'BP4D'
    assert (metainfo['split'], metainfo['fold']) == ('all', None)
    assert metainfo['synthetic'] is False


def test_metainfo_tells_a_rendered_tree(make_tree):
    tree = make_tree().fill()
    (tree.root / 'SYNTHETIC.json').write_text('{}')
    assert BP4D(tree.root).metainfo['synthetic'] is True


def test_names_are_found_whatever_their_zero_padding(released):
    dataset = BP4D(released.root)
    widths = {}
    for record in records_of(dataset):
        place = record['subject'], record['sequence']
        widths.setdefault(place, set()).add(len(Path(record['img_path']).stem))
    assert widths['F001', 'T1'] == {4}
    assert widths['F001', 'T3'] == {3}
    assert widths['M005', 'T8'] == {2}
    assert all(len(found) == 1 for found in widths.values())


def test_unpadded_names_come_in_the_order_of_their_numbers(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', range(8, 103), digits=1)
    tree.add_labels('F001', 'T1', range(8, 103))
    assert frames_of(BP4D(tree.root)) == list(range(8, 103))


def test_the_registry_builds_it(released):
    dataset = DATASETS.build({'type': 'BP4D', 'data_root': str(released.root)})
    assert type(dataset) is BP4D
    assert len(dataset) == 54


# --- numbering ------------------------------------------------------------------------

STARTS_AT_ZERO = 'sequences that start with image 0'


def test_images_that_count_from_zero(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', range(10))
    tree.add_labels('F001', 'T1', range(3, 11))

    shifted = BP4D(tree.root, frame_offset=-1)
    names = [Path(record['img_path']).stem for record in records_of(shifted)]
    assert names == [f'{frame - 1:04d}' for frame in range(3, 11)]
    assert frames_of(shifted) == list(range(3, 11))
    assert oddities_of(shifted) == {}

    alike = BP4D(tree.root)
    assert frames_of(alike) == list(range(3, 10))
    (warning,) = (line for line in alike.report.lines() if STARTS_AT_ZERO in line)
    assert 'frame_offset' in warning
    assert oddities_of(alike)['label rows without an image'] == 1


def test_the_offset_moves_images_not_labels(make_tree):
    tree = make_tree()
    tree.add_images('F001', 'T1', range(101, 106))
    tree.add_labels('F001', 'T1', range(1, 6))
    dataset = BP4D(tree.root, frame_offset=100)
    assert records_of(dataset) == read_slowly(tree.root, offset=100)
    assert frames_of(dataset) == list(range(1, 6))


# --- images through the pipeline ------------------------------------------------------


def test_items_hold_the_image_of_their_record(released):
    dataset = BP4D(released.root, pipeline=[LoadFace(size=12), PackFace()])
    for index in (0, 7, 20, 53):
        item = dataset[index]
        record = dataset.get_data_info(index)
        assert item['inputs'].shape == (12, 12, 3)
        assert abs(item['inputs'].mean() - (17 * record['frame'] % 240 + 8)) < 2
        sample = item['data_samples']
        assert sample.name == (
            f'{record["subject"]}/{record["sequence"]}/{record["frame"]}'
        )
        np.testing.assert_array_equal(sample.gt_aus, record['gt_aus'])


def test_the_pipeline_may_be_configs_or_callables(released):
    configs = [{'type': LoadFace, 'size': 8}, {'type': PackFace}]
    calls = [LoadFace(size=8), PackFace()]
    first = BP4D(released.root, pipeline=configs)[3]
    second = BP4D(released.root, pipeline=calls)[3]
    np.testing.assert_array_equal(first['inputs'], second['inputs'])


# --- as large as the real one ---------------------------------------------------------

FRAMES = 146_847


@pytest.fixture(scope='module')
def full_size(tmp_path_factory):
    """Return a tree of 328 sequences and 146,847 coded frames, its images empty."""
    root = tmp_path_factory.mktemp('full')
    labels = root / 'AUCoding' / 'AU_OCC'
    labels.mkdir(parents=True)
    header = ','.join(map(str, range(100)))
    rows = [','.join(str((row * unit) % 2) for unit in range(99)) for row in range(64)]
    subjects = [name for part in subject_parts('bp4d') for name in part]
    places = [(name, task) for name in subjects for task in range(1, 9)]
    sizes = [FRAMES // 328 + (index < FRAMES % 328) for index in range(328)]
    for (subject, task), size in zip(sorted(places), sizes, strict=True):
        images = root / 'Sequences(2D+3D)' / subject / f'T{task}'
        images.mkdir(parents=True)
        first = 100 * task
        lines = [f'{first + row},{rows[row % 64]}' for row in range(size)]
        text = '\n'.join([header, *lines, ''])
        (labels / f'{subject}_T{task}.csv').write_text(text)
        for row in range(size):
            os.close(os.open(images / f'{first + row:04d}.jpg', os.O_CREAT))
    return root


@pytest.mark.slow
def test_full_size_loads_fast_and_small(full_size, capsys):
    start = time.perf_counter()
    dataset = BP4D(full_size)
    seconds = time.perf_counter() - start
    size = sum(bytes_of(column) for column in dataset.data_list.columns.values())
    with capsys.disabled():
        print(f'\n{FRAMES:,} frames in {seconds:.2f} s, {size / FRAMES:.0f} bytes each')

    assert len(dataset) == FRAMES
    assert dataset.report.found['sequences'] == 328
    assert dataset.report.found['subjects'] == 41
    assert oddities_of(dataset) == {}
    last = dataset.get_data_info(FRAMES - 1)
    assert (last['subject'], last['sequence']) == ('M018', 'T8')
    assert seconds < 8  # 3 on an idle machine
    assert size < 200 * FRAMES


def bytes_of(column):
    if isinstance(column, np.ndarray):
        return column.nbytes
    if hasattr(column, 'files'):
        return column.files.nbytes + bytes_of(column.folders)
    return column.codes.nbytes + sum(map(len, column.names))
