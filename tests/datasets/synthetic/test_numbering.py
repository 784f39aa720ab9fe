"""numbering: lengths and frame numbers of partly coded recordings."""

import numpy as np
import pytest

from clef_mm.datasets.synthetic.numbering import Lengths, Numbering


@pytest.mark.parametrize('mean', [1, 20, 400])
def test_lengths_vary_around_the_mean(mean):
    rng = np.random.default_rng(0)
    drawn = [Lengths.draw(rng, mean) for _ in range(500)]
    coded = np.array([lengths.coded for lengths in drawn])
    assert coded.min() >= max(1, round(0.85 * mean))
    assert coded.max() <= round(1.15 * mean)
    assert abs(coded.mean() - mean) <= 0.02 * mean
    for uncoded in ([x.before for x in drawn], [x.after for x in drawn]):
        assert set(uncoded) == {2, 3, 4, 5, 6}


def test_numbers_of_the_coded_segment_are_those_at_its_positions():
    numbering = Numbering(10, Lengths(before=2, coded=3, after=4))
    assert numbering.lengths.total == 9
    assert numbering.numbers.tolist() == list(range(10, 19))
    assert numbering.coded_numbers.tolist() == [12, 13, 14]
    assert list(range(9))[numbering.coded_positions] == [2, 3, 4]
