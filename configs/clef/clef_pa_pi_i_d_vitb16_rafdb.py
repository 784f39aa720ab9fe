"""CLEF, PA + PI + I + D of the poster's table, ViT-B/16, 7 expressions, RAF-DB.

Command  python tools/train.py configs/clef/clef_pa_pi_i_d_vitb16_rafdb.py
Data     data/rafdb (RAF-DB as released) and stage 1 on BP4D+
Expect   accuracy of 89.73 on the authors' poster; nobody has run this config on the
         real data yet
"""

from mmengine.config import read_base

with read_base():
    from .._base_.models.components import *
    from .clef_vitb16_rafdb import *

model.update(_i_d)
