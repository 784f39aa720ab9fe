"""CLIP I+N+D on RAF-DB: Table 6.

Command  python tools/crossval.py configs/recipes/table6_clip_i_n_d_rafdb.py
Expect   accuracy of 89.70 in the paper; nobody has run this on the real data yet
"""

name = 'CLIP I+N+D'
table = 'table6'
stages = ['../clip/clip_i_n_d_vitb16_rafdb.py']
folds = []
