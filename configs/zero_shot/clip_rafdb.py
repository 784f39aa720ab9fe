"""CLIP without any fine-tuning, ViT-B/16, 7 expressions, RAF-DB.

Command  python tools/test.py configs/zero_shot/clip_rafdb.py
         weights/ViT-B-16.pt
Data     data/rafdb (RAF-DB as released) and that file
Expect   no published number for our texts; nobody has run this config on the real data
         yet
"""

from mmengine.config import read_base

with read_base():
    from ..clef.clef_vitb16_rafdb import *

model.zero_shot = True
