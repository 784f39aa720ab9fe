"""Study, stage 1: frames of an activity belong together, no texts (PI).

Command  python tools/train.py configs/study/pretrain_pi.py
Data     as configs/study/pretrain_pa_pi.py
Expect   docs/study.md
"""

from mmengine.config import read_base

with read_base():
    from .._base_.models.components import *
    from .pretrain_pa_pi import *

model.update(_pi)
