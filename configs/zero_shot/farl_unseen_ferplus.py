"""FaRL trained on four expressions, tested on the others, ViT-B/16, FERPlus.

Command  python tools/test.py configs/zero_shot/farl_unseen_ferplus.py
         work_dirs/farl_seen_ferplus
Data     data/ferplus (FERPlus as published) and that model
Expect   the poster has an accuracy of 25.73 for such a test; it does not say which
         expressions were held back, and this choice is ours: numbers do not compare
"""

from mmengine.config import read_base

with read_base():
    from .clef_unseen_ferplus import *
