"""CLEF trained on FERPlus, tested on AffectNet, ViT-B/16, 7 expressions.

Command  python tools/train.py configs/cross_dataset/ferplus7_to_affectnet7.py
Data     data/ferplus, data/affectnet (as released, or better: prepared alike) and stage
         1 on all of BP4D+
Expect   the paper has no such row; nobody has run this config on the real data yet
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.affectnet_expressions import *
    from .._base_.datasets.ferplus_expressions import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_expressions import *
    from .._base_.schedules.finetune import *

model.weights = 'work_dirs/clef_pretrain_vitb16_bp4d_plus_all'
train_dataloader.dataset = dict(_ferplus, classes=7, split='train')
test_dataloader.dataset = dict(_affectnet, classes=7, split='test', test_mode=True)
optim_wrapper.optimizer.lr = 1e-4
