"""RAF-DB, AffectNet, FERPlus: published class tables are right, damages are told."""

import re

import numpy as np
import pytest
from published_rows import names_of

from clef_mm.datasets.affectnet import AffectNet
from clef_mm.datasets.doctor import examine
from clef_mm.datasets.doctor.check import Verdict
from clef_mm.datasets.doctor.facts import load_facts
from clef_mm.datasets.ferplus_labels import VOTES
from clef_mm.datasets.frame_table import Categories, FrameTable
from clef_mm.datasets.rafdb import RAFDB
from clef_mm.datasets.reading.ferplus_votes import PARTS


def check_named(examination, name):
    (check,) = (check for check in examination.checks if check.name == name)
    return check


# --- RAF-DB ---------------------------------------------------------------------------


def codes_of(dataset_class, counts):
    code = {name: key for key, name in dataset_class.CODES.items()}
    return np.repeat([code[name] for name in counts], list(counts.values()))


@pytest.fixture(scope='module')
def rafdb_lines():
    facts = load_facts('RAFDB')
    return [
        f'{part}_{number:0{digits}d}.jpg {code}'
        for part, digits in (('train', 5), ('test', 4))
        for number, code in enumerate(
            codes_of(RAFDB, facts[f'{part} classes'].value).tolist(), 1
        )
    ]


@pytest.fixture
def rafdb(tmp_path, rafdb_lines):
    """Return a function that writes the release with an empty file for each line."""

    def write(lines, images=rafdb_lines):
        (tmp_path / 'EmoLabel').mkdir()
        label_file = tmp_path / 'EmoLabel' / 'list_patition_label.txt'
        label_file.write_text('\n'.join([*lines, '']))
        folder = tmp_path / 'Image' / 'aligned'
        folder.mkdir(parents=True)
        for line in images:
            (folder / line.split()[0].replace('.jpg', '_aligned.jpg')).touch()
        return tmp_path

    return write


def test_rafdb_as_published_is_right(rafdb, rafdb_lines):
    examination = examine('rafdb', rafdb(rafdb_lines))
    assert {check.verdict for check in examination.checks} == {Verdict.OK}


def test_a_label_of_another_class_is_wrong(rafdb, rafdb_lines):
    lines = [*rafdb_lines]
    lines[0] = 'train_00001.jpg 2'
    examination = examine('rafdb', rafdb(lines))
    assert names_of(examination) == {'classes of train'}
    assert check_named(examination, 'classes of train').found == (
        'surprise 1,289, fear 282'
    )


def test_an_image_that_is_missing_is_wrong(rafdb, rafdb_lines):
    examination = examine('rafdb', rafdb(rafdb_lines, rafdb_lines[:-2]))
    assert names_of(examination) == {
        'label rows without an image',
        'images',
        'classes of test',
    }


def test_a_gap_in_the_numbers_is_wrong(rafdb, rafdb_lines):
    lines = [line.replace('test_0100', 'test_9999') for line in rafdb_lines]
    examination = examine('rafdb', rafdb(lines, lines))
    assert names_of(examination) == {'numbers of test images'}


def test_images_of_another_origin_are_odd(rafdb, rafdb_lines):
    images = [*rafdb_lines, 'train_00001_flipped.jpg 1']
    examination = examine('rafdb', rafdb(rafdb_lines, images))
    assert examination.passed
    assert names_of(examination, Verdict.ODD) == {'images without a label'}


def test_a_label_file_that_cannot_be_read_is_wrong(rafdb, rafdb_lines):
    examination = examine('rafdb', rafdb([*rafdb_lines, 'train_00002.jpg 9']))
    assert names_of(examination) == {'loading'}
    assert 'line 15340' in examination.checks[0].found
    assert names_of(examination, Verdict.NOT_CHECKED)


def rafdb_crops(rafdb_lines, kept):
    """Return the first images of each part, as rows of a prepared tree."""
    numbered = [(int(re.search(r'\d+', line)[0]), line) for line in rafdb_lines]
    numbers, lines = zip(*[row for row in numbered if row[0] <= kept], strict=True)
    parts = [line.partition('_')[0] for line in lines]
    return FrameTable(
        {
            'subject': Categories.of(parts),
            'sequence': Categories(np.zeros(len(lines), np.int32), ['']),
            'frame': np.array(numbers),
            'expression': np.array([int(line[-1]) for line in lines], np.int8),
        }
    )


COUNTED = {'images', 'classes of train', 'classes of test'}


