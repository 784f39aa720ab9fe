"""CLEF stage 2, ViT-B/16, 8 AUs, DISFA, fold 2.

Command  python tools/train.py configs/clef/clef_vitb16_disfa_fold2.py
Data     data/disfa (DISFA as released) and the BP4D model of the same fold
Expect   mean F1 of 64.8 over three folds in the paper (Table 3); nobody has run this
         config on the real data yet
"""

from mmengine.config import read_base

with read_base():
    from .clef_vitb16_disfa import *

fold = 2
