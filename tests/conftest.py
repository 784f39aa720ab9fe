"""A small synthetic BP4D and small configs, shared by the tests that train."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# One thread: the tensors are tiny, and threads of several processes would wait for
# each other at every operation.
os.environ.setdefault('OMP_NUM_THREADS', '1')

ROOT = Path(__file__).resolve().parents[1]

# Fold 1 tests F001, F002, M001, M004 (part 1), holds out F007 and trains on the others.
# M004 is held out in fold 2.
SUBJECTS = (
    *('F001', 'F002', 'M001', 'F007', 'M004'),
    *('F003', 'F004', 'M002', 'M003', 'F005'),
)


@pytest.fixture(scope='session')
def synthetic_bp4d(tmp_path_factory):
    """Ten rendered subjects in BP4D's layout: 80 sequences of a few 32 px frames."""
    from clef_mm.datasets.synthetic import write_bp4d

    root = tmp_path_factory.mktemp('synthetic') / 'bp4d'
    write_bp4d(root, subjects=SUBJECTS, frames_per_sequence=5, size=32, workers=1)
    return root


@pytest.fixture
def demo_config(synthetic_bp4d, tmp_path):
    """Return a function that loads a demo config, shrunk to train in seconds."""
    from clef_mm.engine.config import load_config, set_data_root

    def load(stage: str, work_dir: str = 'run', **options):
        name = {'pretrain': 'clef_pretrain_tiny', 'finetune': 'clef_tiny'}[stage]
        config = load_config(ROOT / f'configs/demo/{name}_bp4d_fold1.py')
        set_data_root(config, str(synthetic_bp4d))
        arch = config.model.image_encoder.arch
        arch.embed_dim = 16
        arch.vision_cfg.image_size = 32
        arch.text_cfg.update(vocab_size=49408, width=16, heads=2, layers=1)
        for split in ('train', 'val', 'test'):
            loader = config.get(f'{split}_dataloader')
            if loader:
                loader.num_workers = 0
                loader.dataset.pipeline[0].size = 32
        config.merge_from_dict(
            {
                'work_dir': str(tmp_path / work_dir),
                'model.text_encoder.arch': arch,
                'model.image_encoder.arch': arch,
                'model.weights': None,
                'model.data_preprocessor.image_size': 32,
                'train_dataloader.batch_size': 16,
                'train_cfg.max_epochs': 2,
                **options,
            }
        )
        if stage == 'pretrain':
            config.train_dataloader.sampler.block = 2
        return config

    return load
