"""CLIP, I of Table 6, ViT-B/16, 7 expressions, RAF-DB.

Command  python tools/train.py configs/clip/clip_i_vitb16_rafdb.py
Data     data/rafdb (RAF-DB as released); ViT-B-16.pt in weights/
Expect   accuracy of 87.88 in the paper (Table 6); nobody has run this config on the
         real data yet
"""

from mmengine.config import read_base

with read_base():
    from .._base_.models.components import *
    from .._base_.pretrained.clip import *
    from ..clef.clef_vitb16_rafdb import *

model.update(_i)
model.weights = _clip
