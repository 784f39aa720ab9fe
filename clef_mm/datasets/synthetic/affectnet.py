"""Writes photographs of the synthetic world in the layouts of AffectNet's two releases.

The first release, 'csv', has larger photographs with face boxes and landmarks in two
tables; the one of 2021, 'npy', has cropped faces and a file for every number.
"""

from __future__ import annotations

from pathlib import Path

from clef_mm.datasets.synthetic.affectnet_csv import write_csv_release
from clef_mm.datasets.synthetic.affectnet_layout import (
    AFFECTNET_LABELS,
    AFFECTNET_TRAIN_COUNTS,
)
from clef_mm.datasets.synthetic.affectnet_npy import write_npy_release
from clef_mm.datasets.synthetic.class_shares import LEAST, allot, deal
from clef_mm.datasets.synthetic.expressions import EXPRESSIONS
from clef_mm.datasets.synthetic.setting_checks import SIZES, check_choice, check_range
from clef_mm.datasets.synthetic.tree import claim_tree, finish_tree
from clef_mm.datasets.synthetic.world import generator

RELEASES = ('csv', 'npy')
VAL_FOLDERS = ('val_set', 'valid_set')
NUMBER_TYPES = ('text', 'number')

_MOST_VAL = 500  # images of each class, as in the official validation part


def write_affectnet(
    root: str | Path,
    *,
    release: str = 'csv',
    n_train: int = 1200,
    val_per_class: int = 20,
    size: int = 96,
    seed: int = 0,
    quirks: bool = True,
    validation_header: bool = True,
    val_folder: str = 'val_set',
    number_type: str = 'text',
    workers: int = 2,
) -> int:
    """Write rendered stand-ins for AffectNet.

    Classes have their official shares, at least two training images each. An image
    depends on the seed, its part, number and class, not on the number of workers.

    Args:
        root: New or empty folder, or one that holds the same tree, finished or not.
        release: 'csv' (11 labels) or 'npy' (8 labels).
        n_train: Number of training images, at least 22 ('csv') or 16 ('npy').
        val_per_class: Validation images of each label, 2 .. 500; in the release 'npy',
            contempt has one fewer.
        size: Pixels across a head in the photographs of 'csv', on average; side of an
            image in 'npy'.
        seed: Seed of the world.
        quirks: Of 'csv': a row that stands twice, a negative face width, an empty and
            a truncated file, and the endings `.png` and `.JPG`, once each in training.
        validation_header: Of 'csv': whether `validation.csv` has one.
        val_folder: Of 'npy': 'val_set' or 'valid_set', as some copies have it.
        number_type: Of 'npy': whether labels, valence and arousal are stored as 'text'
            (arrays of type '<U1' and the like) or as a 'number'.
        workers: Processes that render.

    Returns:
        Number of images written; 0 if the tree was complete already.

    Raises:
        SyntheticSettingError: A setting has no such value.
        SyntheticTreeError: The folder holds other data, or a tree of other settings.
    """
    check_choice('release', release, RELEASES)
    check_choice('val_folder', val_folder, VAL_FOLDERS)
    check_choice('number_type', number_type, NUMBER_TYPES)
    check_range('size', size, *SIZES, 'pixels')
    check_range('val_per_class', val_per_class, LEAST, _MOST_VAL)
    labels = AFFECTNET_LABELS if release == 'csv' else tuple(EXPRESSIONS)
    official = {label: AFFECTNET_TRAIN_COUNTS[label] for label in labels}
    counts = {
        'train': allot('n_train', n_train, official),
        'val': dict.fromkeys(labels, val_per_class),
    }
    settings = {
        'release': release,
        'seed': seed,
        'size': size,
        'n_train': n_train,
        'val_per_class': val_per_class,
    }
    if release == 'csv':
        settings |= {'quirks': quirks, 'validation_header': validation_header}
    else:
        settings |= {'val_folder': val_folder, 'number_type': number_type}
        counts['val']['contempt'] -= 1
    root = Path(root)
    if not claim_tree(root, 'AffectNet', settings):
        return 0
    dealt = {
        part: deal(generator(seed, release, part, 'AffectNet'), counts[part])
        for part in counts
    }
    if release == 'csv':
        n_images = write_csv_release(
            root,
            dealt,
            size=size,
            seed=seed,
            quirks=quirks,
            validation_header=validation_header,
            workers=workers,
        )
    else:
        n_images = write_npy_release(
            root,
            dealt,
            size=size,
            seed=seed,
            val_folder=val_folder,
            as_text=number_type == 'text',
            workers=workers,
        )
    finish_tree(root, 'AffectNet', settings, n_images)
    return n_images
