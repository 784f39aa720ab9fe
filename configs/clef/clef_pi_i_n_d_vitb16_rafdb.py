"""CLEF, PI + I + N + D of Table 6, ViT-B/16, 7 expressions, RAF-DB.

Command  python tools/train.py configs/clef/clef_pi_i_n_d_vitb16_rafdb.py
Data     data/rafdb (RAF-DB as released) and stage 1 without texts on BP4D+;
         FaRL-Base-Patch16-LAIONFace20M-ep64.pth in weights/, for the text tower
Expect   accuracy of 89.44 in the paper (Table 6); nobody has run this config on the
         real data yet
"""

from mmengine.config import read_base

with read_base():
    from .._base_.pretrained.farl import *
    from .clef_vitb16_rafdb import *

model.weights = 'work_dirs/clef_pretrain_pi_vitb16_bp4d_plus_all'
model.text_weights = _farl
