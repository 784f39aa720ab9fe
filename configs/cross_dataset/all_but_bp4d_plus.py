"""CLEF trained on BP4D and DISFA, tested on BP4D+, ViT-B/16, 12 AUs.

Command  python tools/train.py configs/cross_dataset/all_but_bp4d_plus.py
Data     data/bp4d, data/bp4d_plus, data/disfa (as released, or better: prepared alike)
         and stage 1 on all of BP4D
Expect   the paper has no such row; nobody has run this config on the real data yet

What DISFA does not code of the 12 is unknown there.
"""

from mmengine.config import read_base

with read_base():
    from .all_but_bp4d import *

model.weights = 'work_dirs/clef_pretrain_vitb16_bp4d_all'
train_dataloader.dataset.datasets[0] = dict(_bp4d)
test_dataloader.dataset = dict(_bp4d_plus, test_mode=True)
