"""CLEF trained on BP4D+, tested on DISFA, ViT-B/16, the five AUs usual in both.

Command  python tools/train.py configs/cross_dataset/bp4d_plus_to_disfa.py
Data     data/bp4d_plus, data/disfa (as released, or better: prepared alike) and stage 1
         on all of BP4D+
Expect   the paper has no such row; nobody has run this config on the real data yet
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.aus_shared_with_disfa import *
    from .._base_.datasets.bp4d_plus_aus import *
    from .._base_.datasets.disfa_aus import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_action_units import *
    from .._base_.schedules.finetune import *

model.classes = _shared
model.weights = 'work_dirs/clef_pretrain_vitb16_bp4d_plus_all'
train_dataloader.dataset = dict(_bp4d_plus, au_names=_shared)
test_dataloader.dataset = dict(_disfa, au_names=_shared, test_mode=True)
