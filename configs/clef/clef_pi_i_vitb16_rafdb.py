"""CLEF, PI + I of Table 6, ViT-B/16, 7 expressions, RAF-DB.

Command  python tools/train.py configs/clef/clef_pi_i_vitb16_rafdb.py
Data     data/rafdb (RAF-DB as released) and stage 1 without texts on BP4D+
Expect   accuracy of 89.67 in the paper (Table 6); nobody has run this config on the
         real data yet
"""

from mmengine.config import read_base

with read_base():
    from .._base_.models.components import *
    from .clef_vitb16_rafdb import *

model.update(_i)
model.weights = 'work_dirs/clef_pretrain_pi_vitb16_bp4d_plus_all'
