"""CLEF stage 1 (PA + PI), ViT-B/16, on the training subjects of a fold of BP4D+.

Command  python tools/train.py configs/clef/clef_pretrain_vitb16_bp4d_plus.py
Data     data/bp4d_plus (BP4D+ as released); FaRL-Base-Patch16-LAIONFace20M-ep64.pth in
         weights/
Expect   the weights that stage 2 starts from; the paper reports no number of stage 1
         alone
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.bp4d_plus_activities import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_pretrain import *
    from .._base_.pretrained.farl import *
    from .._base_.schedules.pretrain import *

fold = 1
model.activities = 'bp4d_plus_activities'
model.weights = _farl
