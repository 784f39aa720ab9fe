"""CLEF stage 2 (PA + PI + I + N + D), ViT-B/16, 12 AUs, BP4D.

Command  python tools/train.py configs/clef/clef_vitb16_bp4d.py
Data     data/bp4d (BP4D as released) and stage 1 of the same fold
Expect   mean F1 of 65.9 over three folds in the paper (Table 2); nobody has run this
         config on the real data yet
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.bp4d_aus import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_action_units import *
    from .._base_.schedules.finetune import *

fold = 1
model.weights = 'work_dirs/clef_pretrain_vitb16_bp4d_fold{fold}'