def test_one_lost_image_does_not_excuse_thousands(rafdb_lines, prepare_rows):
    rows = rafdb_crops(rafdb_lines, kept=1)
    assert len(rows) == 2
    examination = examine('rafdb', prepare_rows('RAF-DB', rows, {'no face': 1}))
    assert names_of(examination) == COUNTED


@pytest.mark.parametrize(('lost', 'passed'), [(2, True), (1, False)])
def test_lost_images_excuse_as_many(rafdb_lines, prepare_rows, lost, passed):
    rows = rafdb_crops(rafdb_lines, kept=20_000)
    rows = rows.take(np.delete(np.arange(len(rows)), [5, 9]))
    examination = examine('rafdb', prepare_rows('RAF-DB', rows, {'no face': lost}))
    assert examination.passed is passed
    # Both were images of the training part.
    counted = {'images', 'classes of train', 'numbers of train images'}
    assert names_of(examination) == (set() if passed else counted)


# --- AffectNet ------------------------------------------------------------------------


def affectnet_rows(first_release):
    """Return the images of either release, as rows of a prepared tree."""
    facts = load_facts('AffectNet')
    tables = {'train': {**facts['train classes'].value}}
    val = facts['old val classes' if first_release else 'new val classes'].value
    # A prepared tree has no images without an expression.
    tables['val'] = {name: val[name] for name in tables['train']}
    codes = [codes_of(AffectNet, counts) for counts in tables.values()]
    total = sum(map(len, codes))
    subject = np.repeat([0, 1], [len(part) for part in codes])
    rows = {
        'subject': Categories(subject, ['train', 'val']),
        'sequence': Categories(np.zeros(total, np.int32), ['']),
        'frame': np.arange(total, dtype=np.int32),
        'expression': np.concatenate(codes).astype(np.int8),
    }
    for field in ('valence', 'arousal'):
        extremes = facts['new val valence and arousal'].value
        low, high = extremes[f'{field} min'], extremes[f'{field} max']
        rows[field] = np.linspace(low, high, total, dtype=np.float32)
        rows[field][subject == 1] = np.linspace(low, high, (subject == 1).sum())
    if first_release:
        rows['box'] = np.tile(np.float32([1, 2, 30, 40]), (total, 1))
        rows['list_offset'] = np.arange(total)
    return FrameTable(rows)


@pytest.fixture(scope='module', params=[True, False], ids=['csv', 'npy'])
def affectnet(request):
    return request.param, affectnet_rows(request.param)


def test_affectnet_as_published_is_right(affectnet, prepare_rows):
    first, rows = affectnet
    examination = examine('affectnet', prepare_rows('AffectNet', rows))
    assert examination.passed
    assert names_of(examination, Verdict.ODD) == set()
    assert {'classes of train', 'classes of val'} <= names_of(examination, Verdict.OK)
    assert ('csv' in check_named(examination, 'release').found) is first


def test_a_prepared_tree_without_its_labels_is_wrong(affectnet, prepare_rows):
    rows = affectnet[1].without('expression')
    examination = examine('affectnet', prepare_rows('AffectNet', rows))
    assert names_of(examination) == {'loading'}
    assert examination.checks[0].found == "there is no 'expression'"


def affectnet_damage(rows, column, change):
    values = rows.columns[column].copy()
    change(values)
    return FrameTable({**rows.columns, column: values})


def one_relabelled(values):
    values[0] = 1


def too_large(values):
    values[3] = 1.5


def not_annotated(values):
    values[3] = np.nan


@pytest.mark.parametrize(
    ('column', 'change', 'wrong', 'odd'),
    [
        ('expression', one_relabelled, {'classes of train'}, set()),
        ('valence', too_large, {'valence'}, set()),
        ('arousal', not_annotated, set(), {'arousal not annotated'}),
    ],
)
def test_each_damage_of_affectnet_is_told(
    affectnet, prepare_rows, column, change, wrong, odd
):
    rows = affectnet_damage(affectnet[1], column, change)
    examination = examine('affectnet', prepare_rows('AffectNet', rows))
    assert names_of(examination) == wrong
    assert names_of(examination, Verdict.ODD) == odd


def test_val_of_the_first_release_is_only_odd(prepare_rows):
    rows = affectnet_rows(first_release=True)
    change = affectnet_damage(rows, 'expression', lambda v: v.__setitem__(-1, 0))
    examination = examine('affectnet', prepare_rows('AffectNet', change))
    assert examination.passed
    assert names_of(examination, Verdict.ODD) == {'classes of val'}


