"""What all datasets share: broken images, class weights, subsets, every n-th frame."""

import re
from itertools import islice

import cv2
import numpy as np
import pytest

from clef_mm.datasets.bp4d import BP4D
from clef_mm.datasets.face_dataset import DataRootError, FaceDataset
from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.reading.image_reading import BrokenImageError
from clef_mm.datasets.transforms import LoadFace, PackFace

BP4D_AUS = tuple(f'AU{unit}' for unit in (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24))


class GivenFaces(FaceDataset):
    """A dataset of a user's own, of records that are handed in."""

    def __init__(self, records, metainfo=None, root='given', **arguments):
        self.records = records
        super().__init__(root, lazy_init=True, **arguments)
        self._metainfo.update(metainfo or {})

    def load_frames(self):
        return self.records


def coded(labels, names=None):
    """Return a dataset of the labels (N, C)."""
    labels = np.asarray(labels, np.int8)
    table = FrameTable({'gt_aus': labels, **columns(len(labels))})
    return GivenFaces(
        table, {'au_names': names or [f'AU{n}' for n in range(99)][: labels.shape[1]]}
    )


def columns(count):
    of = FrameTable.of([{'subject': 'F001', 'sequence': 'T1'}]).columns
    rows = np.zeros(count, int)
    return {name: column.take(rows) for name, column in of.items()}


# --- records --------------------------------------------------------------------------


def faces(subjects='ab', sequences=2, frames=5):
    return [
        {
            'img_path': f'/{subject}/{sequence}/{frame}.jpg',
            'subject': subject,
            'sequence': f'T{sequence}',
            'frame': frame,
        }
        for subject in subjects
        for sequence in range(sequences)
        for frame in range(frames)
    ]


def test_a_list_of_records_will_do():
    dataset = GivenFaces(faces())
    assert len(dataset) == 20
    assert [dataset.get_data_info(row) for row in range(20)] == faces()
    assert dataset.get_data_info(-1) == faces()[-1]


def test_items_end():
    dataset = GivenFaces(faces())
    assert list(islice(dataset, 30)) == faces()
    assert dataset[-20] == faces()[0]
    for row in (20, -21):
        with pytest.raises(IndexError):
            dataset[row]


def test_records_are_copies():
    dataset = coded([[1, 0], [0, 1]])
    dataset.get_data_info(0)['gt_aus'][:] = -1
    assert dataset.get_data_info(0)['gt_aus'].tolist() == [1, 0]


def test_a_column():
    dataset = GivenFaces(faces())
    assert dataset.column('frame').tolist() == [0, 1, 2, 3, 4] * 4
    assert dataset.column('subject')[12] == 'b'
    with pytest.raises(KeyError, match=r"GivenFaces has no 'activity', only img_path"):
        dataset.column('activity')


@pytest.mark.parametrize('records', [[], FrameTable({})])
def test_no_record_at_all(records):
    with pytest.raises(DataRootError, match='given holds no usable image'):
        len(GivenFaces(records))


def test_a_file_that_the_reader_misses_is_told_with_the_layout(tmp_path):
    class ReadFaces(GivenFaces):
        def load_frames(self):
            return (tmp_path / 'labels.csv').read_text()

    with pytest.raises(DataRootError, match=r'not in given: .*labels.csv is missing'):
        len(ReadFaces([]))


def test_subjects_without_a_frame_are_reported():
    dataset = GivenFaces(faces('ab'), subjects=('a', 'c', 'b', 'd'))
    dataset.full_init()
    assert dataset.report.lines() == [
        '2 subjects, 4 sequences, 20 frames',
        '2 subjects asked for but without a frame (such as c, d)',
    ]


@pytest.mark.parametrize('seed', range(6))
@pytest.mark.parametrize('every', [1, 2, 3, 7])
def test_every_nth_of_each_sequence_by_a_loop(seed, every):
    rng = np.random.default_rng(seed)
    records = [
        {'subject': subject, 'sequence': sequence, 'frame': frame}
        for subject in 'abc'
        for sequence in ('T1', 'T2', 'T3')
        for frame in range(rng.integers(0, 9))
    ]
    kept, place, previous = [], 0, None
    for record in records:
        here = record['subject'], record['sequence']
        place = place + 1 if here == previous else 0
        previous = here
        if place % every == 0:
            kept.append(record)
    dataset = GivenFaces(records, every=every)
    assert [dataset.get_data_info(row) for row in range(len(dataset))] == kept


