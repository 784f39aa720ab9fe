"""FaRL without any fine-tuning, ViT-B/16, 8 expressions, FERPlus.

Command  python tools/test.py configs/zero_shot/farl_ferplus.py
         weights/FaRL-Base-Patch16-LAIONFace20M-ep64.pth
Data     data/ferplus (FERPlus as published) and that file
Expect   no published number for our texts; nobody has run this config on the real data
         yet
"""

from mmengine.config import read_base

with read_base():
    from ..clef.clef_vitb16_ferplus import *

model.zero_shot = True
