"""CLEF stage 1 (PA + PI), ViT-B/16, on all subjects of BP4D+: for expressions.

Command  python tools/train.py configs/clef/clef_pretrain_vitb16_bp4d_plus_all.py
Data     data/bp4d_plus (BP4D+ as released); FaRL-Base-Patch16-LAIONFace20M-ep64.pth in
         weights/
Expect   the weights that stage 2 starts from; the paper reports no number of stage 1
         alone
"""

from mmengine.config import read_base

with read_base():
    from .clef_pretrain_vitb16_bp4d_plus import *

fold = None
train_dataloader.dataset.split = None
# Nobody is left to be tested on.
test_dataloader = None
test_evaluator = None
test_cfg = None
