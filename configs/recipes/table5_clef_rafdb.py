"""CLEF on RAF-DB: Table 5.

Command  python tools/crossval.py configs/recipes/table5_clef_rafdb.py
Expect   accuracy of 90.09 in the paper; nobody has run this on the real data yet
"""

name = 'CLEF'
table = 'table5'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus_all.py',
    '../clef/clef_vitb16_rafdb.py',
]
folds = []
