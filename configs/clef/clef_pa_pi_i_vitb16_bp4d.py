"""CLEF, PA + PI + I of Table 6, ViT-B/16, 12 AUs, BP4D.

Command  python tools/train.py configs/clef/clef_pa_pi_i_vitb16_bp4d.py
Data     data/bp4d (BP4D as released) and stage 1 of the same fold
Expect   mean F1 of 64.2 over three folds in the paper (Table 6); nobody has run this
         config on the real data yet
"""

from mmengine.config import read_base

with read_base():
    from .._base_.models.components import *
    from .clef_vitb16_bp4d import *

model.update(_i)
