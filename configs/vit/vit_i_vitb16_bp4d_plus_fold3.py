"""ViT, I, ViT-B/16, 12 AUs, BP4D+, fold 3.

Command  python tools/train.py configs/vit/vit_i_vitb16_bp4d_plus_fold3.py
Data     data/bp4d_plus (BP4D+ as released);
         vit_base_patch16_224.augreg_in21k_ft_in1k.safetensors in weights/
Expect   mean F1 of 61.6 over four folds in the paper (Table 4); nobody has run this
         config on the real data yet
"""

from mmengine.config import read_base

with read_base():
    from .vit_i_vitb16_bp4d_plus import *

fold = 3
