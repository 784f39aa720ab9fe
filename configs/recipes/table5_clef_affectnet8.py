"""CLEF on AffectNet, eight expressions: Table 5.

Command  python tools/crossval.py configs/recipes/table5_clef_affectnet8.py
Expect   accuracy of 62.77 in the paper; nobody has run this on the real data yet
"""

name = 'CLEF'
table = 'table5'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus_all.py',
    '../clef/clef_vitb16_affectnet8.py',
]
folds = []
