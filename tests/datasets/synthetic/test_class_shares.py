"""class_shares: small stand-ins with the official shares of classes."""

from collections import Counter

import numpy as np
import pytest

from clef_mm.datasets.synthetic.class_shares import allot, deal
from clef_mm.datasets.synthetic.rafdb_layout import RAFDB_COUNTS
from clef_mm.datasets.synthetic.setting_checks import SyntheticSettingError

OFFICIAL = {'usual': 900, 'rare': 90, 'rarest': 10}


@pytest.mark.parametrize('total', [6, 7, 13, 100, 999, 5000])
def test_counts_add_up_and_no_class_is_empty(total):
    counts = allot('n', total, OFFICIAL)
    assert sum(counts.values()) == total
    assert list(counts) == list(OFFICIAL)
    assert min(counts.values()) >= 2
    assert counts['usual'] >= counts['rare'] >= counts['rarest']


def test_a_large_stand_in_has_the_official_shares():
    assert allot('n', 1000, OFFICIAL) == OFFICIAL
    assert allot('n', 12_271, RAFDB_COUNTS['train']) == RAFDB_COUNTS['train']


def test_a_small_one_has_them_but_for_the_rarest():
    counts = allot('n', 200, OFFICIAL)
    assert counts['rarest'] == 2
    assert counts['usual'] / counts['rare'] == pytest.approx(10, rel=0.15)


def test_too_few_images_are_refused():
    with pytest.raises(SyntheticSettingError, match=r'n_train: 5.*6 or more'):
        allot('n_train', 5, OFFICIAL)


def test_dealing_shuffles_and_loses_nothing():
    counts = {'a': 30, 'b': 20}
    dealt = deal(np.random.default_rng(0), counts)
    assert Counter(dealt) == counts
    assert dealt != sorted(dealt)
    assert dealt == deal(np.random.default_rng(0), counts)
    assert dealt != deal(np.random.default_rng(1), counts)
