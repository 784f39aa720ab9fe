"""FERPlus in each of its forms: how images and votes find each other."""

import re
import time
import tracemalloc

import cv2
import numpy as np
import pytest

from clef_mm.datasets import ferplus
from clef_mm.datasets.expressions import EXPRESSIONS
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.ferplus import FERPlus
from clef_mm.datasets.ferplus_labels import LABELLINGS
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.prepared_index import write_index
from clef_mm.datasets.reading.label_rows import LabelFileError
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.registry import DATASETS

PARTS = ('Training', 'PublicTest', 'PrivateTest')
FOLDERS = {
    'Training': 'FER2013Train',
    'PublicTest': 'FER2013Valid',
    'PrivateTest': 'FER2013Test',
}
VOTES = (
    'neutral',
    'happiness',
    'surprise',
    'sadness',
    'anger',
    'disgust',
    'fear',
    'contempt',
    'unknown',
    'NF',
)
HEADER = 'Usage,Image name,' + ','.join(VOTES)


def votes_of(**given):
    return [given.get(name, 0) for name in VOTES]


CLEAR = [votes_of(**{name: 10}) for name in VOTES[:8]]
UNCLEAR = votes_of(happiness=4, sadness=3, unknown=3)
UNNAMED = votes_of(NF=10)


def some_rows():
    """Return part, name, votes; numbers in names are not those of the rows."""
    rows = []
    for part in PARTS:
        for index, votes in enumerate([*CLEAR, UNCLEAR, CLEAR[1]]):
            rows.append((part, f'fer{len(rows) + 7:07d}.png', votes))
            if index == 4:
                rows.append((part, '', UNNAMED))
    return rows


ROWS = some_rows()
NAMED = [row for row in ROWS if row[1]]
LABELED = [row for row in NAMED if row[2] is not UNCLEAR]


def shade(row):
    return (5 * row + 20) % 256


class FerTree:
    def __init__(self, root, rows=ROWS):
        self.root = root
        self.rows = rows
        root.mkdir(parents=True, exist_ok=True)

    def add_pixels(self, usages=None):
        usages = [row[0] for row in self.rows] if usages is None else usages
        lines = ['emotion,pixels,Usage']
        for row, usage in enumerate(usages):
            pixels = ' '.join([str(shade(row))] * 2304)
            lines.append(f'{row % 7},{pixels},{usage}')
        (self.root / 'fer2013.csv').write_text('\n'.join([*lines, '']))
        return self

    def add_new(self, lines=None, newline='\n', encoding='utf-8'):
        if lines is None:
            lines = [
                ','.join([part, name, *map(str, votes)])
                for part, name, votes in self.rows
            ]
        text = newline.join([HEADER, *lines, ''])
        (self.root / 'fer2013new.csv').write_bytes(text.encode(encoding))
        return self

    def add_folders(self, labels=True, rename=str):
        for part in dict.fromkeys(row[0] for row in self.rows):
            folder = self.root / FOLDERS[part]
            folder.mkdir(parents=True, exist_ok=True)
            lines = []
            for row, (usage, name, votes) in enumerate(self.rows):
                if usage != part or not name:
                    continue
                image = np.full((48, 48), shade(row), np.uint8)
                data = cv2.imencode('.png', image)[1].tobytes()
                (folder / rename(name)).write_bytes(data)
                lines.append(f'{name},"(0, 0, 48, 48)",' + ','.join(map(str, votes)))
            if labels:
                (folder / 'label.csv').write_text('\n'.join([*lines, '']))
        return self


@pytest.fixture
def tree(tmp_path):
    return FerTree(tmp_path / 'FER ü')


FORMS = {
    'rows': lambda tree: tree.add_pixels().add_new(),
    'label.csv': lambda tree: tree.add_folders(),
    'folders and fer2013new.csv': lambda tree: tree.add_folders(labels=False).add_new(),
}


def class_of(votes):
    return EXPRESSIONS.index(VOTES[votes.index(max(votes))])


# --- each form ------------------------------------------------------------------------


@pytest.mark.parametrize('split', [None, 'train', 'val', 'test'])
@pytest.mark.parametrize('form', FORMS)
def test_labels_and_images(tree, form, split):
    FORMS[form](tree)
    dataset = FERPlus(tree.root, split=split, pipeline=[LoadFace(48), PackFace()])
    part = dict(zip(('train', 'val', 'test'), PARTS, strict=True)).get(split)
    rows = [row for row in LABELED if part in (None, row[0])]
    assert len(dataset) == len(rows)
    for index, (usage, name, votes) in enumerate(rows):
        record = dataset.get_data_info(index)
        row = ROWS.index((usage, name, votes))
        assert record['subject'] == usage
        assert record['frame'] == (row if form == 'rows' else int(name[3:-4]))
        assert record['gt_expression'] == class_of(votes)
        assert record['votes'].tolist() == votes
        one_hot = np.eye(8)[class_of(votes)]
        np.testing.assert_allclose(record['gt_distribution'], one_hot)
        assert (dataset[index]['inputs'] == shade(row)).all()
    assert dataset.metainfo['labelling'] == 'majority'
    assert dataset.metainfo['expressions'] == EXPRESSIONS


