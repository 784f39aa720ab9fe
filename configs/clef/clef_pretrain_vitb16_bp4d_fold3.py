"""CLEF stage 1, ViT-B/16, on the training subjects of BP4D fold 3.

Command  python tools/train.py configs/clef/clef_pretrain_vitb16_bp4d_fold3.py
Data     data/bp4d (BP4D as released), and in weights/ the file
         FaRL-Base-Patch16-LAIONFace20M-ep64.pth
Expect   the weights that configs/clef/clef_vitb16_bp4d_fold3.py starts from; the paper
         reports no number of stage 1 alone
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.bp4d_activities import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_pretrain import *
    from .._base_.schedules.pretrain import *

work_dir = 'work_dirs/clef_pretrain_vitb16_bp4d_fold3'
train_dataloader.dataset.fold = 3
test_dataloader.dataset.fold = 3
