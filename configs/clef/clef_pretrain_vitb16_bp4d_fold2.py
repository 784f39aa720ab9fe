"""CLEF stage 1 (PA + PI), ViT-B/16, BP4D, fold 2.

Command  python tools/train.py configs/clef/clef_pretrain_vitb16_bp4d_fold2.py
Data     data/bp4d (BP4D as released); FaRL-Base-Patch16-LAIONFace20M-ep64.pth in
         weights/
Expect   the weights that stage 2 starts from; the paper reports no number of stage 1
         alone
"""

from mmengine.config import read_base

with read_base():
    from .clef_pretrain_vitb16_bp4d import *

fold = 2