@pytest.mark.parametrize('indices', [7, 0, 20, -4, [3, 1, 1], (5,), np.array([2, -1])])
def test_subsets_are_datasets(indices):
    if isinstance(indices, int):
        expected = faces()[:indices] if indices >= 0 else faces()[indices:]
    else:
        expected = [faces()[index] for index in indices]
    whole = GivenFaces(faces())
    part = whole.get_subset(indices)
    assert list(islice(part, 30)) == expected
    if expected:
        assert part.column('frame').tolist() == [face['frame'] for face in expected]
    assert len(whole) == 20
    whole.get_subset_(indices)
    assert list(islice(whole, 30)) == expected


@pytest.mark.parametrize('name', ['train', 'test'])
@pytest.mark.parametrize('kind', ['folder', 'file'])
def test_files_where_the_program_starts_do_not_matter(
    tmp_path, monkeypatch, name, kind
):
    (tmp_path / name).mkdir() if kind == 'folder' else (tmp_path / name).write_text('x')
    monkeypatch.chdir(tmp_path)
    dataset = BP4D('given', split=name, fold=1, lazy_init=True)
    assert dataset.metainfo['split'] == name


def test_the_layout_of_an_undocumented_dataset():
    assert 'GivenFaces' in GivenFaces.expected_layout('/data/mine')
    assert '/data/mine' in GivenFaces.expected_layout('/data/mine')


# --- class weights --------------------------------------------------------------------


def weights_by_loop(labels):
    """Return w_c = (1 / rate_c) / sum_k(1 / rate_k) * C, labels of -1 left out."""
    inverse = []
    for column in zip(*labels, strict=True):
        known = [label for label in column if label in (0, 1)]
        inverse.append(len(known) / known.count(1))
    return [value / sum(inverse) * len(inverse) for value in inverse]


@pytest.mark.parametrize('unknown', [0.0, 0.3])
@pytest.mark.parametrize('seed', range(5))
def test_weights_equal_a_loop(seed, unknown):
    rng = np.random.default_rng(seed)
    labels = (rng.random((300, 6)) < rng.uniform(0.05, 0.8, 6)).astype(int)
    labels[rng.random(labels.shape) < unknown] = -1
    weights = coded(labels).label_weights()
    np.testing.assert_allclose(weights, weights_by_loop(labels.tolist()))
    assert weights.mean() == pytest.approx(1)


def test_weights_are_inverse_to_rates():
    labels = np.zeros((100, 3), int)
    for column, positives in enumerate((5, 10, 40)):
        labels[:positives, column] = 1
    weights = coded(labels).label_weights()
    assert weights[0] / weights[1] == pytest.approx(2)
    assert weights[1] / weights[2] == pytest.approx(4)


def test_unknown_labels_do_not_lower_a_rate():
    known = np.array([[1, 1], [0, 0]] * 10)
    unknown = np.array([[-1, 1], [-1, 0]] * 10)
    weights = coded(np.concatenate([known, unknown])).label_weights()
    np.testing.assert_allclose(weights, [1, 1])


# Training parts 1+2, 1+3, 2+3, as ME-GraphAU publishes them.
PUBLISHED = np.array(
    [
        [1.342985, 1.689665, 1.248091, 0.561356, 0.433044, 0.435894],
        [0.457287, 0.541004, 1.408054, 0.722762, 1.493145, 1.666711],
        [1.191051, 1.337315, 1.246995, 0.558933, 0.468168, 0.418041],
        [0.440099, 0.581900, 1.670360, 0.774237, 1.586367, 1.726535],
        [1.132895, 1.519623, 1.308560, 0.552098, 0.507140, 0.443118],
        [0.474432, 0.535111, 1.496040, 0.749851, 1.582501, 1.698632],
    ]
).reshape(3, 12)
# Share of positives in the labels that FG-Net publishes of 146,423 frames.
BASE_RATES = np.array(
    [21.07, 17.03, 20.26, 46.09, 54.93, 59.38, 56.16, 46.61, 16.94, 34.38, 16.52, 15.15]
)


def labels_at(rates, count=20_000):
    """Return labels (count, C) of which a share ``rates`` is 1."""
    positives = np.round(rates * count)
    return (np.arange(count)[:, None] < positives).astype(np.int8)


def test_published_base_rates_give_the_published_weights():
    """Two sources: the whole set's weights are the mean of its three folds' weights."""
    weights = coded(labels_at(BASE_RATES / 100), BP4D_AUS).label_weights()
    np.testing.assert_allclose(weights, PUBLISHED.mean(axis=0), rtol=0.005)
    assert (weights > PUBLISHED.min(axis=0)).all()
    assert (weights < PUBLISHED.max(axis=0)).all()


