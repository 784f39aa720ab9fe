"""The nearest name, for messages."""

import pytest

from clef_mm.errors import nearest


@pytest.mark.parametrize(
    ('name', 'names', 'expected'),
    [
        ('AU13', ('AU12', 'smile'), "; did you mean 'AU12'?"),
        ('zzz', ('AU12', 'smile'), ''),
        ('smile', (), ''),
        (7, ('AU12', 'smile'), ''),
        (None, ('AU12', 'none'), "; did you mean 'none'?"),
        ('smle', iter(['AU12', 'smile', 'mile']), "; did you mean 'smile'?"),
    ],
)
def test_nearest_is_named_if_one_is_near(name, names, expected):
    assert nearest(name, names) == expected