def test_forms_agree(tmp_path):
    labels = []
    for number, form in enumerate(FORMS.values()):
        tree = FerTree(tmp_path / str(number))
        form(tree)
        labels.append(FERPlus(tree.root).column('gt_expression').tolist())
    assert labels[0] == labels[1] == labels[2]


@pytest.mark.parametrize('form', FORMS)
def test_images_have_a_name_of_their_own(tree, form):
    FORMS[form](tree)
    dataset = FERPlus(tree.root, pipeline=[LoadFace(48), PackFace()])
    names = {item['data_samples'].name for item in (dataset[i] for i in range(5))}
    assert len(names) == 5
    if form == 'rows':
        assert 'Training/fer2013/0' in names


@pytest.mark.parametrize('newline', ['\n', '\r\n'])
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig'])
def test_packings_of_the_vote_file(tree, newline, encoding):
    tree.add_pixels().add_new(newline=newline, encoding=encoding)
    assert len(FERPlus(tree.root)) == len(LABELED)


def test_image_names_match_in_any_case(tree):
    tree.add_folders(rename=str.upper)
    assert len(FERPlus(tree.root)) == len(LABELED)


def test_files_may_lie_a_folder_deeper_and_be_links(tmp_path):
    tree = FerTree(tmp_path / 'store').add_pixels().add_new()
    root = tmp_path / 'data'
    (root / 'fer2013').mkdir(parents=True)
    (root / 'fer2013' / 'fer2013.csv').symlink_to(tree.root / 'fer2013.csv')
    (root / 'fer2013new.csv').symlink_to(tree.root / 'fer2013new.csv')
    assert len(FERPlus(root)) == len(LABELED)


def test_files_in_folders_of_their_name(tmp_path):
    tree = FerTree(tmp_path / 'store').add_pixels().add_new()
    root = tmp_path / 'data'
    for name in ('fer2013.csv', 'fer2013new.csv'):
        (root / name).mkdir(parents=True)
        (tree.root / name).rename(root / name / name)
    assert len(FERPlus(root)) == len(LABELED)


def test_the_registry_builds_it(tree):
    tree.add_folders()
    dataset = DATASETS.build({'type': 'FERPlus', 'data_root': str(tree.root)})
    assert type(dataset) is FERPlus


# --- which votes ----------------------------------------------------------------------


def test_the_report_names_votes_and_convention(tree):
    tree.add_pixels().add_new()
    lines = FERPlus(tree.root, labelling='plurality').report.lines()
    assert 'votes: fer2013new.csv; labelling: plurality' in lines
    assert any(
        line.startswith('labels: 0 neutral -> 0 neutral, 1 hap') for line in lines
    )
    assert any(line.startswith('3 rows without an image name') for line in lines)


def test_votes_can_be_chosen_where_both_are_there(tree):
    tree.add_folders()
    changed = [(part, name, CLEAR[4]) for part, name, _ in ROWS]
    FerTree(tree.root, changed).add_new()
    anger = EXPRESSIONS.index('anger')

    def labels(**arguments):
        return set(FERPlus(tree.root, **arguments).column('gt_expression').tolist())

    assert labels() == labels(votes='label.csv') == set(range(8))
    assert labels(votes='fer2013new.csv') == {anger}
    tree.add_pixels()
    assert labels() == labels(votes='fer2013new.csv') == {anger}
    assert labels(votes='label.csv') == set(range(8))


def test_votes_that_are_not_there(tree):
    tree.add_pixels().add_new()
    with pytest.raises(DataRootError, match=r"while votes='label\.csv' is asked for"):
        FERPlus(tree.root, votes='label.csv')


@pytest.mark.parametrize('extra', [0, 1])
def test_counts_are_compared_with_the_published_ones(tree, monkeypatch, extra):
    """As if a complete part had ten named images, of which nine have a label."""
    tree.add_pixels().add_new()
    whole = {'fer2013new.csv': (10, 10, 11)}
    counts = {('fer2013new.csv', 'majority'): (9 + extra, 9 + extra, 99)}
    monkeypatch.setattr(ferplus, 'NAMED_IMAGES', whole)
    monkeypatch.setattr(ferplus, 'PUBLISHED_COUNTS', counts)
    report = FERPlus(tree.root, split='test').report
    agreeing = [line for line in report.lines() if 'as published' in line]
    differing = [line for line in report.lines() if 'while 10 are published' in line]
    assert (len(agreeing), len(differing)) == ((0, 2) if extra else (2, 0))


