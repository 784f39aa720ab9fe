"""CLIP I+N on BP4D: Table 6.

Command  python tools/crossval.py configs/recipes/table6_clip_i_n_bp4d.py
Expect   mean F1 of 64.0 over three folds in the paper; nobody has run this on the real
         data yet
"""

name = 'CLIP I+N'
table = 'table6'
stages = ['../clip/clip_i_n_vitb16_bp4d.py']
folds = [1, 2, 3]
