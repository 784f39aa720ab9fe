"""CLEF trained on AUs, tested on expressions, ViT-B/16, FERPlus.

Command  python tools/test.py configs/zero_shot/clef_aus_to_ferplus.py
         work_dirs/clef_vitb16_bp4d_fold1
Data     data/ferplus (FERPlus as published) and the BP4D model
Expect   accuracy of 24.90 on the poster, which does not say on which AUs it was
         trained; nobody has run this config on the real data yet

No expression's name was trained on; the descriptions speak of the same parts of the
face as those of AUs do, and are tested with.
"""

from mmengine.config import read_base

with read_base():
    from .._base_.models.test_texts import *
    from ..clef.clef_vitb16_ferplus import *

model.update(zero_shot=True, **_all_descriptions)
