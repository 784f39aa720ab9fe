"""CLIP, image tower and linear layer, ViT-B/16, 12 AUs, BP4D+.

Command  python tools/train.py configs/clip/clip_i_vitb16_bp4d_plus.py
Data     data/bp4d_plus (BP4D+ as released); ViT-B-16.pt in weights/
Expect   mean F1 of 62.1 over four folds in the paper (Table 4); nobody has run this
         config on the real data yet

The paper does not say how the baseline was built: the image tower and a linear layer,
trained as CLEF is, are our choice.
"""

from mmengine.config import read_base

with read_base():
    from .._base_.models.components import *
    from .._base_.pretrained.clip import *
    from ..clef.clef_vitb16_bp4d_plus import *

model.update(_i)
model.weights = _clip
