"""CLEF stage 2, ViT-B/16, 12 AUs, BP4D fold 2.

Command  python tools/train.py configs/clef/clef_vitb16_bp4d_fold2.py
Data     data/bp4d (BP4D as released) and stage 1 of the same fold
Expect   the paper reports a mean F1 of 65.9 over three folds (Table 2); nobody has run
         this config on the real data yet. The last epoch is kept, nothing is selected.
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.bp4d_aus import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_action_units import *
    from .._base_.schedules.finetune import *

work_dir = 'work_dirs/clef_vitb16_bp4d_fold2'
train_dataloader.dataset.fold = 2
test_dataloader.dataset.fold = 2
model.weights = 'work_dirs/clef_pretrain_vitb16_bp4d_fold2'
how_to_get = {
    'work_dirs/clef_pretrain_vitb16_bp4d_fold2': (
        'Run stage 1 first: '
        'python tools/train.py configs/clef/clef_pretrain_vitb16_bp4d_fold2.py'
    ),
}
