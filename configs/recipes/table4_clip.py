"""CLIP, image tower and linear layer, on BP4D+: Table 4.

Command  python tools/crossval.py configs/recipes/table4_clip.py
Expect   mean F1 of 62.1 over four folds in the paper; nobody has run this on the real
         data yet
"""

name = 'CLIP'
table = 'table4'
stages = ['../clip/clip_i_vitb16_bp4d_plus.py']
folds = [1, 2, 3, 4]
