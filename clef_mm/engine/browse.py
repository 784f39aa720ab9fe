"""Show what the network will see: a contact sheet of a config's first images.

The images have gone the whole way of training: dataset, sampler, collation, and the
preprocessor with its augmentation. With the seed of a run they are those of its first
step, pixel by pixel. No encoder is built and no weights are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import Tensor
from torch.utils.data import DataLoader

from clef_mm.engine.application import prepare_config
from clef_mm.engine.config import ConfigError, check_prepared
from clef_mm.engine.contact_sheet import Entry, draw_contact_sheet
from clef_mm.engine.provenance import describe_crop, describe_order, describe_split
from clef_mm.engine.runner import Runner
from clef_mm.randomness import seed_batch
from clef_mm.registry import MODELS
from clef_mm.structures import UNKNOWN, FaceSample

SPLITS = ('train', 'val', 'test')
MOST = 500
"""Images on one sheet."""


@dataclass(frozen=True)
class Seen:
    """The first images that a network sees of a split.

    Attributes:
        views: (N, V, H, W, 3) uint8 RGB: the V augmented views of each image, the
            normalisation undone.
        samples: What is known of the N images.
        dataset: The dataset they come from.
        order: How they were chosen, in words.
    """

    views: np.ndarray
    samples: list[FaceSample]
    dataset: Any
    order: str


def browse(
    config: str,
    out: str | None = None,
    split: str = 'train',
    count: int = 24,
    seed: int = 0,
    data_root: str | Sequence[str] | None = None,
    synthetic: bool = False,
    options: list[str] | None = None,
) -> Path:
    """Write a contact sheet of the images that a config feeds its network.

    Args:
        config: Config file.
        out: The PNG; default: ``work_dirs/browse/`` and the config's name.
        split: ``'train'``, ``'val'`` or ``'test'``.
        count: Number of images.
        seed: Of sampler and augmentation, as ``randomness.seed`` of a run.
        data_root: Folder of the dataset, or of each, see :func:`set_data_root`.
        synthetic: Look at synthetic stand-ins.
        options: Overrides, ``'model.data_preprocessor.rotation=30'``.

    Returns:
        The file written.

    Raises:
        UserError: For anything a user can mend.
    """
    name = Path(config).stem
    path = Path(out or Path('work_dirs', 'browse', f'{name}.png'))
    if path.suffix.lower() != '.png':
        raise ConfigError(f'a contact sheet is a PNG; {path} does not end in .png')
    cfg = prepare_config(config, options, None, data_root, synthetic)
    seen = first_images(cfg, split, count, seed)
    _, views, side = seen.views.shape[:3]
    augmented = 'augmented' if views == 1 else f'{views} augmented views of each'
    subtitle = [
        f'{name}: the first {len(seen.samples)} images at {side} px, '
        f'{augmented if split == "train" else "not augmented"}',
        f'{seen.order}; seed {seed}',
        f'faces {describe_crop(seen.dataset.metainfo["crop"])}',
    ]
    entries = [
        Entry(views, sample.name, captions(sample, seen.dataset.metainfo))
        for views, sample in zip(seen.views, seen.samples, strict=True)
    ]
    return draw_contact_sheet(path, entries, describe_split(seen.dataset), subtitle)


def first_images(cfg: Config, split: str, count: int, seed: int) -> Seen:
    """Return the first images that a run with this seed would feed to its network.

    Args:
        cfg: A checked config; it is not changed.
        split: ``'train'``, ``'val'`` or ``'test'``.
        count: Number of images; fewer where the split has fewer.
        seed: Of sampler and augmentation.

    Raises:
        ConfigError: If the config has no such split, or not one batch of it.
        NotPreparedError: If the data is missing.
    """
    if not 1 <= count <= MOST:
        raise ConfigError(f'count must be from 1 to {MOST}, got {count}')
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'clef_mm')):
        loader = _build_loader(cfg, split, seed)
        preprocessor = MODELS.build(cfg.model['data_preprocessor'])
    views: list[np.ndarray] = []
    samples: list[FaceSample] = []
    for number, batch in enumerate(loader):
        seed_batch(seed, 0, number)  # as SeedHook does
        given = preprocessor(batch, training=split == 'train')
        views.extend(_pixels(given['inputs'], preprocessor, len(batch['data_samples'])))
        samples.extend(batch['data_samples'])
        if len(samples) >= count:
            break
    if not samples:
        raise ConfigError(
            f'{split} has {len(loader.dataset)} images: not one batch of '
            f'{loader.batch_sampler.batch_size}. Set {split}_dataloader.batch_size '
            'lower.'
        )
    return Seen(
        np.stack(views[:count]),
        samples[:count],
        loader.dataset,
        describe_order(loader.batch_sampler.sampler),
    )


def captions(sample: FaceSample, meta: dict[str, Any]) -> list[str]:
    """Return what is known of an image: activity, expression, AUs; ``?`` for unknown.

    Args:
        sample: Of the image.
        meta: ``metainfo`` of its dataset, which names the labels.
    """
    lines = []
    if 'activities' in meta:
        lines.append('activity ' + _named(sample.activity, meta['activities']))
    if 'expressions' in meta:
        lines.append('expression ' + _named(sample.gt_expression, meta['expressions']))
    if sample.gt_aus is not None:
        lines.append(_units(sample.gt_aus, meta['au_names']))
    return lines


def _build_loader(cfg: Config, split: str, seed: int) -> DataLoader:
    """Build the loader of one split; what other splits need may be missing."""
    present = [name for name in SPLITS if cfg.get(f'{name}_dataloader')]
    if split not in present:
        raise ConfigError(
            f"the config has no {split}_dataloader and so no split '{split}'; it has "
            f'{", ".join(present)}'
        )
    cfg = deepcopy(cfg)
    cfg.model['weights'] = None
    for name in present:
        if name != split:
            cfg.pop(f'{name}_dataloader')
    check_prepared(cfg)
    loader = cfg[f'{split}_dataloader']
    # A few images: starting workers, which fetch batches ahead, would take longer.
    loader.update(num_workers=0, persistent_workers=False)
    loader.pop('prefetch_factor', None)
    return Runner.build_dataloader(loader, seed)


def _pixels(inputs: Tensor, preprocessor: Any, count: int) -> np.ndarray:
    """Undo the normalisation: (V * B, 3, H, W) to (B, V, H, W, 3) uint8."""
    images = (inputs * preprocessor.std + preprocessor.mean).clamp(0, 1)
    pixels = (images * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    # All first views stand before all second views.
    return pixels.reshape(-1, count, *pixels.shape[1:]).swapaxes(0, 1)


def _named(index: int, names: tuple[str, ...]) -> str:
    return '?' if index == UNKNOWN else str(names[index])


def _units(codes: np.ndarray, names: tuple[str, ...]) -> str:
    """Return the AUs that are present, then those unknown: ``'AU6 AU12 AU23?'``."""
    if (codes == UNKNOWN).all():
        return 'AUs not coded'
    present = [name for name, code in zip(names, codes, strict=True) if code == 1]
    unknown = [
        f'{name}?' for name, code in zip(names, codes, strict=True) if code == UNKNOWN
    ]
    return ' '.join((present or ['no AU']) + unknown)