def test_extremes_of_val_are_compared(prepare_rows):
    rows = affectnet_rows(first_release=False)
    half = affectnet_damage(rows, 'valence', lambda values: values.__imul__(0.5))
    examination = examine('affectnet', prepare_rows('AffectNet', half))
    assert names_of(examination) == {'extremes of val'}
    # Frames without a crop may have held the extremes.
    examination = examine('affectnet', prepare_rows('AffectNet', half, {'no face': 1}))
    assert examination.passed
    assert 'extremes of val' in names_of(examination, Verdict.NOT_CHECKED)


def affectnet_csv(root, rows):
    """Write the first release: rows of path, width, expression and valence."""
    root.mkdir()
    names = 'subDirectory_filePath,face_x,face_y,face_width,face_height'
    header = f'{names},facial_landmarks,expression,valence,arousal'
    points = ';'.join(['1.5'] * 136)
    for file, part in (('training.csv', 'train'), ('validation.csv', 'val')):
        lines = [header]
        for path, width, expression, valence in rows:
            place = f'{part}_{path}'
            lines.append(f'{place},1,2,{width},9,{points},{expression},{valence},0.1')
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            (root / place).touch()
        (root / file).write_text('\n'.join([*lines, '']))
    (root / 'SYNTHETIC.json').write_text('{}')
    return root


def test_labels_without_an_expression_are_counted_in_a_release(tmp_path):
    rows = [(f'1/{code}.jpg', 9, code, 0.5) for code in (0, 8, 9, 10)]
    examination = examine('affectnet', affectnet_csv(tmp_path / 'csv', rows))
    check = check_named(examination, 'other labels of train')
    assert check.found == 'none 1, uncertain and no-face 2'


def test_a_label_that_was_rewritten_in_place_is_seen(tmp_path, monkeypatch):
    monkeypatch.setenv('CLEF_MM_CACHE', str(tmp_path / 'cache'))
    root = tmp_path / 'npy'
    for part in ('train_set', 'val_set'):
        (root / part / 'images').mkdir(parents=True)
        (root / part / 'annotations').mkdir()
        for number in range(2):
            (root / part / 'images' / f'{number}.jpg').touch()
            for field in ('exp', 'val', 'aro'):
                np.save(root / part / 'annotations' / f'{number}_{field}.npy', 0.0)
    (root / 'SYNTHETIC.json').write_text('{}')
    assert examine('affectnet', root).passed
    with (root / 'train_set' / 'annotations' / '1_val.npy').open('r+b') as file:
        np.save(file, 7.0)
    examination = examine('affectnet', root)
    assert names_of(examination) == {'valence'}
    assert check_named(examination, 'valence').found == '1: 1.jpg 7'


KNOWN = '29a31ebf1567693f4644c8ba3476ca9a72ee07fe67a5860d98707a0a.jpg'


def test_the_first_release_with_its_known_faults_is_odd(tmp_path):
    rows = [
        ('1/a.jpg', 9, 0, 0.5),
        ('1/b.jpg', -9, 1, 0.5),
        ('1/c.jpg', 9, 2, -2),
        ('1/d.jpg', 9, 9, -2),
        (f'2/{KNOWN}', 9, 3, 0.5),
    ]
    examination = examine('affectnet', affectnet_csv(tmp_path / 'csv', rows))
    assert examination.passed
    assert names_of(examination, Verdict.ODD) >= {
        'face boxes',
        'valence not annotated',
    }
    assert check_named(examination, 'face boxes').found == '2: b.jpg, b.jpg'
    assert check_named(examination, 'valence not annotated').found == '2: c.jpg, c.jpg'


def test_images_known_to_be_broken_are_odd_and_no_more(tmp_path):
    rows = [('1/a.jpg', 9, 0, 0.5)]
    root = affectnet_csv(tmp_path / 'csv', rows)
    for file, part in (('training.csv', 'train'), ('validation.csv', 'val')):
        path = root / file
        path.write_text(
            path.read_text().replace(f'{part}_1/a.jpg', f'{part}_1/{KNOWN}')
        )
        (root / f'{part}_1' / 'a.jpg').rename(root / f'{part}_1' / KNOWN)
    examination = examine('affectnet', root, deep=True, workers=1)
    assert examination.passed
    found = [c.found for c in examination.checks if c.verdict is Verdict.ODD]
    assert len(found) == 2
    assert all(KNOWN in text for text in found)


# --- FERPlus --------------------------------------------------------------------------


NO_FACE, UNKNOWN = VOTES.index('NF'), VOTES.index('unknown')
NAMED_NO_FACE = {'Training': 2, 'PublicTest': 0, 'PrivateTest': 1}
REPEATED = {
    'Training': ['fer0006953', 'fer0008403', 'fer0011785'],
    'PublicTest': [],
    'PrivateTest': ['fer0033120'],
}


