"""CLEF PA+PI+I on RAF-DB: Table 6.

Command  python tools/crossval.py configs/recipes/table6_clef_pa_pi_i_rafdb.py
Expect   accuracy of 89.34 in the paper; nobody has run this on the real data yet
"""

name = 'CLEF PA+PI+I'
table = 'table6'
stages = [
    '../clef/clef_pretrain_vitb16_bp4d_plus_all.py',
    '../clef/clef_pa_pi_i_vitb16_rafdb.py',
]
folds = []
