"""CLIP without any fine-tuning, ViT-B/16, 12 AUs, BP4D.

Command  python tools/test.py configs/zero_shot/clip_bp4d.py
         weights/ViT-B-16.pt
Data     data/bp4d (BP4D as released) and that file
Expect   no published number for our texts; nobody has run this config on the real data
         yet

An AU counts as present if the image is nearer to its name than to the name denied.
"""

from mmengine.config import read_base

with read_base():
    from ..clef.clef_vitb16_bp4d import *

model.update(zero_shot=True, test_absence=True)
