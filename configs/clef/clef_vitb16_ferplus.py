"""CLEF stage 2, ViT-B/16, 8 expressions, FERPlus.

Command  python tools/train.py configs/clef/clef_vitb16_ferplus.py
Data     data/ferplus (FERPlus as published) and stage 1 on BP4D+
Expect   accuracy of 89.74 in the paper (Table 5); nobody has run this config on the
         real data yet
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.ferplus_expressions import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_expressions import *
    from .._base_.schedules.finetune import *

model.classes = [*model.classes, 'contempt']
model.weights = 'work_dirs/clef_pretrain_vitb16_bp4d_plus_all'
optim_wrapper.optimizer.lr = 1e-4
