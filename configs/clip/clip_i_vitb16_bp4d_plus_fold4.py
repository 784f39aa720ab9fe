"""CLIP, I, ViT-B/16, 12 AUs, BP4D+, fold 4.

Command  python tools/train.py configs/clip/clip_i_vitb16_bp4d_plus_fold4.py
Data     data/bp4d_plus (BP4D+ as released); ViT-B-16.pt in weights/
Expect   mean F1 of 62.1 over four folds in the paper (Table 4); nobody has run this
         config on the real data yet
"""

from mmengine.config import read_base

with read_base():
    from .clip_i_vitb16_bp4d_plus import *

fold = 4
