"""A share of the labels: its size, its shape, and that it is the same every time."""

import numpy as np
import pytest

from clef_mm.datasets.frame_table import FrameTable
from clef_mm.datasets.label_share import draw_share


def table(subjects=10, sequences=8, frames=50):
    return FrameTable.of(
        [
            dict(
                img_path=f'{s}/{q}/{f}.jpg',
                subject=f'F{s:03d}',
                sequence=f'T{q}',
                frame=f,
            )
            for s in range(subjects)
            for q in range(sequences)
            for f in range(frames)
        ]
    )


@pytest.mark.parametrize('share', [0.01, 0.1, 0.25, 1.0])
def test_as_many_frames_as_asked_for(share):
    frames = table()
    assert draw_share(frames, share, 0).mean() == pytest.approx(share, rel=0.05)


def test_each_recording_gives_one_stretch_or_nothing():
    chosen = draw_share(table(), 0.25, 3).reshape(80, 50)
    given = chosen[chosen.any(axis=1)]
    assert len(given) == 40
    assert (given.sum(axis=1) == 25).all()
    # A stretch has one beginning.
    starts = np.diff(given.astype(int), axis=1, prepend=0) == 1
    assert (starts.sum(axis=1) == 1).all()


def test_a_seed_decides_it():
    frames = table()
    first = draw_share(frames, 0.1, 0)
    assert (first == draw_share(frames, 0.1, 0)).all()
    assert (first != draw_share(frames, 0.1, 1)).any()


def photographs(count=1000):
    return FrameTable.of(
        [
            dict(img_path=f'{n}.jpg', subject='train', sequence='', frame=n)
            for n in range(count)
        ]
    )


@pytest.mark.parametrize('share', [0.01, 0.1, 0.25, 1.0])
def test_of_photographs_single_images_are_drawn(share):
    chosen = draw_share(photographs(), share, 0, of_people=False)
    assert chosen.sum() == 1000 * share
    if share < 1:  # anywhere: files are often sorted by class
        rows = np.flatnonzero(chosen)
        assert rows[0] < 200
        assert rows[-1] > 800


def test_something_always_remains():
    assert draw_share(table(2, 1, 3), 0.001, 0).sum() == 1