def ferplus_votes():
    """Return (part, name, votes) of each row of fer2013new.csv, as published."""
    facts = load_facts('FERPlus')
    rows = []
    for part in PARTS:
        counts = [*facts[f'table {part}'].value.values()]
        unnamed = facts['empty names'].value[part]
        winners = [NO_FACE] * (unnamed + NAMED_NO_FACE[part])
        winners += np.repeat(range(8), counts).tolist()
        winners += [UNKNOWN] * (facts['rows'].value[part] - len(winners))
        names = [f'fer{len(rows) + place:07d}' for place in range(len(winners))]
        names[:unnamed] = [''] * unnamed
        repeated = REPEATED[part]
        names[len(names) - 2 * len(repeated) :] = 2 * repeated
        for winner, name in zip(winners, names, strict=True):
            rows.append([part, name and f'{name}.png', [0] * 10])
            rows[-1][2][winner] = 10
    votes = rows[10_435][2]
    votes[votes.index(10)] = 9
    return rows


@pytest.fixture(scope='module')
def ferplus_rows():
    return ferplus_votes()


def write_ferplus(root, rows):
    header = ','.join(['Usage', 'Image name', *VOTES])
    lines = [f'{part},{name},{",".join(map(str, votes))}' for part, name, votes in rows]
    (root / 'fer2013new.csv').write_text('\n'.join([header, *lines, '']))
    pixels = [f'0,{" ".join(["7"] * 3)},{part}' for part, _, _ in rows]
    text = '\n'.join(['emotion,pixels,Usage', *pixels, ''])
    (root / 'fer2013.csv').write_text(text)
    return root


def test_ferplus_as_published_is_right(tmp_path, ferplus_rows):
    examination = examine('ferplus', write_ferplus(tmp_path, ferplus_rows))
    assert {check.verdict for check in examination.checks} == {Verdict.OK}


def one_vote_more(rows):
    rows[500][2][3] += 1


def one_name_less(rows):
    rows[500][1] = ''


def one_name_twice(rows):
    rows[500][1] = rows[499][1]


def one_row_of_another_class(rows):
    rows[500][2][0], rows[500][2][1] = 0, 10


def one_row_less(rows):
    del rows[500]


@pytest.mark.parametrize(
    ('damage', 'wrong'),
    [
        (one_vote_more, {'votes of an image', 'rows by votes'}),
        (one_name_less, {'rows without a name', 'classes of Training'}),
        (one_name_twice, {'names that stand twice'}),
        (one_row_of_another_class, {'classes of Training'}),
        (
            one_row_less,
            {'rows of fer2013new.csv', 'rows by votes', 'classes of Training'},
        ),
    ],
)
def test_each_damage_of_ferplus_is_told(tmp_path, ferplus_rows, damage, wrong):
    rows = [[part, name, [*votes]] for part, name, votes in ferplus_rows]
    damage(rows)
    examination = examine('ferplus', write_ferplus(tmp_path, rows))
    assert names_of(examination) == wrong


def test_the_folders_of_the_official_tool_have_other_counts(prepare_rows):
    facts = load_facts('FERPlus')
    images = facts['images by label.csv'].value
    codes, parts = [], []
    for part in PARTS:
        counts = facts[f'lists {part}'].value
        here = np.repeat(range(8), list(counts.values())).tolist()
        here += [8] * (images[part] - len(here))
        codes += here
        parts += [part] * len(here)
    rows = FrameTable(
        {
            'subject': Categories.of(parts),
            'sequence': Categories(np.zeros(len(codes), np.int32), ['']),
            'frame': np.arange(len(codes)),
            'votes': 10 * np.eye(10, dtype=np.int8)[codes],
            'votes_from': Categories(np.zeros(len(codes), np.int32), ['label.csv']),
        }
    )
    examination = examine('ferplus', prepare_rows('FERPlus', rows))
    assert examination.passed
    assert {'images', *(f'classes of {part}' for part in PARTS)} <= names_of(
        examination, Verdict.OK
    )
    # The same images by the other file's table would be wrong.
    other = FrameTable(
        {
            **rows.columns,
            'votes_from': Categories(
                np.zeros(len(codes), np.int32), ['fer2013new.csv']
            ),
            'sequence': Categories(np.zeros(len(codes), np.int32), ['fer2013']),
        }
    )
    examination = examine('ferplus', prepare_rows('FERPlus', other))
    assert names_of(examination) == {f'classes of {part}' for part in PARTS}
