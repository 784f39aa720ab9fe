"""CLEF trained on RAF-DB and AffectNet, tested on FERPlus, ViT-B/16, 7 expressions.

Command  python tools/train.py configs/cross_dataset/all_but_ferplus7.py
Data     data/rafdb, data/affectnet, data/ferplus (as released, or better: prepared
         alike) and stage 1 on all of BP4D+
Expect   the paper has no such row; nobody has run this config on the real data yet
"""

from mmengine.config import read_base

with read_base():
    from .all_but_rafdb import *

train_dataloader.dataset.datasets = [
    dict(_rafdb, split='train'),
    dict(_affectnet, classes=7, split='train'),
]
test_dataloader.dataset = dict(_ferplus, classes=7, split='test', test_mode=True)
