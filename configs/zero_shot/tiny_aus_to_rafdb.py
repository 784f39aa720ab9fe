"""A tiny pair trained on AUs, tested on 7 expressions of a synthetic RAF-DB.

Command  python tools/test.py configs/zero_shot/tiny_aus_to_rafdb.py work_dirs/demo
Data     data/synthetic/rafdb (see configs/demo/clef_tiny_rafdb.py) and the demo's model
Expect   accuracy of 45 % on 300 photographs and mean recall of 35 %; 15 and 15 % by the
         names of the expressions (model.test_texts=name model.test_template=0
         model.test_wording=0); 39 and 14 % if the answer is always happiness

No expression's name was trained on; the descriptions speak of the same parts of the
face as those of AUs do, and are tested with.
"""

from mmengine.config import read_base

with read_base():
    from .._base_.models.test_texts import *
    from ..demo.clef_tiny_rafdb import *

work_dir = 'work_dirs/tiny_aus_to_rafdb'
model.update(zero_shot=True, **_all_descriptions)
