"""CLEF stage 2 (PA + PI + I + N + D), ViT-B/16, 7 expressions, RAF-DB.

Command  python tools/train.py configs/clef/clef_vitb16_rafdb.py
Data     data/rafdb (RAF-DB as released) and stage 1 on BP4D+
Expect   accuracy of 90.09 in the paper (Table 5); nobody has run this config on the
         real data yet
"""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.rafdb_expressions import *
    from .._base_.default_runtime import *
    from .._base_.models.clef_expressions import *
    from .._base_.schedules.finetune import *

model.weights = 'work_dirs/clef_pretrain_vitb16_bp4d_plus_all'
