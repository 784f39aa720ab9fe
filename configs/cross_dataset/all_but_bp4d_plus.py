"""CLEF trained on BP4D and DISFA, tested on BP4D+, ViT-B/16, 12 AUs.

Command  python tools/train.py configs/cross_dataset/all_but_bp4d_plus.py
Data     data/bp4d, data/bp4d_plus, data/disfa (as released, or better: prepared alike)
         and stage 1 on all of BP4D
Expect   the paper has no such row; nobody has run this config on the real data yet

What DISFA does not code of the 12 is unknown there.
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.bp4d_aus import *
    from .._base_.datasets.bp4d_plus_aus import *
    from .._base_.datasets.disfa_aus import *
    from .._base_.datasets.joined import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_action_units import *
    from .._base_.schedules.finetune import *

model.weights = 'work_dirs/clef_pretrain_vitb16_bp4d_all'
train_dataloader.sampler = _sampler
train_dataloader.dataset = dict(
    type=JoinedDataset,
    datasets=[
        dict(_bp4d),
        dict(_disfa, au_names=model.classes, allow_uncoded=True),
    ],
)
test_dataloader.dataset = dict(_bp4d_plus, test_mode=True)
