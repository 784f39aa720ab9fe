"""CLEF stage 2 on four expressions only, ViT-B/16, FERPlus.

Command  python tools/train.py configs/zero_shot/clef_seen_ferplus.py
Data     data/ferplus (FERPlus as published) and stage 1 on BP4D+
Expect   the model that configs/zero_shot/clef_unseen_ferplus.py asks for the others
"""

from mmengine.config import read_base

with read_base():
    from ..clef.clef_vitb16_ferplus import *

_seen = ['neutral', 'happiness', 'sadness', 'surprise']
model.classes = _seen
train_dataloader.dataset.expressions = _seen
test_dataloader.dataset.expressions = _seen
