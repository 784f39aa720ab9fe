"""CLIP, I of Table 6, ViT-B/16, 12 AUs, BP4D.

Command  python tools/train.py configs/clip/clip_i_vitb16_bp4d.py
Data     data/bp4d (BP4D as released); ViT-B-16.pt in weights/
Expect   mean F1 of 63.4 over three folds in the paper (Table 6); nobody has run this
         config on the real data yet
"""

from mmengine.config import read_base

with read_base():
    from .._base_.models.components import *
    from .._base_.pretrained.clip import *
    from ..clef.clef_vitb16_bp4d import *

model.update(_i)
model.weights = _clip
