"""Study, stage 2: 12 AUs by a linear layer (I).

Command  python tools/train.py configs/study/finetune_i.py
Data     as configs/study/finetune_i_n_d.py
Expect   docs/study.md
"""

from mmengine.config import read_base

with read_base():
    from .._base_.models.components import *
    from .finetune_i_n_d import *

model.update(_i)