@pytest.mark.parametrize('fold', range(3))
def test_rates_behind_published_weights_give_them_back(fold):
    rates = 0.2 / PUBLISHED[fold]  # up to a common factor, which normalisation removes
    weights = coded(labels_at(rates), BP4D_AUS).label_weights()
    np.testing.assert_allclose(weights, PUBLISHED[fold], rtol=1e-3)


@pytest.mark.parametrize('absent', [0, -1])
def test_a_unit_that_never_occurs_weighs_as_the_others_on_average(absent):
    labels = [[1, 0, absent], [1, 1, absent], [0, 0, absent], [0, 0, absent]]
    weights = coded(labels, ('AU1', 'AU2', 'AU4')).label_weights()
    np.testing.assert_allclose(weights, [2 / 3, 4 / 3, 1])


def test_where_nothing_occurs_all_weigh_alike():
    weights = coded([[0, -1], [0, 0]], ('AU1', 'AU2')).label_weights()
    np.testing.assert_array_equal(weights, [1, 1])


def expressive(labels):
    table = {'gt_expression': np.array(labels), **columns(len(labels))}
    return GivenFaces(FrameTable(table), {'expressions': ('calm', 'glad', 'sad')})


@pytest.mark.parametrize('unlabelled', [[], [-1, -1]])
def test_weights_of_expressions(unlabelled):
    weights = expressive([0, 0, 0, 0, 1, 2, 1, *unlabelled]).label_weights()
    inverse = np.array([1 / 4, 1 / 2, 1 / 1])
    np.testing.assert_allclose(weights, inverse / inverse.mean())


def test_an_expression_that_never_occurs_weighs_as_the_others_on_average():
    weights = expressive([0, 2, 2, -1]).label_weights()
    np.testing.assert_allclose(weights, [4 / 3, 1, 2 / 3])


def test_weights_need_labels():
    with pytest.raises(KeyError, match='gt_expression'):
        GivenFaces(faces()).label_weights()


# --- images that cannot be read -------------------------------------------------------


@pytest.fixture
def album(tmp_path):
    """Return a maker of datasets of images, of which those named are broken."""

    def make(count, broken, **arguments):
        records = []
        for number in range(count):
            path = tmp_path / f'{number}.png'
            cv2.imwrite(str(path), np.full((6, 6, 3), 10 * number, np.uint8))
            if number in broken:
                path.write_bytes(b'')
            records.append(
                {
                    'img_path': str(path),
                    'subject': 'F001',
                    'sequence': 'T1',
                    'frame': number,
                }
            )
        pipeline = [LoadFace(size=4), PackFace()]
        return GivenFaces(records, pipeline=pipeline, **arguments)

    return make


@pytest.mark.parametrize(
    ('index', 'broken', 'stands_in'),
    [(1, {1}, 2), (1, {1, 2, 3}, 4), (4, {4}, 0), (3, {3, 4, 0}, 1), (-1, {4}, 0)],
)
def test_in_training_the_next_readable_image_stands_in(album, index, broken, stands_in):
    dataset = album(5, broken)
    item = dataset[index]
    sample = item['data_samples']
    assert sample.frame == stands_in
    assert (item['inputs'] == 10 * stands_in).all()
    path = dataset.get_data_info(index)['img_path']
    assert sample.broken_path.startswith(path)  # the image that was asked for
    assert '0 bytes' in sample.broken_path


def test_readable_images_stand_for_themselves(album):
    dataset = album(5, {1})
    for index in (0, 2, 3, 4):
        sample = dataset[index]['data_samples']
        assert (sample.frame, sample.broken_path) == (index, '')


def test_in_a_test_a_broken_image_is_an_error(album):
    dataset = album(5, {1}, test_mode=True)
    assert dataset[0]['data_samples'].frame == 0
    path = dataset.get_data_info(1)['img_path']
    with pytest.raises(BrokenImageError, match=re.escape(path)):
        dataset[1]


def test_ten_broken_images_in_a_row_are_an_error(album):
    dataset = album(13, set(range(1, 11)))
    assert dataset[2]['data_samples'].frame == 11  # nine in a row
    path = dataset.get_data_info(1)['img_path']
    with pytest.raises(BrokenImageError, match='ten broken .*' + re.escape(path)):
        dataset[1]


def test_other_failures_are_not_hidden():
    def fail(record):
        raise RuntimeError('a transform is wrong')

    with pytest.raises(RuntimeError, match='a transform is wrong'):
        GivenFaces(faces(), pipeline=[fail])[0]
