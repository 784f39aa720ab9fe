"""write_ferplus: both forms on disk, and what their votes make of the faces."""

import csv
from collections import Counter

import cv2
import numpy as np
import pytest

from clef_mm.datasets.synthetic.ferplus import write_ferplus
from clef_mm.datasets.synthetic.ferplus_votes import draw_doubt, draw_votes, vote_again
from clef_mm.datasets.synthetic.setting_checks import SyntheticSettingError
from clef_mm.datasets.synthetic.tree import SyntheticTreeError

VOTES = (
    *('neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust', 'fear'),
    *('contempt', 'unknown', 'NF'),
)
PARTS = {
    'Training': 'FER2013Train',
    'PublicTest': 'FER2013Valid',
    'PrivateTest': 'FER2013Test',
}
SMALL = {'n_train': 60, 'n_val': 16, 'n_test': 20, 'workers': 1}


@pytest.fixture(scope='module')
def tables(tmp_path_factory):
    root = tmp_path_factory.mktemp('ferplus') / 'csv'
    # Each part has a nameless row and a named one without a face besides.
    assert write_ferplus(root, **SMALL) == 96 + 6
    return root


@pytest.fixture(scope='module')
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp('ferplus') / 'folders'
    # Nameless rows have no file, and two names stand there twice.
    assert write_ferplus(root, form='folders', **SMALL) == 96 + 3 - 2
    return root


@pytest.fixture(scope='module')
def many_votes(tmp_path_factory):
    """Return the table of votes of a larger set; its images are left out."""
    root = tmp_path_factory.mktemp('ferplus') / 'many'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            'clef_mm.datasets.synthetic.ferplus._draw_image',
            lambda *_: np.zeros((1, 1), np.uint8),
        )
        write_ferplus(root, n_train=3000, n_val=300, n_test=300, workers=1)
    return read(root / 'fer2013new.csv')


def read(path):
    with path.open(newline='') as file:
        return list(csv.DictReader(file))


def votes_of(row):
    return np.array([int(row[name]) for name in VOTES])


def labels_csv(root, part):
    with (root / PARTS[part] / 'label.csv').open(newline='') as file:
        return list(csv.reader(file))


def test_both_tables_have_their_columns_and_correspond(tables):
    pixels, votes = read(tables / 'fer2013.csv'), read(tables / 'fer2013new.csv')
    assert list(pixels[0]) == ['emotion', 'pixels', 'Usage']
    assert list(votes[0]) == ['Usage', 'Image name', *VOTES]
    usage = [row['Usage'] for row in votes]
    assert [row['Usage'] for row in pixels] == usage
    assert usage == ['Training'] * 62 + ['PublicTest'] * 18 + ['PrivateTest'] * 22


def test_images_are_2304_grey_values(tables):
    for row in read(tables / 'fer2013.csv'):
        values = np.array(row['pixels'].split(' '), int)
        assert values.shape == (2304,)
        assert values.min() >= 0
        assert values.max() <= 255
        assert values.std() > 3
        assert row['emotion'] in set('0123456')


@pytest.mark.parametrize('part', PARTS)
def test_images_that_were_sorted_out_have_no_name(tables, part):
    rows = [row for row in read(tables / 'fer2013new.csv') if row['Usage'] == part]
    no_face = [row for row in rows if row['NF'] == '10']
    assert sorted(bool(row['Image name']) for row in no_face) == [False, True]
    assert all(row['Image name'] for row in rows if row['NF'] != '10')


def test_numbers_in_names_drift_away_from_the_rows(many_votes):
    drift = [
        row - int(entry['Image name'][3:10])
        for row, entry in enumerate(many_votes)
        if entry['Image name']
    ]
    assert drift[0] == 0
    assert (np.diff(drift) >= 0).all()
    # A few nameless rows and two repeated names, as against 85 in 35 887 rows.
    assert 5 <= drift[-1] <= 16


def test_two_names_stand_there_twice(many_votes):
    counts = Counter(row['Image name'] for row in many_votes if row['Image name'])
    twice = [name for name, count in counts.items() if count > 1]
    assert [counts[name] for name in twice] == [2, 2]
    usage = [r['Usage'] for r in many_votes if r['Image name'] in twice]
    assert Counter(usage) == {'Training': 2, 'PrivateTest': 2}


def test_one_row_lost_a_vote(many_votes):
    sums = Counter(int(votes_of(row).sum()) for row in many_votes)
    assert sums == {10: len(many_votes) - 1, 9: 1}


def slow_labels(votes):
    """Return the label of each convention for one row, written down case by case."""
    emotions = votes[:8]
    kept = [vote if vote > 1 else 0 for vote in votes]
    top = kept.index(max(kept))
    first = votes.index(max(votes))
    return {
        'A': top if top < 8 and max(kept) > sum(kept) / 2 else None,
        'C': emotions.index(max(emotions)),
        'D': first if first < 8 else None,
        'E': first if first < 8 and max(votes) > 5 else None,
    }


