"""CLIP I on RAF-DB: Table 6.

Command  python tools/crossval.py configs/recipes/table6_clip_i_rafdb.py
Expect   accuracy of 87.88 in the paper; nobody has run this on the real data yet
"""

name = 'CLIP I'
table = 'table6'
stages = ['../clip/clip_i_vitb16_rafdb.py']
folds = []
