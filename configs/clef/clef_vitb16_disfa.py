"""CLEF stage 2, ViT-B/16, 8 AUs, DISFA, from the model of BP4D.

Command  python tools/train.py configs/clef/clef_vitb16_disfa.py
Data     data/disfa (DISFA as released) and the BP4D model of the same fold
Expect   mean F1 of 64.8 over three folds in the paper (Table 3); nobody has run this
         config on the real data yet

Towers and temperature carry over; the labels are texts, so that no layer is lost
although they are other AUs.
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.disfa_aus import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_action_units import *
    from .._base_.schedules.finetune import *

fold = 1
model.classes = [f'AU{unit}' for unit in (1, 2, 4, 6, 9, 12, 25, 26)]
model.weights = 'work_dirs/clef_vitb16_bp4d_fold{fold}'
optim_wrapper.optimizer.lr = 1e-4
