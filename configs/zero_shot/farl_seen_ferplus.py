"""FaRL fine-tuned on four expressions only, ViT-B/16, FERPlus.

Command  python tools/train.py configs/zero_shot/farl_seen_ferplus.py
Data     data/ferplus (FERPlus as published); FaRL-Base-Patch16-LAIONFace20M-ep64.pth in
         weights/
Expect   the model that configs/zero_shot/farl_unseen_ferplus.py asks for the others
"""

from mmengine.config import read_base

with read_base():
    from .._base_.pretrained.farl import *
    from .clef_seen_ferplus import *

model.weights = _farl
