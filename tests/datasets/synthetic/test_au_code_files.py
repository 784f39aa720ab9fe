"""au_code_files: tables of AU codes."""

import numpy as np

from clef_mm.datasets.synthetic.action_units import AU_NUMBERS
from clef_mm.datasets.synthetic.au_code_files import (
    draw_unknown,
    write_intensity,
    write_occurrence,
)


def test_units_have_columns_where_the_header_says(tmp_path):
    codes = np.zeros((2, len(AU_NUMBERS)), int)
    codes[0, AU_NUMBERS.index(12)] = 1
    codes[1, AU_NUMBERS.index(4)] = 9
    path = tmp_path / 'new' / 'F001_T1.csv'
    write_occurrence(path, np.array([7, 8]), codes, (3, 4, 12))
    assert path.read_text() == '0,3,4,12\n7,9,0,1\n8,9,9,0\n'


def test_intensities_have_no_header(tmp_path):
    path = tmp_path / 'new' / 'F001_T1_AU06.csv'
    write_intensity(path, np.array([7, 8]), np.array([5, 9]))
    assert path.read_text() == '7,5\n8,9\n'


def test_unknown_codes_come_in_stretches_of_a_few_sequences():
    rng = np.random.default_rng(0)
    masks = np.stack([draw_unknown(rng, 50, (4, 12)) for _ in range(2000)])
    chosen = [AU_NUMBERS.index(number) for number in (4, 12)]
    assert not np.delete(masks, chosen, axis=2).any()
    stretches = masks[:, :, chosen].transpose(0, 2, 1).reshape(-1, 50)
    stretches = stretches[stretches.any(axis=1)]
    assert 0.02 < len(stretches) / 4000 < 0.04
    assert stretches.sum(axis=1).max() == 6  # 12 % of 50, fewer at the end
    starts = np.diff(stretches.astype(int), axis=1, prepend=0) == 1
    assert (starts.sum(axis=1) == 1).all()
