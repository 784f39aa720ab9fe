import numpy as np
import pytest

from clef_mm.datasets import Categories, FrameTable
from clef_mm.datasets.folds import SplitError
from clef_mm.datasets.held_out_images import HELD_OUT, hold_out_images


def table(classes, parts):
    return FrameTable(
        {
            'subject': Categories.of(parts),
            'gt_expression': np.array(classes),
            'frame': np.arange(len(classes)),
        }
    )


def test_each_class_gives_its_share():
    rng = np.random.default_rng(0)
    classes = rng.choice(4, 2000, p=[0.5, 0.3, 0.15, 0.05])
    parts = np.where(np.arange(2000) % 4 == 3, 'test', 'train')
    frames = hold_out_images(table(classes, parts), 300, ['train'])
    held = frames.columns['subject'].isin([HELD_OUT])
    assert held.sum() == 300
    assert not held[parts == 'test'].any()
    train = parts == 'train'
    shares = np.bincount(classes[train]) * 300 / train.sum()
    np.testing.assert_allclose(np.bincount(classes[held]), shares, atol=1)
    # The rest stays where it was, and so do all other columns.
    kept = [part for part, out in zip(parts, held, strict=True) if not out]
    assert [frames[i]['subject'] for i in np.flatnonzero(~held)] == kept
    assert frames.columns['frame'].tolist() == list(range(2000))


def test_always_the_same_ones():
    classes = np.arange(50) % 7
    first, second = (
        hold_out_images(table(classes, ['train'] * 50), 9, ['train']) for _ in range(2)
    )
    np.testing.assert_array_equal(
        first.columns['subject'].codes, second.columns['subject'].codes
    )


@pytest.mark.parametrize('count', [5, 6, 100])
def test_too_many(count):
    with pytest.raises(SplitError, match=f'cannot hold out {count} of 5'):
        hold_out_images(table([0] * 5, ['train'] * 5), count, ['train'])


def test_an_image_more_or_less_changes_nothing_for_the_others():
    rng = np.random.default_rng(1)
    classes = rng.choice(7, 5000)
    whole = hold_out_images(table(classes, ['train'] * 5000), 600, ['train'])
    fewer = table(classes, ['train'] * 5000).take(np.arange(5000) != 17)
    fewer = hold_out_images(fewer, 600, ['train'])
    held = [
        {r['frame'] for r in frames if r['subject'] == HELD_OUT}
        for frames in (whole, fewer)
    ]
    assert len(held[0] & held[1]) >= 595
