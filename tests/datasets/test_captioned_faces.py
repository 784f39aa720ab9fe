"""Captioned faces: the table on disk, and what is said about a face."""

import re

import numpy as np
import pytest

from clef_mm.datasets import CaptionedFaces
from clef_mm.datasets.face_dataset import DataRootError
from clef_mm.datasets.reading.label_rows import LabelFileError
from clef_mm.datasets.synthetic import Identity, write_captioned_faces
from clef_mm.datasets.synthetic.action_units import ACTION_UNITS
from clef_mm.datasets.synthetic.captions import MOOD_SHARE, write_caption
from clef_mm.datasets.transforms import LoadFace, PackFace
from clef_mm.prompts import load_bank

SMALL = {'n_images': 70, 'size': 32}


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp('captioned') / 'tree'
    assert write_captioned_faces(root, **SMALL, workers=1) == 70
    return root


def test_every_picture_has_its_caption(tree):
    dataset = CaptionedFaces(tree, split='train', pipeline=[LoadFace(24), PackFace()])
    assert len(dataset) == 70
    item = dataset[3]
    assert item['inputs'].shape == (24, 24, 3)
    assert item['data_samples'].caption in (tree / 'captions.csv').read_text()
    assert dataset.people() == {'synthetic captioned faces/train'}
    assert dataset.metainfo['synthetic']


def test_workers_change_nothing(tree, tmp_path):
    write_captioned_faces(tmp_path / 'again', **SMALL, workers=2)
    for name in ('captions.csv', 'images/000001.jpg', 'images/000070.jpg'):
        assert (tree / name).read_bytes() == (tmp_path / 'again' / name).read_bytes()


@pytest.mark.parametrize(
    ('content', 'message'),
    [(None, 'make_synthetic.py captioned_faces'), ('a,b\n1,2\n', 'columns file,cap')],
)
def test_a_table_that_is_missing_or_another(tmp_path, content, message):
    if content:
        (tmp_path / 'captions.csv').write_text(content)
    with pytest.raises(DataRootError, match=message):
        CaptionedFaces(tmp_path)


@pytest.mark.parametrize('row', ['a.jpg', 'a.jpg,', ',a face', 'a.jpg,a face, sad'])
def test_a_row_that_is_not_a_file_and_a_caption(tmp_path, row):
    table = f'file,caption\nb.jpg,"a face, glad"\n{row}\n'
    (tmp_path / 'captions.csv').write_text(table)
    with pytest.raises(LabelFileError, match=r'captions\.csv line 3: expected a file'):
        CaptionedFaces(tmp_path)


def test_a_table_written_by_a_spreadsheet(tmp_path):
    table = 'file,caption\na.jpg,a caf\xe9\n'
    for encoding in ('utf-8-sig', 'latin-1'):
        (tmp_path / 'captions.csv').write_text(table, encoding=encoding)
        caption = CaptionedFaces(tmp_path).get_data_info(0)['caption']
        assert caption.startswith('a caf')


def test_captions_speak_of_looks_and_never_of_action_units():
    rng = np.random.default_rng(0)
    captions = [
        write_caption(rng, Identity.draw(rng), 'happiness') for _ in range(2_000)
    ]
    moods = [re.search('smiling|laughing|happy', caption) for caption in captions]
    share = sum(mood is not None for mood in moods) / len(captions)
    assert share == pytest.approx(MOOD_SHARE, abs=0.03)
    bank = load_bank('action_units')
    names = [
        text.removeprefix('a photo of a person with ') for text in bank.texts('name')
    ]
    assert len(ACTION_UNITS) >= 12
    assert not [c for c in captions if re.search(r'\bAU\d', c)]
    assert not [c for c in captions for name in names if name in c]
    # Words of face parts are what makes the names readable.
    said = ' '.join(captions)
    for word in ('brow', 'lip', 'nose', 'cheek', 'chin', 'eyelid', 'mouth'):
        assert word in said


def test_an_unknown_expression():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match='choose from neutral'):
        write_caption(rng, Identity.draw(rng), 'boredom')
