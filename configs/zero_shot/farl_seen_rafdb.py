"""FaRL fine-tuned on four expressions only, ViT-B/16, RAF-DB.

Command  python tools/train.py configs/zero_shot/farl_seen_rafdb.py
Data     data/rafdb (RAF-DB as released); FaRL-Base-Patch16-LAIONFace20M-ep64.pth in
         weights/
Expect   the model that configs/zero_shot/farl_unseen_rafdb.py asks for the others
"""

from mmengine.config import read_base

with read_base():
    from .._base_.pretrained.farl import *
    from .clef_seen_rafdb import *

model.weights = _farl
