"""The pictures: what they show, measured in pixels and in what matplotlib holds."""

import sys

import cv2
import numpy as np
import pytest

from clef_mm.evaluation import plot_confusion, plot_fold_spread, plot_per_au_f1
from clef_mm.evaluation.plots import canvas, plot_per_class_recall
from clef_mm.evaluation.plots.of_summary import plot_summary
from clef_mm.evaluation.published import read_table
from clef_mm.evaluation.summary import Summary

F1 = {'AU1': 0.5, 'AU2': 0.0, 'AU12': 1.0, 'mean': 0.5}
LONG = 'SYNTHETIC DATA: the images are generated; this is not a result on BP4D.'


@pytest.fixture
def drawn(monkeypatch):
    """The axes of every picture that is saved."""
    kept = []
    save = canvas.save

    def keep(axes, path):
        kept.append(axes)
        return save(axes, path)

    for module in ('bars', 'confusion', 'fold_spread'):
        name = f'clef_mm.evaluation.plots.{module}'
        monkeypatch.setattr(sys.modules[name], 'save', keep)
    return kept


def texts(axes):
    ticks = [label.get_text() for label in axes.get_xticklabels()]
    return [' '.join(text.get_text().split()) for text in axes.texts] + ticks


def pixels(picture, color):
    """Where a picture (BGR) has an RGB colour."""
    wanted = np.array([int(color[i : i + 2], 16) for i in (5, 3, 1)], float)
    return np.all(np.abs(picture - wanted) < 3, axis=2)


def test_bars_are_as_high_as_their_scores(tmp_path):
    path = plot_per_au_f1(tmp_path / 'new' / 'f1.png', F1, 'BP4D, test', 'one\ntwo')
    picture = cv2.imread(str(path))
    assert picture.shape[0] > 400
    assert picture.shape[1] > 600
    heights = pixels(picture, canvas.BLUE).sum(axis=0)
    left, right = np.split(heights, 2)
    assert right.max() == pytest.approx(2 * left.max(), rel=0.03)


def test_published_bars_stand_beside_ours(tmp_path):
    published = {'AU1': 1.0, 'AU2': 0.5}
    path = plot_per_au_f1(tmp_path / 'f1.png', F1, 'title', published=published)
    picture = cv2.imread(str(path))
    # Below the names the key has a patch of each colour; bars are wide enough to tell.
    grey, blue = (
        pixels(picture, c)[:500].sum(axis=0) for c in (canvas.GREY, '#4c78a8')
    )
    assert grey.max() == pytest.approx(blue.max(), rel=0.03)
    alone = cv2.imread(str(plot_per_au_f1(tmp_path / 'alone.png', F1, 'title')))
    assert not pixels(alone, canvas.GREY).any()
    assert picture.shape[1] >= alone.shape[1]


def test_the_mean_of_the_bars_is_drawn_if_none_is_given(tmp_path):
    bars = {name: f1 for name, f1 in F1.items() if name != 'mean'}
    given = plot_per_au_f1(tmp_path / 'given.png', F1, 'title').read_bytes()
    assert plot_per_au_f1(tmp_path / 'own.png', bars, 'title').read_bytes() == given
    other = plot_per_au_f1(tmp_path / 'other.png', {**bars, 'mean': 0.3}, 'title')
    assert other.read_bytes() != given


def test_whiskers_reach_from_end_to_end(tmp_path, drawn):
    ends = {'AU1': (0.42, 0.61), 'AU12': (0.7, 0.9), 'mean': (0.1, 0.2)}
    plot_per_au_f1(tmp_path / 'f1.png', F1, 'title', intervals=ends)
    (axes,) = drawn
    bars = [c for c in axes.containers if hasattr(c, 'has_yerr')]
    spans = [bar.lines[2][0].get_segments()[0][:, 1] for bar in bars]
    assert [tuple(np.round(span, 6)) for span in spans] == [(42, 61), (70, 90)]


