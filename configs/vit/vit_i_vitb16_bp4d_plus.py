"""ViT, image tower and linear layer, ViT-B/16, 12 AUs, BP4D+.

Command  python tools/train.py configs/vit/vit_i_vitb16_bp4d_plus.py
Data     data/bp4d_plus (BP4D+ as released);
         vit_base_patch16_224.augreg_in21k_ft_in1k.safetensors in weights/
Expect   mean F1 of 61.6 over four folds in the paper (Table 4); nobody has run this
         config on the real data yet

The paper does not say how the baseline was built: the image tower and a linear layer,
trained as CLEF is, are our choice.
"""

from mmengine.config import read_base

with read_base():
    from .._base_.models.components import *
    from .._base_.pretrained.vit import *
    from ..clef.clef_vitb16_bp4d_plus import *

model.update(_i)
model.weights = _vit
model.image_encoder.arch = _vit_arch
model.data_preprocessor.update(_vit_scale)
