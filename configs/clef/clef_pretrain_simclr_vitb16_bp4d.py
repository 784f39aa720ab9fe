"""Stage 1 with the pairing of SimCLR, which CLEF argues against, ViT-B/16, BP4D.

Command  python tools/train.py configs/clef/clef_pretrain_simclr_vitb16_bp4d.py
Data     data/bp4d (BP4D as released); FaRL-Base-Patch16-LAIONFace20M-ep64.pth in
         weights/
Expect   no number in the paper: the baseline of its argument; nobody has run this
         config on the real data yet
"""

from mmengine.config import read_base

with read_base():
    from .._base_.models.components import *
    from .clef_pretrain_vitb16_bp4d import *

model.update(_simclr)
