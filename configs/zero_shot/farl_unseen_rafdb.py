"""FaRL trained on four expressions, tested on the others, ViT-B/16, RAF-DB.

Command  python tools/test.py configs/zero_shot/farl_unseen_rafdb.py
         work_dirs/farl_seen_rafdb
Data     data/rafdb (RAF-DB as released) and that model
Expect   the poster has an accuracy of 16.21 for such a test; it does not say which
         expressions were held back, and this choice is ours: numbers do not compare
"""

from mmengine.config import read_base

with read_base():
    from .clef_unseen_rafdb import *
