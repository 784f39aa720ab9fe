"""The contact sheet: the pixels a network is given, and words that fit below them."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from clef_mm.engine import Runner
from clef_mm.engine.browse import browse, captions, first_images
from clef_mm.engine.config import ConfigError
from clef_mm.engine.contact_sheet import Entry, draw_contact_sheet
from clef_mm.structures import FaceSample

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(('stage', 'views'), [('pretrain', 2), ('finetune', 1)])
def test_training_images_are_those_of_the_first_step(stage, views, demo_config):
    """Compared with what a run hands to its image encoder."""
    config = demo_config(stage, **{'randomness.seed': 3, 'train_cfg.max_epochs': 1})
    seen = first_images(config, 'train', 8, seed=3)
    assert seen.views.shape == (8, views, 32, 32, 3)

    given = []
    runner = Runner.from_cfg(config)
    preprocessor = runner.model.data_preprocessor
    whole = preprocessor.forward

    def spy(data, training=False):
        out = whole(data, training)
        if training:
            given.append((out['inputs'].clone(), out['data_samples']))
        return out

    preprocessor.forward = spy
    runner.train()
    inputs, samples = given[0]
    images = inputs * preprocessor.std + preprocessor.mean
    pixels = (images * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
    batch = len(samples)
    for view in range(views):
        np.testing.assert_array_equal(
            seen.views[:, view], pixels[view * batch : view * batch + 8]
        )
    assert [s.name for s in seen.samples] == [s.name for s in samples[:8]]


def test_test_images_are_not_augmented(demo_config):
    config = demo_config('finetune')
    first, second = (first_images(config, 'test', 5, seed=seed) for seed in (0, 1))
    np.testing.assert_array_equal(first.views, second.views)
    for views, sample in zip(first.views, first.samples, strict=True):
        image = cv2.cvtColor(cv2.imread(sample.img_path), cv2.COLOR_BGR2RGB)
        np.testing.assert_allclose(views[0].astype(int), image.astype(int), atol=1)


def test_neither_weights_nor_other_splits_are_needed(demo_config):
    config = demo_config('finetune')
    config.model.weights = 'not/there.pth'
    config.test_dataloader.dataset.data_root = 'not/there'
    assert len(first_images(config, 'train', 3, seed=0).samples) == 3
    assert config.model.weights == 'not/there.pth'


@pytest.mark.parametrize(
    ('split', 'count', 'message'),
    [
        ('dev', 3, "no split 'dev'; it has train, val, test"),
        ('train', 0, 'count must be from 1'),
        ('train', 501, 'count must be from 1 to 500'),
    ],
)
def test_wrong_questions(split, count, message, demo_config):
    with pytest.raises(ConfigError, match=message):
        first_images(demo_config('finetune'), split, count, seed=0)


META = {
    'activities': ('T1', 'T2'),
    'au_names': ('AU1', 'AU2', 'AU4'),
}


@pytest.mark.parametrize(
    ('sample', 'lines'),
    [
        (
            FaceSample(activity=1, gt_aus=np.array([1, 0, -1])),
            ['activity T2', 'AU1 AU4?'],
        ),
        (
            FaceSample(activity=-1, gt_aus=np.array([0, 0, 0])),
            ['activity ?', 'no AU'],
        ),
        (
            FaceSample(activity=0, gt_aus=np.array([-1, -1, -1])),
            ['activity T1', 'AUs not coded'],
        ),
    ],
)
def test_captions(sample, lines):
    assert captions(sample, META) == lines


def test_caption_of_an_expression():
    sample = FaceSample(gt_expression=1)
    meta = {'expressions': ('neutral', 'anger')}
    assert captions(sample, meta) == ['expression anger']


def test_sheet_shows_every_pixel(tmp_path):
    rng = np.random.default_rng(0)
    entries = [
        Entry(rng.integers(0, 256, (2, 44, 44, 3), np.uint8), f'F00{n}/T1/1', ['AU1'])
        for n in range(5)
    ]
    path = draw_contact_sheet(tmp_path / 'a/sheet.png', entries, 'Title', ['$x_1$'])
    sheet = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    for entry in entries:
        for view in entry.views:
            tile = view.repeat(4, axis=0).repeat(4, axis=1)
            match = cv2.matchTemplate(sheet, tile, cv2.TM_SQDIFF)
            row, column = np.unravel_index(match.argmin(), match.shape)
            np.testing.assert_array_equal(
                sheet[row : row + 176, column : column + 176], tile
            )


def test_words_stay_below_their_image(tmp_path):
    """Long lists and long names wrap: nothing is written between two columns."""
    black = np.zeros((1, 44, 44, 3), np.uint8)
    units = ' '.join(f'AU{number}' for number in range(1, 30))
    name = 'images/a_file_name_that_is_longer_than_its_picture_0123456789.jpg'
    entries = [Entry(black, name, [units, 'activity T1'])] * 4
    path = draw_contact_sheet(tmp_path / 'sheet.png', entries, 'Title', ['subtitle'])
    sheet = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    dark = sheet == 0
    top = int(np.flatnonzero(dark.sum(axis=1) >= 4 * 176)[0])
    below = sheet[top:]
    pictures = np.flatnonzero(below[0] == 0)
    between = np.setdiff1d(np.arange(sheet.shape[1]), pictures)
    assert len(pictures) == 4 * 176
    assert (below[:, between] == 255).all()
    written = (below[176:, pictures] < 255).any(axis=1)
    lines = np.count_nonzero(np.diff(written.astype(int)) == 1)
    assert lines >= 8  # names of 3 lines, lists of 6, the activity


def test_less_than_a_batch_is_refused(demo_config):
    config = demo_config('finetune', **{'train_dataloader.batch_size': 10_000})
    with pytest.raises(ConfigError, match=r'not one batch of 10000'):
        first_images(config, 'train', 3, seed=0)


@pytest.mark.slow
def test_command(synthetic_bp4d, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            ROOT / 'tools/dataset_tools/browse.py',
            ROOT / 'configs/demo/clef_pretrain_tiny_bp4d_fold1.py',
            '--data-root',
            synthetic_bp4d,
            '--count',
            '4',
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert 'written: work_dirs/browse/clef_pretrain_tiny_bp4d_fold1.png' in done.stdout
    assert (tmp_path / 'work_dirs/browse/clef_pretrain_tiny_bp4d_fold1.png').is_file()


def test_not_a_png(tmp_path):
    with pytest.raises(ConfigError, match=r'does not end in \.png'):
        browse('configs/demo/clef_tiny_bp4d_fold1.py', out=str(tmp_path / 'sheet.jpg'))
