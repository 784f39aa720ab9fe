"""CLEF stage 1 without activity texts (PI), ViT-B/16, BP4D.

Command  python tools/train.py configs/clef/clef_pretrain_pi_vitb16_bp4d.py
Data     data/bp4d (BP4D as released); FaRL-Base-Patch16-LAIONFace20M-ep64.pth in
         weights/
Expect   the weights that stage 2 starts from; the paper reports no number of stage 1
         alone
"""

from mmengine.config import read_base

with read_base():
    from .._base_.models.components import *
    from .clef_pretrain_vitb16_bp4d import *

model.update(_pi)