def test_conventions_differ_as_they_do_officially(many_votes):
    labels = [
        slow_labels(votes_of(row).tolist()) for row in many_votes if row['Image name']
    ]
    counts = {
        name: sum(label[name] is not None for label in labels) / len(labels)
        for name in 'ACDE'
    }
    official = {'A': 31412 / 35714, 'C': 1.0, 'D': 35488 / 35714, 'E': 27402 / 35714}
    assert counts['E'] < counts['A'] < counts['D'] < counts['C']
    for name, share in official.items():
        assert counts[name] == pytest.approx(share, abs=0.08)
    both = [label for label in labels if label['A'] is not None]
    assert any(label['A'] != label['C'] for label in labels if label['D'] is not None)
    assert np.mean([label['A'] == label['D'] for label in both]) > 0.95


@pytest.mark.parametrize('part', PARTS)
def test_the_majority_keeps_every_class_in_every_part(many_votes, part):
    labels = Counter(
        slow_labels(votes_of(row).tolist())['A']
        for row in many_votes
        if row['Usage'] == part
    )
    assert all(labels[index] >= 1 for index in range(8))
    assert labels[0] > labels[2] > labels[5]


def test_folders_hold_the_named_images_of_the_tables(tables, folders):
    table = read(tables / 'fer2013new.csv')
    assert read(folders / 'fer2013new.csv') == table
    pixels = read(tables / 'fer2013.csv')
    latest = {r['Image name']: p for r, p in zip(table, pixels, strict=True)}
    for part, folder in PARTS.items():
        named = {r['Image name'] for r in table if r['Usage'] == part} - {''}
        files = {path.name for path in (folders / folder).glob('*.png')}
        assert files == named
        assert [row[0] for row in labels_csv(folders, part)] == sorted(named)
        for name in files:
            image = cv2.imread(str(folders / folder / name), cv2.IMREAD_UNCHANGED)
            assert image.shape == (48, 48)
            values = np.array(latest[name]['pixels'].split(' '), int)
            np.testing.assert_array_equal(image.ravel(), values)


def test_label_files_have_a_box_and_mostly_the_same_votes(tables, folders):
    latest = {r['Image name']: votes_of(r) for r in read(tables / 'fer2013new.csv')}
    same = []
    for part in PARTS:
        for name, box, *votes in labels_csv(folders, part):
            assert box == '(0, 0, 48, 48)'
            same.append((np.array(votes, int) == latest[name]).all())
    text = (folders / 'FER2013Train' / 'label.csv').read_text()
    assert '"(0, 0, 48, 48)"' in text.splitlines()[0]
    assert 0.85 < np.mean(same) < 1


def test_a_second_poll_moves_votes_but_loses_none():
    rng = np.random.default_rng(0)
    for _ in range(50):
        votes = draw_votes(rng, {'anger': 1.0})
        again = vote_again(rng, votes)
        assert sum(again) == sum(votes)
        assert min(again) >= 0
        assert again[8] == votes[8] + 1


def test_clear_faces_are_clear_and_doubtful_ones_split_the_votes():
    rng = np.random.default_rng(0)
    mixtures = [draw_doubt(rng, 'fear', clear=False) for _ in range(400)]
    doubtful = [mixture for mixture in mixtures if len(mixture) > 1]
    assert 0.2 < len(doubtful) / 400 < 0.4
    assert all(sum(mixture.values()) == pytest.approx(1) for mixture in mixtures)
    assert draw_doubt(rng, 'fear', clear=True) == {'fear': 1.0}
    clear = np.mean([draw_votes(rng, {'fear': 1.0})[6] for _ in range(300)])
    split = np.mean([draw_votes(rng, mixture)[6] for mixture in doubtful])
    assert clear > 8.5
    assert split < 6


def test_a_repeated_run_writes_the_same_files(folders, tmp_path, contents):
    write_ferplus(tmp_path / 'again', form='folders', **SMALL)
    assert contents(tmp_path / 'again') == contents(folders)


@pytest.mark.slow
def test_worker_processes_write_the_same_files(tables, tmp_path, contents):
    write_ferplus(tmp_path / 'parallel', **{**SMALL, 'workers': 2})
    assert contents(tmp_path / 'parallel') == contents(tables)


def test_a_complete_tree_is_left_alone_and_another_form_refused(tables, capsys):
    assert write_ferplus(tables, **SMALL) == 0
    assert 'complete already' in capsys.readouterr().err
    with pytest.raises(SyntheticTreeError, match="form: there 'csv'"):
        write_ferplus(tables, form='folders', **SMALL)


@pytest.mark.parametrize(
    ('setting', 'value'),
    [('form', 'zip'), ('n_train', 15), ('n_val', 3), ('n_test', -1)],
)
def test_impossible_settings_are_refused_before_anything_is_written(
    tmp_path, setting, value
):
    with pytest.raises(SyntheticSettingError, match=setting):
        write_ferplus(tmp_path / 'new', **{**SMALL, setting: value})
    assert not (tmp_path / 'new').exists()