# --- conventions and classes ----------------------------------------------------------


@pytest.mark.parametrize('classes', [7, 8])
@pytest.mark.parametrize('labelling', LABELLINGS)
def test_labels_follow_the_convention(tree, labelling, classes):
    rng = np.random.default_rng(3)
    drawn = rng.multinomial(
        10, [0.2, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05, 0.1, 0.05, 0.05], 80
    )
    rows = [
        ('Training', f'fer{row:07d}.png', votes.tolist())
        for row, votes in enumerate(drawn)
    ]
    FerTree(tree.root, rows).add_folders()
    dataset = FERPlus(tree.root, labelling=labelling, classes=classes)
    codes, shares = LABELLINGS[labelling](drawn)
    kept = [
        row
        for row in range(80)
        if codes[row] >= 0 and (classes == 8 or VOTES[codes[row]] != 'contempt')
    ]
    assert dataset.column('frame').tolist() == kept
    assert 0 < len(kept) <= 80
    for index, row in enumerate(kept):
        record = dataset.get_data_info(index)
        assert EXPRESSIONS[record['gt_expression']] == VOTES[codes[row]]
        order = [VOTES.index(name) for name in EXPRESSIONS[:classes]]
        wanted = shares[row, order] / shares[row, order].sum()
        np.testing.assert_allclose(record['gt_distribution'], wanted, rtol=1e-5)
    assert dataset.column('gt_distribution').shape == (len(kept), classes)


def test_another_convention_is_refused_with_the_nearest(tree):
    with pytest.raises(ValueError, match="did you mean 'plurality'"):
        FERPlus(tree.root, labelling='pluralty')
    with pytest.raises(ValueError, match="votes must be 'fer2013new"):
        FERPlus(tree.root, votes='new')
    with pytest.raises(ValueError, match='classes must be 8, or 7'):
        FERPlus(tree.root, classes=9)


# --- names ----------------------------------------------------------------------------


def test_rows_of_one_name_are_two_images_in_the_table(tree):
    rows = [
        ('Training', 'fer0000001.png', CLEAR[0]),
        ('Training', 'fer0000001.png', CLEAR[1]),
    ]
    FerTree(tree.root, rows).add_pixels().add_new()
    dataset = FERPlus(tree.root)
    assert dataset.column('gt_expression').tolist() == [0, 1]
    assert dataset.column('frame').tolist() == [0, 1]


@pytest.mark.parametrize('agree', [True, False])
def test_files_of_one_name_are_used_if_their_votes_agree(tree, agree):
    rows = [
        ('Training', 'fer0000001.png', CLEAR[0]),
        ('Training', 'fer0000002.png', CLEAR[3]),
        ('Training', 'fer0000001.png', CLEAR[0] if agree else CLEAR[1]),
    ]
    FerTree(tree.root, rows).add_folders(labels=False).add_new()
    dataset = FERPlus(tree.root)
    assert dataset.column('frame').tolist() == ([1, 2] if agree else [2])
    disputed = 'names that stand twice with different votes'
    assert dataset.report.oddities[disputed] == (not agree)


def test_images_and_votes_without_the_other(tree):
    tree.add_folders()
    (tree.root / 'FER2013Train' / 'fer0000008.png').unlink()
    (tree.root / 'FER2013Train' / 'fer9999999.png').write_bytes(b'x')
    dataset = FERPlus(tree.root)
    assert len(dataset) == len(LABELED) - 1
    assert dataset.report.oddities == {
        'votes without an image': 1,
        'images without votes': 1,
    }


def test_a_part_that_is_not_there(tree):
    tree.add_folders()
    (tree.root / 'FER2013Valid').rename(tree.root / 'elsewhere')
    dataset = FERPlus(tree.root, split='train')
    assert len(dataset) == 9
    assert dataset.report.oddities == {'parts that are not there': 1}


# --- what is wrong --------------------------------------------------------------------


def test_tables_of_different_length(tree):
    tree.add_pixels([row[0] for row in ROWS][:-1]).add_new()
    with pytest.raises(LabelFileError, match=r'has 32 rows and .* has 33'):
        FERPlus(tree.root)


