"""FaRL, I of Table 6, ViT-B/16, 7 expressions, RAF-DB.

Command  python tools/train.py configs/farl/farl_i_vitb16_rafdb.py
Data     data/rafdb (RAF-DB as released); FaRL-Base-Patch16-LAIONFace20M-ep64.pth in
         weights/
Expect   accuracy of 88.31 in the paper (Table 6); nobody has run this config on the
         real data yet
"""

from mmengine.config import read_base

with read_base():
    from .._base_.models.components import *
    from .._base_.pretrained.farl import *
    from ..clef.clef_vitb16_rafdb import *

model.update(_i)
model.weights = _farl
