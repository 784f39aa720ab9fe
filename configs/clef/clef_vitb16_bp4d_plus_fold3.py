"""CLEF stage 2, ViT-B/16, 12 AUs, BP4D+, fold 3.

Command  python tools/train.py configs/clef/clef_vitb16_bp4d_plus_fold3.py
Data     data/bp4d_plus (BP4D+ as released) and stage 1 of the same fold
Expect   mean F1 of 63.1 over four folds in the paper (Table 4); nobody has run this
         config on the real data yet
"""

from mmengine.config import read_base

with read_base():
    from .clef_vitb16_bp4d_plus import *

fold = 3