def test_tables_in_different_order(tree):
    usages = [row[0] for row in ROWS]
    usages[10], usages[11] = usages[11], usages[10]
    tree.add_pixels(usages).add_new()
    with pytest.raises(LabelFileError, match=r"row 11 of .* is of 'PublicTest'"):
        FERPlus(tree.root)


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        ('Training,a.png,11,0,0,0,0,0,0,0,0,0', "line 2, neutral: '11' is no number"),
        ('Training,a.png,0,0,x,0,0,0,0,0,0,0', "line 2, surprise: 'x' is no number"),
        ('Training,a.png,0,0,0,0,0,0,0,0,0,-1', "line 2, nf: '-1' is no number"),
        ('Training,a.png,0,0,0,0,0,0,0,0,0,', "line 2, nf: '' is no number"),
        (
            'Training,a.png,0,0,0',
            'line 2: expected 12 cells separated by commas, got 5',
        ),
        ('Train,a.png,0,0,0,0,0,0,0,0,0,0', "line 2, Usage: 'Train' is none of"),
    ],
)
def test_wrong_lines_are_named(tree, line, message):
    tree.add_pixels().add_new([line])
    with pytest.raises(LabelFileError, match=re.escape(message)) as caught:
        FERPlus(tree.root)
    assert str(tree.root / 'fer2013new.csv') in str(caught.value)


def test_wrong_lines_of_label_csv_are_named(tree):
    tree.add_folders()
    path = tree.root / 'FER2013Test' / 'label.csv'
    path.write_text('fer0000001.png,"(0, 0, 48, 48)",1,2,3\n')
    with pytest.raises(LabelFileError, match='line 1: expected 12 cells') as caught:
        FERPlus(tree.root)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        ('fer2013.csv', 'no column pixels, usage'),
        ('fer2013new.csv', 'is empty'),
    ],
)
def test_empty_files(tree, name, message):
    tree.add_pixels().add_new()
    (tree.root / name).write_bytes(b'')
    with pytest.raises(LabelFileError, match=message):
        FERPlus(tree.root)


def test_a_missing_column(tree):
    tree.add_pixels()
    (tree.root / 'fer2013new.csv').write_text('Usage,Image name,neutral\n')
    with pytest.raises(LabelFileError, match=r'has no column happiness, .*nf'):
        FERPlus(tree.root)


@pytest.mark.parametrize('state', ['absent', 'empty', 'only pixels'])
def test_a_root_without_data_shows_what_is_expected(tmp_path, state):
    root = tmp_path / 'fer'
    if state != 'absent':
        root.mkdir()
    if state == 'only pixels':
        FerTree(root).add_pixels()
    found = 'found fer2013.csv' if state == 'only pixels' else 'found none of its files'
    with pytest.raises(DataRootError, match=found) as caught:
        FERPlus(root)
    assert 'FER2013Train/label.csv' in str(caught.value)


# --- prepared trees -------------------------------------------------------------------


def test_a_prepared_tree_is_labelled_as_the_original(tree, tmp_path):
    tree.add_folders()
    for arguments in ({}, {'labelling': 'plurality', 'classes': 7}, {'split': 'val'}):
        original = FERPlus(tree.root, **arguments)
        columns = original.source_frames().columns
        crops = [str(tmp_path / 'prepared' / f'{row}.jpg') for row in range(len(NAMED))]
        columns['img_path'] = FrameTable.of([{'img_path': c} for c in crops]).columns[
            'img_path'
        ]
        (tmp_path / 'prepared').mkdir(exist_ok=True)
        header = {
            'dataset': original.metainfo['dataset'],
            'source_options': original.source_options(),
            'lost': {},
        }
        write_index(tmp_path / 'prepared', FrameTable(columns), header)
        prepared = FERPlus(tmp_path / 'prepared', **arguments)
        for name in ('gt_expression', 'frame', 'gt_distribution'):
            np.testing.assert_array_equal(prepared.column(name), original.column(name))
        assert prepared.metainfo['expressions'] == original.metainfo['expressions']


# --- as large as the real one ---------------------------------------------------------


@pytest.mark.slow
def test_full_size_loads_fast_and_small(tmp_path):
    counts = (28_709, 3_589, 3_589)
    pixels = ' '.join(['137'] * 2304)
    rows, table = [HEADER], ['emotion,pixels,Usage']
    for part, count in zip(PARTS, counts, strict=True):
        for row in range(count):
            votes = ','.join(map(str, CLEAR[row % 8]))
            rows.append(f'{part},fer{row:07d}.png,{votes}')
            table.append(f'0,{row % 200} {pixels[4:]},{part}')
    (tmp_path / 'fer2013new.csv').write_text('\n'.join([*rows, '']))
    (tmp_path / 'fer2013.csv').write_text('\n'.join([*table, '']))
    del table

    start = time.process_time()
    dataset = FERPlus(tmp_path, pipeline=[LoadFace(48), PackFace()])
    assert time.process_time() - start < 3
    assert len(dataset) == sum(counts)
    assert (dataset[12_345]['inputs'][0, 0] == 12_345 % 200).all()

    tracemalloc.start()
    dataset = FERPlus(tmp_path)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(dataset) == sum(counts)
    assert kept < 200 * sum(counts)