@pytest.mark.parametrize('ends', [None, (0.02, 0.16)])
def test_the_number_of_a_low_bar_stands_over_bar_and_whisker(tmp_path, drawn, ends):
    intervals = None if ends is None else {'AU2': ends}
    plot_per_au_f1(tmp_path / 'f1.png', {**F1, 'AU2': 0.04}, 't', intervals=intervals)
    (number,) = (text for text in drawn[0].texts if text.get_text() == '4.0')
    assert number.get_position()[1] > 100 * (ends[1] if ends else 0.04)
    high = next(text for text in drawn[0].texts if text.get_text() == '50.0')
    assert high.get_position()[1] < 10


def test_pictures_leave_pyplot_alone(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, 'matplotlib.pyplot', raising=False)
    plot_per_au_f1(tmp_path / 'f1.png', F1, 'title', published={'AU1': 0.3})
    plot_confusion(tmp_path / 'c.png', np.eye(2), ('a', 'b'), 'title')
    plot_fold_spread(tmp_path / 's.png', {'AU1': {'1': [0.1], '2': [0.3]}}, 'title')
    assert 'matplotlib.pyplot' not in sys.modules


@pytest.mark.parametrize('scores', [{}, {'mean': 0.5}, {'AU1': 50.0}, {'AU1': -0.1}])
def test_what_is_no_f1_is_refused(tmp_path, scores):
    with pytest.raises(ValueError, match='F1 scores'):
        plot_per_au_f1(tmp_path / 'f1.png', scores, 'title')


@pytest.mark.parametrize('recalls', [{}, {'fear': 1.1}, {'fear': float('nan')}])
def test_what_is_no_recall_is_refused(tmp_path, recalls):
    with pytest.raises(ValueError, match='expected recalls'):
        plot_per_class_recall(tmp_path / 'r.png', recalls, 'title')


def test_subtitles_are_not_cut_off(tmp_path, drawn):
    plot_per_au_f1(tmp_path / 'f1.png', F1, 'BP4D, test', f'{LONG} {LONG}\n{LONG}')
    plot_confusion(tmp_path / 'c.png', np.eye(2), ('a', 'b'), 'title', LONG)
    plot_fold_spread(tmp_path / 's.png', {'AU1': {'1': [0.1]}}, 'title', LONG * 3)
    for axes in drawn:
        figure = axes.figure
        figure.canvas.draw()
        subtitle = next(text for text in axes.texts if 'SYNTHETIC' in text.get_text())
        for words in (subtitle, axes._left_title):
            box = words.get_window_extent()
            assert box.x0 >= 0
            assert box.x1 <= figure.bbox.width
            assert box.y1 <= figure.bbox.height
        assert not subtitle.get_window_extent().overlaps(
            axes._left_title.get_window_extent()
        )
        assert subtitle.get_window_extent().y0 >= axes.get_window_extent().y1


def test_confusion_shows_percent_of_each_true_class(tmp_path, drawn):
    counts = [[3, 1, 0], [0, 0, 0], [5, 0, 15]]
    path = plot_confusion(tmp_path / 'c.png', counts, ('joy', 'fear', 'rage'), 'title')
    shown = texts(drawn[0])
    assert [shown.count(text) for text in ('75.0', '25.0', '25.0', '75.0')] == [2] * 4
    assert {'3', '1', '5', '15'} <= set(shown)
    assert shown.count('0') == 2  # none in the row of a class without images
    rows = [label.get_text() for label in drawn[0].get_yticklabels()]
    assert rows == ['joy\n4', 'fear\n0', 'rage\n20']
    shade = drawn[0].images[0].get_array()
    assert shade[0, 0] == pytest.approx(75)
    assert np.ma.getmaskarray(np.ma.masked_invalid(shade))[1].all()
    assert cv2.imread(str(path)).shape[0] > 600


@pytest.mark.parametrize(
    ('counts', 'names'),
    [
        (np.ones((2, 3)), ('a', 'b')),
        (np.eye(2), ('a', 'b', 'c')),
        (np.array([[1, -1], [0, 1]]), ('a', 'b')),
        (np.zeros((0, 0)), ()),
    ],
)
def test_what_is_no_confusion_matrix_is_refused(tmp_path, counts, names):
    with pytest.raises(ValueError, match='expected counts of shape'):
        plot_confusion(tmp_path / 'c.png', counts, names, 'title')


