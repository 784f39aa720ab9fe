"""contact_sheet: images a person can check."""

import cv2
import numpy as np
import pytest

from clef_mm.datasets.synthetic.contact_sheet import (
    write_contact_sheet,
    write_expression_sheet,
)


def test_the_sheet_is_small_and_shows_all_blocks(tmp_path):
    path = tmp_path / 'new' / 'sheet.png'
    write_contact_sheet(path)
    assert path.stat().st_size < 400_000
    height, width, _ = cv2.imread(str(path)).shape
    assert width == 18 * 96  # the neutral face and 17 action units
    assert height > 8 * 96


def test_the_sheet_of_expressions_has_a_column_for_each(tmp_path):
    path = tmp_path / 'new' / 'sheet.png'
    write_expression_sheet(path)
    assert path.stat().st_size < 400_000
    image = cv2.imread(str(path))
    assert image.shape[1] == 8 * 128
    columns = np.split(image[60:], 8, axis=1)
    assert all(column.std() > 30 for column in columns)


def test_an_unknown_image_type_is_refused(tmp_path):
    with pytest.raises((OSError, cv2.error)):
        write_contact_sheet(tmp_path / 'sheet.xyz')
