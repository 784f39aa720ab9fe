"""write_contact_sheet: an image a person can check."""

import cv2
import pytest

from clef_mm.datasets.synthetic.contact_sheet import write_contact_sheet


def test_the_sheet_is_small_and_shows_all_blocks(tmp_path):
    path = tmp_path / 'new' / 'sheet.png'
    write_contact_sheet(path)
    assert path.stat().st_size < 400_000
    height, width, _ = cv2.imread(str(path)).shape
    assert width == 18 * 96  # the neutral face and 17 action units
    assert height > 8 * 96


def test_an_unknown_image_type_is_refused(tmp_path):
    with pytest.raises((OSError, cv2.error)):
        write_contact_sheet(tmp_path / 'sheet.xyz')
