"""CLEF stage 2, ViT-B/16, 7 expressions, AffectNet without contempt.

Command  python tools/train.py configs/clef/clef_vitb16_affectnet7.py
Data     data/affectnet (AffectNet as released) and stage 1 on BP4D+
Expect   accuracy of 65.66 in the paper (Table 5); nobody has run this config on the
         real data yet
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.affectnet_expressions import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_expressions import *
    from .._base_.schedules.finetune import *

model.weights = 'work_dirs/clef_pretrain_vitb16_bp4d_plus_all'
train_dataloader.dataset.classes = 7
test_dataloader.dataset.classes = 7