def test_every_fold_is_a_dot_and_their_mean_a_line(tmp_path, drawn):
    folds = {
        'AU1': {'1': [0.2, 0.4], '2': [0.9, 0.9]},
        'AU2': {'1': [None, 0.5], '2': []},
        'AU4': {'1': [None, None], '2': [None, None]},
    }
    plot_fold_spread(tmp_path / 's.png', folds, 'title')
    (axes,) = drawn
    dots = [
        tuple(np.round(c.get_offsets()[:, 1], 6))
        for c in axes.collections
        if hasattr(c, 'get_sizes') and len(c.get_offsets())
    ]
    assert [dot for dot in dots if dot] == [(20, 40), (90, 90), (50,)]
    lines = [c.get_segments()[0][0, 1] for c in axes.collections if _is_line(c)]
    assert lines == pytest.approx([60, 50])  # folds weigh alike: (30 + 90) / 2
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert names == ['AU1\n60.0', 'AU2\n50.0', 'AU4']


def _is_line(collection):
    return hasattr(collection, 'get_segments')


@pytest.mark.parametrize(
    'folds', [{}, {'AU1': {}}, {'AU1': {'1': [None]}}, {'AU1': {'1': [50.0]}}]
)
def test_folds_without_scores_are_refused(tmp_path, folds):
    with pytest.raises(ValueError, match='expected scores in'):
        plot_fold_spread(tmp_path / 's.png', folds, 'title')


def summary(measure='f1', folds=(1, 2), **changes):
    of_units = measure == 'f1'
    prefix = 'au_f1/' if of_units else 'expression/recall/'
    names = ('AU1', 'AU2') if of_units else ('fear', 'anger')
    metric = {
        **{'mean': 0.5, 'std': None, 'interval': [0.4, 0.6], 'pooled': 0.5},
        'folds': {str(fold): [0.5] for fold in folds},
    }
    fields = {
        **{'name': 'CLEF', 'table': None, 'recipe': None, 'measure': measure},
        **{'dataset': 'BP4D', 'folds': list(folds), 'seeds': [0]},
        'metrics': {f'{prefix}{name}': metric for name in names},
        'protocol': {'dataset': 'BP4D', 'split': 'test', 'epoch_rule': 'last'},
        **{'oracle': [], 'notice': None},
    }
    return Summary(**{**fields, **changes})


@pytest.mark.parametrize(
    ('given', 'files'),
    [
        (summary(), ['per_au_f1.png', 'fold_spread.png']),
        (summary(folds=[1]), ['per_au_f1.png']),
        (summary('accuracy', folds=[1]), ['per_class_recall.png']),
        (summary('accuracy'), ['per_class_recall.png', 'fold_spread.png']),
        (summary(metrics={'au_auc/mean': {'mean': 0.9}}), []),
    ],
)
def test_pictures_of_a_summary(tmp_path, given, files):
    assert plot_summary(given, tmp_path) == [tmp_path / name for name in files]
    assert all((tmp_path / name).stat().st_size > 5000 for name in files)


@pytest.mark.parametrize(
    ('changes', 'words', 'beside'),
    [
        ({}, 'whiskers: 95 % interval, subjects resampled', True),
        ({'notice': LONG}, LONG, False),
        ({'oracle': ['peeked']}, 'ORACLE, not comparable: peeked.', False),
    ],
)
def test_pictures_say_what_flatters_and_compare_only_what_may_be(
    tmp_path, drawn, changes, words, beside
):
    plot_summary(summary(**changes), tmp_path, {'AU1': 0.7, 'AU2': 0.6})
    bars, spread = drawn
    assert any(words in text for text in texts(bars))
    if changes:
        assert any(words in text for text in texts(spread))
    assert ('70.0' in texts(bars)) == beside


def test_a_published_row_can_be_drawn(tmp_path):
    row = read_table('table2').rows[-1]
    scores = {name: value / 100 for name, value in row.values.items() if name != 'Avg'}
    path = plot_per_au_f1(tmp_path / 'f1.png', scores, 'CLEF as published')
    assert cv2.imread(str(path)).shape[1] > 1200
