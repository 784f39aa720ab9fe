"""CLEF trained on four expressions, tested on the others, ViT-B/16, RAF-DB.

Command  python tools/test.py configs/zero_shot/clef_unseen_rafdb.py
         work_dirs/clef_seen_rafdb
Data     data/rafdb (RAF-DB as released) and that model
Expect   the poster has an accuracy of 29.14 for such a test; it does not say which
         expressions were held back, and this choice is ours: numbers do not compare
"""

from mmengine.config import read_base

with read_base():
    from .clef_seen_rafdb import *

_unseen = ['fear', 'disgust', 'anger']
model.update(classes=_unseen, zero_shot=True)
test_dataloader.dataset.expressions = _unseen
